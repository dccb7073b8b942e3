// SPDX-License-Identifier: Apache-2.0
// One lane of the vector unit: two multipliers and an adder, r = a*b + c*d.
//
//   m0: p0 = a*b, or the square of an integer on prod_o (m0_square_i; 2 cycles).
//   m1: p1 = c*d, or p0*d when m1_chain_i: d and m1_valid_i then come 3 cycles after a and b.
//   add: s = p0 + p1, or x + y when add_direct_i; add_valid_i comes with its operands.
// Latency 3 cycles for p0 and p1, 4 for s; one operation per cycle each; no stall. docs/numerics.md
// section 1.
`default_nettype none

module luoshu_vector_lane (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         m0_valid_i,
    input  wire         m0_square_i,
    input  wire  [16:0] int_i,
    input  wire  [31:0] a_i,
    input  wire  [31:0] b_i,
    input  wire         m1_valid_i,
    input  wire         m1_chain_i,
    input  wire  [31:0] c_i,
    input  wire  [31:0] d_i,
    input  wire         add_valid_i,
    input  wire         add_direct_i,
    input  wire  [31:0] x_i,
    input  wire  [31:0] y_i,
    output logic [33:0] prod_o,  // integer product
    output logic [31:0] p0_o,    // fp32
    output logic [31:0] p1_o,    // fp32
    output logic [31:0] s_o      // fp32
);
  logic [33:0] unused_prod;
  logic        unused_v0, unused_v1, unused_vs;
  luoshu_fmul #(.HasSquare(1)) u_m0 (
      .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m0_valid_i), .square_i(m0_square_i), .int_i(int_i),
      .a_i(a_i), .b_i(b_i), .prod_o(prod_o), .valid_o(unused_v0), .r_o(p0_o)
  );
  luoshu_fmul #(.HasSquare(0)) u_m1 (
      .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(m1_valid_i), .square_i(1'b0), .int_i('0),
      .a_i(m1_chain_i ? p0_o : c_i), .b_i(d_i), .prod_o(unused_prod), .valid_o(unused_v1),
      .r_o(p1_o)
  );
  luoshu_fadd u_add (
      .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(add_valid_i), .a_i(add_direct_i ? x_i : p0_o),
      .b_i(add_direct_i ? y_i : p1_o), .valid_o(unused_vs), .r_o(s_o)
  );
endmodule

`default_nettype wire
