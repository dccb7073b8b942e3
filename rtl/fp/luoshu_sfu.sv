// SPDX-License-Identifier: Apache-2.0
// Special functions by table and linear interpolation: docs/numerics.md section 6. One multiplier
// (none if Soft), one ROM.
//
// op_i 0 recip(x), 1 rsqrt(x) (x fp32; rsqrt of zero or a negative is that of 2^-126), 2 exp2fix (x
// is a signed fixed-point number with 16 fraction bits), 3 sine of the phase x (unsigned turns of
// 2^-32).
// Results: r_o is the fp32 of recip, rsqrt or exp2; raw_o is the interpolated 18-bit value with LSB
// 2^-17 (exp2: sig; sine: magnitude), n_o the exponent n of exp2 (saturated to -512..511), neg_o
// the sign of the sine. Latency 4 cycles from valid_i to valid_o, one operation per cycle, no
// stall; meta_i travels along. Reset clears only the valid pipeline.
`default_nettype none

module luoshu_sfu #(
    parameter int MetaWidth = 1, // bits that travel with the operation
    parameter int Tables    = 4, // the first so many functions exist: 1 or 4
    // 1: the product is a sum of shifted slopes and takes no hardware multiplier
    parameter int Soft      = 0
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        valid_i,
    input  wire        [1:0]           op_i,     // 0 recip, 1 rsqrt, 2 exp2, 3 sine
    input  wire        [31:0]          x_i,      // operand, see above
    input  wire        [MetaWidth-1:0] meta_i,
    output logic                       valid_o,  // valid_i, 4 cycles later
    output logic       [31:0]          r_o,      // fp32 (recip, rsqrt, exp2)
    output logic       [17:0]          raw_o,    // 0 to 2^17 for a sine, [2^17, 2^18) otherwise
    output logic signed [9:0]          n_o,      // exp2: the exponent
    output logic                       neg_o,    // sine: negative
    output logic       [MetaWidth-1:0] meta_o
);
  localparam logic [1:0] OpRecip = 2'd0;
  localparam logic [1:0] OpRsqrt = 2'd1;
  localparam logic [1:0] OpExp2 = 2'd2;
  localparam logic [1:0] OpSine = 2'd3;

  logic [3:0] valid_q;
  assign valid_o = valid_q[3];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 4'b0000;
    else valid_q <= {valid_q[2:0], valid_i};
  end

  // Stage 1: operand to table index, fraction (9 bits) and result exponent.
  logic [23:0] rnd;      // x rounded to 17 bits: {biased exponent, 16 fraction bits}
  logic        tiny;     // rsqrt of nothing: 2^-126
  logic [7:0]  biased;
  logic [15:0] frac16;
  assign rnd    = x_i[30:7] + {23'd0, x_i[6]};
  assign tiny   = op_i == OpRsqrt && (x_i[31] || x_i[30:23] == 8'd0);
  assign biased = tiny ? 8'd1 : rnd[23:16];
  assign frac16 = tiny ? 16'd0 : rnd[15:0];
  logic [30:0] quarter;  // position in the quarter wave, 0 to 2^30
  assign quarter = x_i[30] ? 31'h40000000 - {1'b0, x_i[29:0]} : {1'b0, x_i[29:0]};

  logic [9:0]         addr;      // {table, entry}
  logic [8:0]         frac;
  logic signed [9:0]  exponent;  // biased exponent of the result, or n
  logic signed [15:0] n_full;
  logic [8:0]         half;      // rsqrt: (biased + 1) / 2
  assign n_full = $signed(x_i[31:16]);
  assign half   = {1'b0, biased} + 9'd1;
  assign addr = op_i == OpSine  ? {op_i, quarter[29:22]} :
                op_i == OpExp2  ? {op_i, x_i[15:8]} :
                op_i == OpRsqrt ? {op_i, !biased[0], frac16[15:9]} : {op_i, frac16[15:8]};
  assign frac = op_i == OpSine  ? quarter[21:13] :
                op_i == OpExp2  ? {x_i[7:0], 1'b0} :
                op_i == OpRsqrt ? frac16[8:0] : {frac16[7:0], 1'b0};
  assign exponent = op_i == OpRecip   ? 10'sd253 - $signed({2'b00, biased}) :
                    op_i == OpRsqrt   ? 10'sd190 - $signed({2'b00, half[8:1]}) :
                    n_full > 16'sd511  ? 10'sd511 :
                    n_full < -16'sd512 ? -10'sd512 : n_full[9:0];
  logic unused_x;
  assign unused_x = ^{quarter[12:0], x_i[5:0], half[0]};
  // Stage 2: table. Stage 3: slope * frac. Stage 4: base + rounded product, exponent limits.
  logic [9:0]         addr1_q;
  logic [8:0]         frac1_q, frac2_q;
  logic signed [9:0]  exp1_q, exp2_q, exp3_q;
  logic [1:0]         op1_q, op2_q, op3_q;
  logic               neg1_q, neg2_q, neg3_q, full1_q, full2_q, full3_q;
  logic [MetaWidth-1:0] meta1_q, meta2_q, meta3_q;
  logic [17:0]        base2, base3_q;
  logic signed [14:0] slope2;
  logic signed [24:0] prod3_q;
  luoshu_sfu_rom #(.Tables(Tables)) u_rom (
      .clk_i(clk_i),
      .re_i(valid_q[0]),
      .addr_i(addr1_q),
      .base_o(base2),
      .slope_o(slope2)
  );

  logic signed [24:0] product2;
  generate
    if (Soft != 0) begin : gen_soft
      always_comb begin
        product2 = '0;
        for (int b = 0; b < 9; b++) if (frac2_q[b]) product2 = product2 + (25'(slope2) <<< b);
      end
    end else begin : gen_multiplier
      assign product2 = slope2 * $signed({1'b0, frac2_q});
    end
  endgenerate
  logic signed [24:0] rounded;
  logic [18:0]        sum;
  logic [17:0]        value;
  assign rounded = (prod3_q + 25'sd256) >>> 9;
  assign sum     = {1'b0, base3_q} + rounded[18:0];
  assign value   = full3_q ? 18'h20000 : sum[17:0];
  logic signed [10:0] biased_r;
  assign biased_r = op3_q == OpExp2 ? 11'(exp3_q) + 11'sd127 : 11'(exp3_q);
  logic unused_sum;
  assign unused_sum = ^{sum[18], rounded[24:19]};

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      addr1_q <= addr;
      frac1_q <= frac;
      exp1_q  <= exponent;
      op1_q   <= op_i;
      neg1_q  <= x_i[31];
      full1_q <= op_i == OpSine && quarter[30];
      meta1_q <= meta_i;
    end
    if (valid_q[0]) begin
      frac2_q <= frac1_q;
      exp2_q  <= exp1_q;
      op2_q   <= op1_q;
      neg2_q  <= neg1_q;
      full2_q <= full1_q;
      meta2_q <= meta1_q;
    end
    if (valid_q[1]) begin
      prod3_q <= product2;
      base3_q <= base2;
      exp3_q  <= exp2_q;
      op3_q   <= op2_q;
      neg3_q  <= neg2_q;
      full3_q <= full2_q;
      meta3_q <= meta2_q;
    end
    if (valid_q[2]) begin
      if (biased_r <= 11'sd0) r_o <= 32'd0;
      else if (biased_r > 11'sd254) r_o <= 32'h7F7FFFFF;
      else r_o <= {1'b0, biased_r[7:0], value[16:0], 6'd0};
      raw_o  <= value;
      n_o    <= exp3_q;
      neg_o  <= neg3_q;
      meta_o <= meta3_q;
    end
  end
endmodule

`default_nettype wire
