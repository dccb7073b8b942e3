// SPDX-License-Identifier: Apache-2.0
// For yosys: each addition becomes a carry chain of its own. Left alone, yosys merges chains of additions into carry-save trees of
// LUTs, at two LUT4 per bit and operand instead of one cell of a carry chain.
(* techmap_celltype = "$add $sub" *)
module luoshu_techmap_add (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;
  wire [Y_WIDTH-1:0] unused_x, unused_co;
  localparam Subtract = _TECHMAP_CELLTYPE_ == "$sub";
  \$alu #(
      .A_SIGNED(A_SIGNED && B_SIGNED), .B_SIGNED(A_SIGNED && B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)
  ) chain (
      .A(A), .B(B), .CI(Subtract), .BI(Subtract), .X(unused_x), .Y(Y), .CO(unused_co)
  );
endmodule
