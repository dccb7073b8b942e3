// SPDX-License-Identifier: Apache-2.0
// Arithmetic unit of luoshu_core. Combinational.
//
// result_o = a_i OP b_i by the RV32I funct3; sub_i selects subtract and, for a right shift, sign fill.
// Comparisons (slt, sltu, branches) need sub_i = 1. eq_o and lt_o compare the same operands; lt_o is
// unsigned if unsigned_i.
`default_nettype none

module luoshu_core_alu (
    input  wire  [31:0] a_i,
    input  wire  [31:0] b_i,
    input  wire  [2:0]  funct3_i,    // 0 add/sub, 1 sll, 2 slt, 3 sltu, 4 xor, 5 srl/sra, 6 or, 7 and
    input  wire         sub_i,       // a - b; shift right: fill with a_i[31]
    input  wire         unsigned_i,  // lt_o compares unsigned
    output logic [31:0] result_o,
    output logic        eq_o,        // a == b
    output logic        lt_o         // a < b (needs sub_i)
);
  // Adder: bit 32 is the carry out, 1 means a >= b unsigned if subtracting.
  logic [32:0] sum;
  assign sum = {1'b0, a_i} + {1'b0, b_i ^ {32{sub_i}}} + {32'd0, sub_i};

  logic [31:0] differ;
  assign differ = a_i ^ b_i;
  assign eq_o   = (differ == 32'd0);
  assign lt_o   = (differ[31] && !unsigned_i) ? a_i[31] : !sum[32];

  // One right shifter; a left shift reverses its input and output.
  logic        left;
  logic [31:0] reversed, shift_in, shift_right, shift_left;
  assign left = !funct3_i[2];
  for (genvar i = 0; i < 32; i++) begin : gen_reverse
    assign reversed[i]   = a_i[31-i];
    assign shift_left[i] = shift_right[31-i];
  end
  assign shift_in = left ? reversed : a_i;

  logic        fill;
  logic [31:0] by1, by2, by4, by8;
  assign fill        = sub_i && !left && a_i[31];
  assign by1         = b_i[0] ? {fill, shift_in[31:1]} : shift_in;
  assign by2         = b_i[1] ? {{2{fill}}, by1[31:2]} : by1;
  assign by4         = b_i[2] ? {{4{fill}}, by2[31:4]} : by2;
  assign by8         = b_i[3] ? {{8{fill}}, by4[31:8]} : by4;
  assign shift_right = b_i[4] ? {{16{fill}}, by8[31:16]} : by8;

  always_comb begin
    case (funct3_i)
      3'd0:    result_o = sum[31:0];
      3'd1:    result_o = shift_left;
      3'd4:    result_o = differ;
      3'd5:    result_o = shift_right;
      3'd6:    result_o = a_i | b_i;
      3'd7:    result_o = a_i & b_i;
      default: result_o = {31'd0, lt_o};
    endcase
  end
endmodule

`default_nettype wire
