// SPDX-License-Identifier: Apache-2.0
// fp32 product with 17-bit significands: docs/numerics.md section 1, fmul. One 18x18 multiplier.
//
// Latency 3 cycles from valid_i to valid_o, one operation per cycle, no stall: the caller takes r_o
// when it comes. With HasSquare = 1 and square_i high prod_o is the square of the unsigned integer
// int_i, 2 cycles after valid_i; r_o then is meaningless. Without square_i, prod_o is the product
// of the rounded significands. Reset clears only the valid pipeline. Does not do: subnormals (an
// exponent of 0 is zero), infinities, NaN.
`default_nettype none

module luoshu_fmul #(
    parameter int HasSquare = 0  // 1: squares of integers too
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         valid_i,
    input  wire         square_i, // the square of int_i (HasSquare = 1)
    input  wire  [16:0] int_i,
    input  wire  [31:0] a_i,      // fp32
    input  wire  [31:0] b_i,      // fp32
    output logic [33:0] prod_o,   // product of the significands, 2 cycles after the operands
    output logic        valid_o,  // valid_i, 3 cycles later
    output logic [31:0] r_o       // fp32
);
  // Stage 1: round to 17-bit significands, half away from zero.
  logic [23:0] a_rnd, b_rnd;  // {biased exponent up to 255, 16 fraction bits}
  assign a_rnd = a_i[30:7] + {23'd0, a_i[6]};
  assign b_rnd = b_i[30:7] + {23'd0, b_i[6]};

  logic [16:0] a_sig, b_sig;
  generate
    if (HasSquare != 0) begin : gen_square
      assign a_sig = square_i ? int_i : {1'b1, a_rnd[15:0]};
      assign b_sig = square_i ? int_i : {1'b1, b_rnd[15:0]};
    end else begin : gen_fp
      assign a_sig = {1'b1, a_rnd[15:0]};
      assign b_sig = {1'b1, b_rnd[15:0]};
    end
  endgenerate
  logic unused_low;
  assign unused_low = ^{square_i, int_i, a_i[5:0], b_i[5:0]};

  logic [16:0] a1_q, b1_q;
  logic [8:0]  exp1_q, exp2_q;
  logic        sign1_q, zero1_q, sign2_q, zero2_q;
  logic [33:0] prod2_q;
  logic [2:0]  valid_q;
  assign valid_o = valid_q[2];
  assign prod_o  = prod2_q;

  // Stage 3: normalise, round to nearest even, underflow to zero, saturate.
  logic              top, guard, sticky;
  logic [22:0]       frac;
  logic signed [9:0] exp_norm;
  logic [32:0]       rounded;  // {exponent, fraction}: a carry of the fraction raises the exponent
  assign top      = prod2_q[33];
  assign frac     = top ? prod2_q[32:10] : prod2_q[31:9];
  assign guard    = top ? prod2_q[9] : prod2_q[8];
  assign sticky   = (top && prod2_q[8]) || prod2_q[7:0] != 8'd0;
  assign exp_norm = $signed({1'b0, exp2_q}) - 10'sd127 + $signed({9'd0, top});
  assign rounded  = {exp_norm, frac} + {32'd0, guard && (sticky || frac[0])};
  logic              under, over;
  assign under = zero2_q || rounded[32] || rounded[32:23] == 10'd0;
  assign over  = !rounded[32] && (rounded[31] || rounded[30:23] == 8'hFF);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 3'b000;
    else valid_q <= {valid_q[1:0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      a1_q    <= a_sig;
      b1_q    <= b_sig;
      exp1_q  <= {1'b0, a_rnd[23:16]} + {1'b0, b_rnd[23:16]};
      sign1_q <= a_i[31] ^ b_i[31];
      zero1_q <= a_i[30:23] == 8'd0 || b_i[30:23] == 8'd0;
    end
    if (valid_q[0]) begin
      prod2_q <= a1_q * b1_q;
      exp2_q  <= exp1_q;
      sign2_q <= sign1_q;
      zero2_q <= zero1_q;
    end
    if (valid_q[1]) begin
      if (under) r_o <= 32'd0;
      else if (over) r_o <= {sign2_q, 31'h7F7FFFFF};
      else r_o <= {sign2_q, rounded[30:0]};
    end
  end
endmodule

`default_nettype wire
