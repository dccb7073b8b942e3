// SPDX-License-Identifier: Apache-2.0
// Sum or difference of two numbers, chosen by a signal: y_o = sub_i ? a_i - b_i : a_i + b_i.
// Combinational.
//
// fpga/common/luoshu_add_sub.sv is the same as one carry chain, where yosys would put a LUT for
// each bit in front of it.
`default_nettype none

module luoshu_add_sub #(
    parameter int Width = 32
) (
    input  wire  [Width-1:0] a_i,
    input  wire  [Width-1:0] b_i,
    input  wire              sub_i,
    output logic [Width-1:0] y_o
);
  assign y_o = sub_i ? a_i - b_i : a_i + b_i;
endmodule

`default_nettype wire
