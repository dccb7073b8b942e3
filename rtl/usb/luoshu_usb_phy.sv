// SPDX-License-Identifier: Apache-2.0
// Full-speed transceiver on two pins: the boundary at which another front end (ULPI) can take its
// place.
//
// Received packets: luoshu_usb_rx; packets to send: luoshu_usb_tx; state_o: luoshu_usb_line, one
// sample per cycle. active_o falls 4 to 5 cycles after the J that ends a packet; a packet starts on
// the lines 2 cycles after tx_valid_i. Half duplex: nothing is received while tx_busy_o, and the
// user sends only when nothing is being received.
`default_nettype none

module luoshu_usb_phy (
    input  wire        clk_i,         // 48 MHz
    input  wire        rst_ni,
    input  wire        dp_i,
    input  wire        dn_i,
    output logic       dp_o,
    output logic       dn_o,
    output logic       oe_o,
    output logic [1:0] state_o,       // {D-, D+}
    output logic       rx_active_o,
    output logic       rx_valid_o,
    output logic [7:0] rx_data_o,
    output logic       rx_error_o,
    input  wire        tx_valid_i,
    output logic       tx_ready_o,
    input  wire  [7:0] tx_data_i,
    output logic       tx_busy_o
);
  logic strobe;
  luoshu_usb_line u_line (.clk_i, .rst_ni, .dp_i, .dn_i, .state_o, .strobe_o(strobe));
  luoshu_usb_rx u_rx (
      .clk_i, .rst_ni, .blank_i(tx_busy_o), .state_i(state_o), .strobe_i(strobe),
      .active_o(rx_active_o), .valid_o(rx_valid_o), .data_o(rx_data_o), .error_o(rx_error_o)
  );
  luoshu_usb_tx u_tx (
      .clk_i, .rst_ni, .valid_i(tx_valid_i), .ready_o(tx_ready_o), .data_i(tx_data_i),
      .busy_o(tx_busy_o), .dp_o, .dn_o, .oe_o
  );
endmodule

`default_nettype wire
