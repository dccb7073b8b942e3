// SPDX-License-Identifier: Apache-2.0
// Arithmetic unit of luoshu_core. Combinational; the core selects among the outputs.
//
// sum_o = a + b, or a - b if sub_i. lt_o (needs sub_i) and eq_o compare a and b. logic_o by
// logic_i: 0 xor, 1 set-less-than (bit 0 = lt_o, else 0), 2 or, 3 and. left_o and right_o shift a
// by the low five bits of b; right_o fills with the sign if arith_i. One shifter serves both:
// left_i says which is valid.
`default_nettype none

module luoshu_core_alu (
    input  wire  [31:0] a_i,
    input  wire  [31:0] b_i,
    input  wire         sub_i,
    input  wire         unsigned_i,  // lt_o compares unsigned
    input  wire  [1:0]  logic_i,     // which function logic_o is
    input  wire         left_i,      // shift left
    input  wire         arith_i,     // shift right with sign
    output logic [31:0] sum_o,
    output logic [31:0] logic_o,
    output logic [31:0] left_o,
    output logic [31:0] right_o,
    output logic        eq_o,        // a == b
    output logic        lt_o         // a < b
);
  // Carry out of a subtraction: a >= b unsigned.
  logic carry;
  luoshu_add_sub #(.Width(33)) u_sum (.a_i({1'b0, a_i}), .b_i({sub_i, b_i}), .sub_i(sub_i),
      .y_o({carry, sum_o}));

  assign eq_o = (a_i == b_i);
  assign lt_o = (a_i[31] != b_i[31] && !unsigned_i) ? a_i[31] : !carry;

  logic [31:0] bitwise;
  for (genvar i = 0; i < 32; i++) begin : gen_logic
    assign bitwise[i] = logic_i[1] ? (logic_i[0] ? a_i[i] && b_i[i] : a_i[i] || b_i[i]) :
                                     (!logic_i[0] && (a_i[i] != b_i[i]));
  end
  assign logic_o = {bitwise[31:1], bitwise[0] || (logic_i == 2'd1 && lt_o)};

  // A left shift reverses the right shifter's input and output.
  logic        fill;
  logic [31:0] by0, by1, by2, by4, by8;
  for (genvar i = 0; i < 32; i++) begin : gen_reverse
    assign by0[i]    = left_i ? a_i[31-i] : a_i[i];
    assign left_o[i] = right_o[31-i];
  end
  assign fill    = arith_i && a_i[31];
  assign by1     = b_i[0] ? {fill, by0[31:1]} : by0;
  assign by2     = b_i[1] ? {{2{fill}}, by1[31:2]} : by1;
  assign by4     = b_i[2] ? {{4{fill}}, by2[31:4]} : by2;
  assign by8     = b_i[3] ? {{8{fill}}, by4[31:8]} : by4;
  assign right_o = b_i[4] ? {{16{fill}}, by8[31:16]} : by8;
endmodule

`default_nettype wire
