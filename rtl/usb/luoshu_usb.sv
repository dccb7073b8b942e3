// SPDX-License-Identifier: Apache-2.0
// USB 2.0 full-speed device for the link's byte stream (docs/usb.md, docs/link.md): two pins on one
// side, the ports rx and tx of module luoshu on the other.
//
// Clocks: clk48_i, 48 MHz +-0.25%, runs everything but the link side; clk_i the link side, at any
// frequency from 2 MHz on and any phase.
// Reset: rst_ni belongs to clk_i; one cycle is enough, and an FPGA needs none. In reset the pull-up
// is off, and for 85 us after it.
// Pins: usb_dp_o and usb_dn_o drive while usb_oe_o; usb_pullup_o drives 1.5 kOhm at D+.
// rx: what the host sent, in order, each byte once; one byte per word (rx_bytes_o is 1).
// tx: words to the host, low byte first.
// Both keep their data over a bus reset, suspend and a new configuration; only rst_ni empties them.
`default_nettype none

module luoshu_usb #(
    parameter int BufferBytes = 512    // of each direction, a power of two, at least 128
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
    input  wire  [63:0] serial_i,      // serial number, constant
    // link, in clk_i
    output logic        rx_valid_o,
    input  wire         rx_ready_i,
    output logic [31:0] rx_data_o,
    output logic [2:0]  rx_bytes_o,
    input  wire         tx_valid_i,
    output logic        tx_ready_o,
    input  wire  [31:0] tx_data_i,
    // state
    output logic        configured_o,  // in clk_i
    output logic        suspended_o,   // in clk_i
    output logic [10:0] frame_o        // in clk48_i: number of the last frame
);
  logic rst_n, rst48_n;
  luoshu_cdc_reset u_reset (
      .clk_a_i(clk_i), .rst_ni, .rst_a_no(rst_n), .clk_b_i(clk48_i), .rst_b_no(rst48_n)
  );

  logic [1:0] state;
  logic       rx_active, rx_valid, rx_error, tx_valid, tx_ready, tx_busy;
  logic [7:0] rx_data, tx_data;
  luoshu_usb_phy u_phy (
      .clk_i(clk48_i), .rst_ni(rst48_n), .dp_i(usb_dp_i), .dn_i(usb_dn_i), .dp_o(usb_dp_o),
      .dn_o(usb_dn_o), .oe_o(usb_oe_o), .state_o(state), .rx_active_o(rx_active),
      .rx_valid_o(rx_valid), .rx_data_o(rx_data), .rx_error_o(rx_error), .tx_valid_i(tx_valid),
      .tx_ready_o(tx_ready), .tx_data_i(tx_data), .tx_busy_o(tx_busy)
  );

  logic       out_valid, out_ready, in_valid, in_ready, configured, suspended;
  logic [7:0] out_data, in_data;
  luoshu_usb_device #(.BufferBytes(BufferBytes)) u_device (
      .clk_i(clk48_i), .rst_ni(rst48_n), .serial_i, .state_i(state), .rx_active_i(rx_active),
      .rx_valid_i(rx_valid), .rx_data_i(rx_data), .rx_error_i(rx_error), .tx_valid_o(tx_valid),
      .tx_ready_i(tx_ready), .tx_data_o(tx_data), .tx_busy_i(tx_busy), .attach_o(usb_pullup_o),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data),
      .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data), .configured_o(configured),
      .suspended_o(suspended), .frame_o
  );
  luoshu_cdc_bits #(.Width(2)) u_cdc_state (
      .clk_i, .d_i({configured, suspended}), .q_o({configured_o, suspended_o})
  );

  luoshu_cdc_fifo u_out (
      .in_clk_i(clk48_i), .in_rst_ni(rst48_n), .in_valid_i(out_valid), .in_ready_o(out_ready),
      .in_data_i(out_data), .out_clk_i(clk_i), .out_rst_ni(rst_n), .out_valid_o(rx_valid_o),
      .out_ready_i(rx_ready_i), .out_data_o(rx_data_o[7:0])
  );
  assign rx_data_o[31:8] = 24'd0;
  assign rx_bytes_o      = 3'd1;

  logic       byte_valid, byte_ready;
  logic [7:0] byte_data;
  luoshu_usb_unpack u_unpack (
      .clk_i, .rst_ni(rst_n), .valid_i(tx_valid_i), .ready_o(tx_ready_o), .data_i(tx_data_i),
      .valid_o(byte_valid), .ready_i(byte_ready), .data_o(byte_data)
  );
  luoshu_cdc_fifo u_in (
      .in_clk_i(clk_i), .in_rst_ni(rst_n), .in_valid_i(byte_valid), .in_ready_o(byte_ready),
      .in_data_i(byte_data), .out_clk_i(clk48_i), .out_rst_ni(rst48_n), .out_valid_o(in_valid),
      .out_ready_i(in_ready), .out_data_o(in_data)
  );
endmodule

`default_nettype wire
