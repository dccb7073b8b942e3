// SPDX-License-Identifier: Apache-2.0
// Where element e of a head lies in the head buffer (combinational).
//
// Rotated elements are stored by pair, VL pairs side by side: word 2k holds the first, word 2k+1
// the second elements of pairs k*VL.., so that both pairings (adjacent, halves) are rotated lane by
// lane. The last two of these words may have lanes without an element. Elements from rot_i on
// follow in their order, in words of their own.
`default_nettype none

module luoshu_vector_map #(
    parameter int VL = 4
) (
    input  wire  [7:0] e_i,       // element
    input  wire  [8:0] rot_i,     // rotated elements, 0 = none
    input  wire        halves_i,  // pairs (i, i + rot/2) instead of (2i, 2i+1)
    output logic [7:0] word_o,
    output logic [3:0] lane_o
);
  localparam int LaneBits = $clog2(VL);
  logic [8:0] e, half, index, group, base;
  logic       tail, second;
  assign e      = {1'b0, e_i};
  assign half   = {1'b0, rot_i[8:1]};
  assign tail   = e >= rot_i;
  assign second = halves_i ? e >= half : e_i[0];
  assign index  = tail ? e - rot_i : !halves_i ? {1'b0, e[8:1]} : second ? e - half : e;
  assign group  = index >> LaneBits;
  assign base   = ((half + 9'(VL - 1)) >> LaneBits) << 1;  // words of rotated elements
  assign word_o = tail ? base[7:0] + group[7:0] : {group[6:0], second};
  assign lane_o = index[3:0] & 4'(VL - 1);
  logic unused_top;
  assign unused_top = ^{base[8], group[8]};
endmodule

`default_nettype wire
