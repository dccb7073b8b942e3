// SPDX-License-Identifier: Apache-2.0
// rtl/prim/luoshu_add_sub.sv as one carry chain: yosys' cell for sums has an input that inverts an
// operand, and the carry chains of FPGAs take it without a LUT, but yosys never connects it to a
// signal on its own.
`default_nettype none

module luoshu_add_sub #(
    parameter int Width = 32
) (
    input  wire  [Width-1:0] a_i,
    input  wire  [Width-1:0] b_i,
    input  wire              sub_i,
    output logic [Width-1:0] y_o
);
  wire [Width-1:0] unused_x, unused_carry;
  \$alu #(
      .A_SIGNED(0), .B_SIGNED(0), .A_WIDTH(Width), .B_WIDTH(Width), .Y_WIDTH(Width)
  ) u_chain (
      .A(a_i), .B(b_i), .CI(sub_i), .BI(sub_i), .X(unused_x), .Y(y_o), .CO(unused_carry)
  );
endmodule

`default_nettype wire
