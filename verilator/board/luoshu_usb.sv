// SPDX-License-Identifier: Apache-2.0
// Stands for luoshu_usb where a board is simulated behind a socket: the simulation's bytes come and
// go at the link's side, without packets and bits. The simulation writes host_* between the edges
// of clk_i.
//
// To the chip: host_byte while host_valid; host_taken says behind the edge that it was taken. From
// the chip: chip_word while chip_valid, behind the edge. One byte and one word per cycle.
`default_nettype none

module luoshu_usb #(
    parameter int BufferBytes = 512    // not used
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         clk48_i,
    input  wire         usb_dp_i,
    input  wire         usb_dn_i,
    output logic        usb_dp_o,
    output logic        usb_dn_o,
    output logic        usb_oe_o,
    output logic        usb_pullup_o,
    input  wire  [63:0] serial_i,
    output logic        rx_valid_o,
    input  wire         rx_ready_i,
    output logic [31:0] rx_data_o,
    output logic [2:0]  rx_bytes_o,
    input  wire         tx_valid_i,
    output logic        tx_ready_o,
    input  wire  [31:0] tx_data_i,
    output logic        configured_o,
    output logic        suspended_o,
    output logic [10:0] frame_o
);
  logic        host_valid /*verilator public_flat_rw*/;
  logic [7:0]  host_byte /*verilator public_flat_rw*/;
  logic        host_taken /*verilator public_flat_rd*/;
  logic        chip_valid /*verilator public_flat_rd*/;
  logic [31:0] chip_word /*verilator public_flat_rd*/;

  logic       valid_q, room;
  logic [7:0] byte_q;
  assign room       = !valid_q || rx_ready_i;
  assign rx_valid_o = valid_q;
  assign rx_data_o  = {24'd0, byte_q};
  assign rx_bytes_o = 3'd1;
  assign tx_ready_o = rst_ni;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q    <= 1'b0;
      host_taken <= 1'b0;
      chip_valid <= 1'b0;
    end else begin
      if (room) valid_q <= host_valid;
      host_taken <= host_valid && room;
      chip_valid <= tx_valid_i;
    end
    if (room) byte_q <= host_byte;
    chip_word <= tx_data_i;
  end

  assign {usb_dp_o, usb_dn_o, usb_oe_o, usb_pullup_o, suspended_o} = '0;
  assign configured_o = 1'b1;
  assign frame_o      = '0;
  logic unused;
  assign unused = ^{clk48_i, usb_dp_i, usb_dn_i, serial_i, BufferBytes == 0};
endmodule
`default_nettype wire
