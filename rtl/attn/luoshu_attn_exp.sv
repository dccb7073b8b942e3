// SPDX-License-Identifier: Apache-2.0
// Softmax weight of one key: p = min(65535, rs(sig, 1 - n)), (sig, n) = exp2fix(t), then p' = rs(p,
// shift) (docs/numerics.md, sections 6 and 9).
//
// t_i: logit minus running maximum, signed, 16 fraction bits, <= 0. shift_i: exponent distance of
// V, saturated to 31. A key that is not valid gives 0. Latency 4 cycles for p, 4 for p' (with
// hardware multipliers 5), one key per cycle, no stall; the caller tracks validity in time.
// The interpolation is a 15 x 8 bit product. With Recip = 1 the unit also interpolates reciprocals,
// in cycles in which no key enters: recip_i takes 16 bits of a fraction, value_o shows recip's
// value with LSB 2^-17 (numerics.md, section 6) 3 cycles later, if en_i was high.
`default_nettype none

module luoshu_attn_exp #(
    parameter int Recip = 0, // 1: reciprocals, too
    parameter int Soft = 1  // 1: no hardware multiplier: the product is a sum of shifted slopes
) (
    input  wire               clk_i,
    input  wire               en_i,     // a key enters or is inside: the pipeline moves
    input  wire               valid_i,
    input  wire signed [31:0] t_i,
    input  wire  [4:0]        shift_i,
    output logic [15:0]       p_o,      // 4 cycles later
    output logic [15:0]       ps_o,     // p shifted, the same cycle, or a cycle later with Soft = 0
    input  wire               recip_i,  // not with valid_i
    input  wire  [15:0]       recip_frac_i,
    output logic [17:0]       value_o
);
  // 1: split
  logic               valid1_q, valid2_q, valid3_q;
  logic [7:0]         index1_q, frac1_q, frac2_q;
  // -1 - n, saturated to 63; where t is 0, full instead: the weight is 65535
  logic [5:0]         drop1_q, drop2_q, drop3_q;
  logic               full1_q, full2_q, full3_q;
  logic [4:0]         shift1_q, shift2_q, shift3_q;
  logic [17:0]        base2_q;
  logic signed [14:0] slope2_q;
  logic [17:0]        sig3_q;
  logic [15:0]        drop;
  assign drop = ~t_i[31:16];   // n = t >> 16 <= 0

  generate
    if (Recip != 0) begin : gen_recip   // both tables in one memory
      logic recip1_q;
      luoshu_attn_table u_table (.clk_i, .re_i(en_i), .addr_i({!recip1_q, index1_q}),
          .base_o(base2_q), .slope_o(slope2_q));
      always_ff @(posedge clk_i) begin
        if (en_i) begin
          recip1_q <= recip_i;
          index1_q <= recip_i ? recip_frac_i[15:8] : t_i[15:8];
          frac1_q  <= recip_i ? recip_frac_i[7:0] : t_i[7:0];
        end
      end
    end else begin : gen_exp2
      logic [32:0] entry;
      assign entry = luoshu_tables_pkg::exp2_entry(index1_q);
      always_ff @(posedge clk_i) begin
        if (en_i) begin
          index1_q <= t_i[15:8];
          frac1_q  <= t_i[7:0];
          base2_q  <= entry[17:0];
          slope2_q <= entry[32:18];
        end
      end
      logic unused_recip;
      assign unused_recip = ^{recip_i, recip_frac_i};
    end
  endgenerate
  assign value_o = sig3_q;

  logic signed [23:0] product;
  generate
    if (Soft != 0) begin : gen_soft
      always_comb begin
        product = '0;
        for (int b = 0; b < 8; b++) if (frac2_q[b]) product = product + (24'(slope2_q) <<< b);
      end
    end else begin : gen_multiplier
      assign product = slope2_q * $signed({1'b0, frac2_q});
    end
  endgenerate

  // rounding half up adds the bit below the shifted value
  logic [16:0] sig_down, shifted;
  logic [16:0] p_down;
  logic [15:0] p;
  logic [16:0] ps;
  generate
    if (Soft != 0) begin : gen_down   // sig by 1 - n, with the bit below
      assign sig_down = sig3_q[17:1] >> drop3_q;
      assign p_down   = {p, 1'b0} >> shift3_q;
    end else begin : gen_down_multiplier   // products with 2^(16 - distance)
      logic        [4:0]  shift4_q;
      logic        [16:0] sig_factor, p_factor;
      logic signed [35:0] sig_product, p_product;
      assign sig_factor  = 17'h10000 >> drop3_q;
      assign p_factor    = 17'h10000 >> shift4_q;
      assign sig_product = $signed({1'b0, sig3_q[17:1]}) * $signed({1'b0, sig_factor});
      assign p_product   = $signed({2'b00, p_o}) * $signed({1'b0, p_factor});
      assign sig_down    = sig_product[32:16];
      assign p_down      = p_product[31:15];
      always_ff @(posedge clk_i) if (en_i) shift4_q <= shift3_q;
      logic unused_product;
      assign unused_product = ^{sig_product, p_product};
    end
  endgenerate
  assign shifted  = {1'b0, sig_down[16:1]} + 17'(sig_down[0]);
  assign p        = !valid3_q ? 16'd0 : (full3_q || shifted[16]) ? 16'hffff : shifted[15:0];
  assign ps       = {1'b0, p_down[16:1]} + 17'(p_down[0]);

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      valid1_q <= valid_i;
      drop1_q  <= (drop[15:6] != 10'd0) ? 6'd63 : drop[5:0];
      full1_q  <= !t_i[31];
      shift1_q <= shift_i;
      // 2: table
      valid2_q <= valid1_q;
      frac2_q  <= frac1_q;
      drop2_q  <= drop1_q;
      full2_q  <= full1_q;
      shift2_q <= shift1_q;
      // 3: interpolate
      valid3_q <= valid2_q;
      sig3_q   <= 18'(base2_q + 18'((product + 24'sd128) >>> 8));
      drop3_q  <= drop2_q;
      full3_q  <= full2_q;
      shift3_q <= shift2_q;
      // 4: shift (Soft = 0: of p', 5)
      p_o  <= p;
      ps_o <= ps[15:0];
    end
  end
  logic unused_bits;
  assign unused_bits = ^{ps[16], sig3_q[0]};
endmodule
`default_nettype wire
