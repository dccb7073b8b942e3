// SPDX-License-Identifier: Apache-2.0
// Words of four bytes become bytes, low byte first. valid/ready on both sides; one byte per cycle.
// Reset: empty, takes nothing.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_usb_unpack (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         valid_i,
    output logic        ready_o,
    input  wire  [31:0] data_i,
    output logic        valid_o,
    input  wire         ready_i,
    output logic [7:0]  data_o
);
  logic [31:0] word_q;
  logic [2:0]  left_q;
  assign valid_o = (left_q != 3'd0);
  assign ready_o = rst_ni && (!valid_o || (left_q == 3'd1 && ready_i));
  assign data_o  = word_q[7:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) left_q <= 3'd0;
    else if (ready_o) left_q <= valid_i ? 3'd4 : 3'd0;
    else if (ready_i) left_q <= left_q - 3'd1;
    if (ready_o) word_q <= data_i;
    else if (ready_i) word_q <= {8'd0, word_q[31:8]};
  end
  `LUOSHU_STREAM_STABLE(out_stable, valid_o, ready_i, data_o)
endmodule

`default_nettype wire
