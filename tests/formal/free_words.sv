// SPDX-License-Identifier: Apache-2.0
// Stands in for luoshu_link_align in proofs: words whenever it likes, any that the proof offers;
// while hunt_i only such with the sync.
`default_nettype none

module luoshu_link_align #(
    parameter int Serial = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         rx_valid_i,
    output logic        rx_ready_o,
    input  wire  [31:0] rx_data_i,
    input  wire  [2:0]  rx_bytes_i,
    input  wire         hunt_i,
    output logic        word_valid_o,
    input  wire         word_ready_i,
    output logic [31:0] word_o,
    output logic        byte_valid_o,
    output logic [7:0]  byte_o
);
  assign rx_ready_o   = word_ready_i;
  assign word_valid_o = rx_valid_i;
  assign word_o       = {rx_data_i[31:16], hunt_i ? 16'h4C53 : rx_data_i[15:0]};
  assign byte_valid_o = 1'b0;
  assign byte_o       = '0;
endmodule
`default_nettype wire
