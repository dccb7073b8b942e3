// SPDX-License-Identifier: Apache-2.0
// The device behind a transceiver: bus state, packets, transactions, endpoint 0, bulk endpoints OUT
// 1 and IN 1.
//
// One clock, 48 MHz with luoshu_usb_phy. Streams: bytes, valid/ready. Reset, own: everything; bus
// reset: all but the data in the bulk buffers. docs/usb.md is the contract with the host.
`default_nettype none

module luoshu_usb_device #(
    parameter int BufferBytes = 512    // of each direction
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire  [63:0] serial_i,      // constant
    // transceiver (luoshu_usb_phy)
    input  wire  [1:0]  state_i,
    input  wire         rx_active_i,
    input  wire         rx_valid_i,
    input  wire  [7:0]  rx_data_i,
    input  wire         rx_error_i,
    output logic        tx_valid_o,
    input  wire         tx_ready_i,
    output logic [7:0]  tx_data_o,
    input  wire         tx_busy_i,
    output logic        attach_o,      // pull-up
    // from the host
    output logic        out_valid_o,
    input  wire         out_ready_i,
    output logic [7:0]  out_data_o,
    // to the host
    input  wire         in_valid_i,
    output logic        in_ready_o,
    input  wire  [7:0]  in_data_i,
    // state
    output logic        configured_o,
    output logic        suspended_o,
    output logic [10:0] frame_o        // number of the last SOF
);
  logic bus_reset, bus_rst_n;
  luoshu_usb_bus u_bus (
      .clk_i, .rst_ni, .state_i, .tx_busy_i, .attach_o, .reset_o(bus_reset), .suspended_o
  );
  assign bus_rst_n = rst_ni && !bus_reset;

  logic        token, sof, data, ack, other, byte_valid, crc_clear, crc_step;
  logic [3:0]  pid, token_endpoint;
  logic [6:0]  token_address, length, index;
  logic [10:0] frame;
  logic [7:0]  packet_byte, crc_data;
  logic [15:0] crc;
  luoshu_usb_packet u_packet (
      .clk_i, .rst_ni(bus_rst_n), .rx_active_i, .rx_valid_i, .rx_data_i, .rx_error_i,
      .token_o(token), .sof_o(sof), .data_o(data), .ack_o(ack), .other_o(other), .pid_o(pid),
      .address_o(token_address), .endpoint_o(token_endpoint), .frame_o(frame), .length_o(length),
      .byte_valid_o(byte_valid), .byte_o(packet_byte), .index_o(index), .crc_clear_i(crc_clear),
      .crc_step_i(crc_step), .crc_data_i(crc_data), .crc_o(crc)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_ni) frame_o <= '0;
    else if (sof) frame_o <= frame;
  end

  logic [6:0] address;
  logic [3:0] endpoint;
  logic       stall, ready, toggle, in_begin, in_more, in_take, in_ack, out_begin, out_active;
  logic       commit, setup;
  logic [7:0] in_data;
  luoshu_usb_transaction u_transaction (
      .clk_i, .rst_ni(bus_rst_n), .address_i(address), .rx_active_i, .token_i(token), .data_i(data),
      .ack_i(ack), .other_i(other), .sof_i(sof), .pid_i(pid), .token_address_i(token_address),
      .token_endpoint_i(token_endpoint), .length_i(length), .tx_valid_o, .tx_ready_i, .tx_data_o,
      .tx_busy_i, .crc_clear_o(crc_clear), .crc_step_o(crc_step), .crc_data_o(crc_data),
      .crc_i(crc), .endpoint_o(endpoint), .stall_i(stall), .ready_i(ready), .toggle_i(toggle),
      .in_begin_o(in_begin), .in_more_i(in_more), .in_data_i(in_data), .in_take_o(in_take),
      .in_ack_o(in_ack), .out_begin_o(out_begin), .out_active_o(out_active), .out_commit_o(commit),
      .setup_o(setup)
  );

  // ---------------------------------------------------------------- endpoints
  logic       is_0, is_1;   // the transaction's endpoint; 1 only when it is configured
  logic       stall_in_0, stall_out_0, toggle_in_0, more_0, halt_out, halt_in, clear_out, clear_in;
  logic [7:0] data_0, data_1;
  logic       ready_out, toggle_out, ready_in, toggle_in, more_1;
  assign is_0 = (endpoint == 4'd0);
  assign is_1 = (endpoint == 4'd1) && configured_o;
  always_comb begin
    if (is_0) begin
      stall  = in_begin ? stall_in_0 : stall_out_0;
      ready  = 1'b1;
      toggle = in_begin ? toggle_in_0 : 1'b1;   // OUT of endpoint 0 is a status stage
    end else begin
      stall  = !is_1 || (in_begin ? halt_in : halt_out);
      ready  = in_begin ? ready_in : ready_out;
      toggle = in_begin ? toggle_in : toggle_out;
    end
    in_more = is_0 ? more_0 : more_1;
    in_data = is_0 ? data_0 : data_1;
  end

  luoshu_usb_control u_control (
      .clk_i, .rst_ni(bus_rst_n), .serial_i, .byte_valid_i(byte_valid && out_active && is_0),
      .byte_i(packet_byte), .index_i(index), .setup_i(setup), .in_stall_o(stall_in_0),
      .in_toggle_o(toggle_in_0), .in_begin_i(in_begin && is_0), .in_more_o(more_0),
      .in_data_o(data_0), .in_take_i(in_take && is_0), .in_ack_i(in_ack && is_0),
      .out_length_i(length), .out_stall_o(stall_out_0), .address_o(address), .configured_o,
      .halt_out_o(halt_out), .halt_in_o(halt_in), .clear_out_o(clear_out), .clear_in_o(clear_in)
  );
  luoshu_usb_out_buffer #(.Depth(BufferBytes)) u_out (
      .clk_i, .rst_ni, .clear_i(clear_out || bus_reset), .begin_i(out_begin),
      .byte_valid_i(byte_valid && out_active && is_1), .byte_i(packet_byte), .index_i(index),
      .commit_i(commit && is_1), .length_i(length), .ready_o(ready_out), .toggle_o(toggle_out),
      .valid_o(out_valid_o), .ready_i(out_ready_i), .data_o(out_data_o)
  );
  luoshu_usb_in_buffer #(.Depth(BufferBytes)) u_in (
      .clk_i, .rst_ni, .clear_i(clear_in || bus_reset), .valid_i(in_valid_i), .ready_o(in_ready_o),
      .data_i(in_data_i), .packet_o(ready_in), .toggle_o(toggle_in),
      .begin_i(in_begin && is_1 && !halt_in), .more_o(more_1), .data_o(data_1),
      .take_i(in_take && is_1), .ack_i(in_ack && is_1)
  );
endmodule

`default_nettype wire
