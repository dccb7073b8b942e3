// SPDX-License-Identifier: Apache-2.0
// Endpoint 0: keeps a SETUP packet, has it decoded, reads out the answer, keeps the state that
// requests set.
//
// The packets of endpoint 0 as luoshu_usb_transaction has them (its in_*, out_* for endpoint 0
// only). A control transfer: SETUP, then either IN packets of at most 64 bytes (the last one
// shorter, or empty where the answer ends with a full packet), then an empty OUT, which ends it at
// any time; or an empty IN. A request that is not good, data from the host, and packets without a
// SETUP are answered STALL until the next SETUP, which is always taken. SET_ADDRESS takes effect
// when its status stage was acknowledged. Configuration, interface and halts change when the SETUP
// was decoded, and clear the toggles (clear_*_o, one cycle) of the endpoints that they concern.
// Reset, which is also the bus reset: address 0, not configured, no halt.
`default_nettype none

module luoshu_usb_control (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire  [63:0] serial_i,
    // SETUP: its bytes as they come; setup_i when they were right
    input  wire         byte_valid_i,
    input  wire  [7:0]  byte_i,
    input  wire  [6:0]  index_i,
    input  wire         setup_i,
    // IN and OUT of endpoint 0
    output logic        in_stall_o,
    output logic        in_toggle_o,
    input  wire         in_begin_i,
    output logic        in_more_o,
    output logic [7:0]  in_data_o,
    input  wire         in_take_i,
    input  wire         in_ack_i,
    input  wire  [6:0]  out_length_i,
    output logic        out_stall_o,
    // state
    output logic [6:0]  address_o,
    output logic        configured_o,
    output logic        halt_out_o,
    output logic        halt_in_o,
    output logic        clear_out_o,
    output logic        clear_in_o
);
  localparam int MaxPacket = 64;

  typedef enum logic [1:0] {
    Refuse,   // until a SETUP
    Decode,   // its bytes are complete
    Read,     // IN data, then OUT status
    Status    // IN status
  } state_e;
  state_e      state_q;
  logic [63:0] setup_q;        // first byte in the low bits
  logic        good, read, platform, one_byte, found;
  logic [1:0]  status;
  logic        set_address, set_configuration, set_interface, clear_halt, set_halt;
  logic [8:0]  at, at_q;       // where the answer, what is left of it, lies
  logic [7:0]  bytes, left_q;  // and how long it is
  logic [8:0]  raddr_q;
  logic [6:0]  packet, send_q; // bytes of the next packet; of this one, not yet taken
  logic        toggle_q;
  logic [7:0]  new_address_q;  // bit 7: the status stage sets it
  logic [15:0] value, index, length;
  assign value  = setup_q[31:16];
  assign index  = setup_q[47:32];
  assign length = setup_q[63:48];

  luoshu_usb_requests u_requests (
      .request_type_i(setup_q[7:0]), .request_i(setup_q[15:8]), .value_i(value), .index_i(index),
      .length_i(length), .configured_i(configured_o), .halt_out_i(halt_out_o),
      .halt_in_i(halt_in_o), .found_i(found), .good_o(good), .read_o(read), .platform_o(platform),
      .status_o(status), .one_byte_o(one_byte), .set_address_o(set_address),
      .set_configuration_o(set_configuration), .set_interface_o(set_interface),
      .clear_halt_o(clear_halt), .set_halt_o(set_halt)
  );
  luoshu_usb_descriptors u_descriptors (
      .clk_i, .serial_i, .type_i(value[15:8]), .index_i(value[7:0]), .platform_i(platform),
      .status_i(status), .found_o(found), .at_o(at), .bytes_o(bytes), .raddr_i(raddr_q),
      .data_o(in_data_o)
  );

  logic [7:0] found_bytes;
  assign found_bytes = one_byte ? 8'd1 : bytes;
  assign packet      = (left_q > 8'(MaxPacket)) ? 7'(MaxPacket) : left_q[6:0];
  assign in_stall_o  = (state_q != Read) && (state_q != Status);
  assign in_toggle_o = toggle_q;
  assign in_more_o   = (send_q != 7'd0);
  assign out_stall_o = (state_q != Read) || (out_length_i != 7'd0);

  logic act;   // on the request now
  assign act = (state_q == Decode) && good;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q       <= Refuse;
      address_o     <= 7'd0;
      configured_o  <= 1'b0;
      halt_out_o    <= 1'b0;
      halt_in_o     <= 1'b0;
    end else begin
      if (setup_i) state_q <= Decode;
      else if (state_q == Decode) state_q <= !good ? Refuse : read ? Read : Status;
      else if (state_q == Status && in_ack_i) state_q <= Refuse;
      if (state_q == Status && in_ack_i && new_address_q[7]) address_o <= new_address_q[6:0];
      if (act && set_configuration) configured_o <= value[0];
      if (act && (set_configuration || set_interface)) begin
        halt_out_o <= 1'b0;
        halt_in_o  <= 1'b0;
      end else if (act && (clear_halt || set_halt) && index[0]) begin
        if (index[7]) halt_in_o <= set_halt;
        else halt_out_o <= set_halt;
      end
    end
    if (byte_valid_i && index_i < 7'd8) setup_q <= {byte_i, setup_q[63:8]};
  end
  assign clear_out_o = act &&
      (set_configuration || set_interface || (clear_halt && index[0] && !index[7]));
  assign clear_in_o  = act &&
      (set_configuration || set_interface || (clear_halt && index[0] && index[7]));

  always_ff @(posedge clk_i) begin
    if (state_q == Decode) begin
      at_q          <= at;
      left_q        <= !read ? 8'd0 : (length < 16'(found_bytes)) ? length[7:0] : found_bytes;
      toggle_q      <= 1'b1;
      new_address_q <= {set_address, value[6:0]};
      send_q        <= 7'd0;
    end else if (in_begin_i) begin
      raddr_q <= at_q;
      send_q  <= packet;
    end else if (in_take_i) begin
      raddr_q <= raddr_q + 9'd1;
      send_q  <= send_q - 7'd1;
    end else if (in_ack_i) begin
      at_q     <= raddr_q;
      left_q   <= left_q - 8'(packet);
      toggle_q <= !toggle_q;
    end
  end
endmodule

`default_nettype wire
