// SPDX-License-Identifier: Apache-2.0
// For yosys: narrow arithmetic in LUTs instead of carry chains, where that is smaller. A carry chain takes a logic element per bit and
// keeps the logic around it out; a comparison with a constant takes about a third of that in LUTs, and a narrow counter shares its
// LUTs with the multiplexer behind it. Widths found by trying (docs/area.md).

// Comparisons with a constant of any width, others of up to 8 bits. Before yosys makes $alu of them.
(* techmap_celltype = "$lt $le $gt $ge" *)
module luoshu_techmap_compare (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  localparam Width = (A_WIDTH > B_WIDTH) ? A_WIDTH : B_WIDTH;
  localparam Signed = A_SIGNED && B_SIGNED;
  localparam Swap = _TECHMAP_CELLTYPE_ == "$gt" || _TECHMAP_CELLTYPE_ == "$le";   // a > b is b < a
  localparam Invert = _TECHMAP_CELLTYPE_ == "$le" || _TECHMAP_CELLTYPE_ == "$ge";
  wire _TECHMAP_FAIL_ = Width > 8 && !(&_TECHMAP_CONSTMSK_A_) && !(&_TECHMAP_CONSTMSK_B_);

  wire [Width-1:0] a = {{Width{Signed && A[A_WIDTH-1]}}, A};
  wire [Width-1:0] b = {{Width{Signed && B[B_WIDTH-1]}}, B};
  wire [Width-1:0] top = Signed ? 1 << (Width - 1) : 0;   // signed order is unsigned order with the sign turned
  wire [Width-1:0] l = (Swap ? b : a) ^ top;
  wire [Width-1:0] r = (Swap ? a : b) ^ top;
  wire [Width:0] below;
  assign below[0] = 1'b0;
  genvar i;
  generate
    for (i = 0; i < Width; i = i + 1) begin : bit_at
      assign below[i+1] = (!l[i] && r[i]) || ((!l[i] || r[i]) && below[i]);
    end
  endgenerate
  assign Y = below[Width] ^ Invert;
endmodule

// Sums with a constant of up to 5 bits, others of up to 3.
(* techmap_celltype = "$alu" *)
module luoshu_techmap_narrow_sum (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  input CI, BI;
  output [Y_WIDTH-1:0] X, Y, CO;

  localparam Signed = A_SIGNED && B_SIGNED;
  localparam Constant = (&_TECHMAP_CONSTMSK_A_) || (&_TECHMAP_CONSTMSK_B_);
  wire _TECHMAP_FAIL_ = A_WIDTH == 0 || B_WIDTH == 0 || Y_WIDTH > (Constant ? 5 : 3);

  wire [Y_WIDTH-1:0] a = {{Y_WIDTH{Signed && A[A_WIDTH-1]}}, A};
  wire [Y_WIDTH-1:0] b = {{Y_WIDTH{Signed && B[B_WIDTH-1]}}, B};
  wire [Y_WIDTH:0] carry;
  assign X = a ^ b ^ {Y_WIDTH{BI}};
  assign carry[0] = CI;
  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1) begin : bit_at
      assign carry[i+1] = (a[i] && (b[i] ^ BI)) || (X[i] && carry[i]);
    end
  endgenerate
  assign Y = X ^ carry[Y_WIDTH-1:0];
  assign CO = carry[Y_WIDTH:1];
endmodule
