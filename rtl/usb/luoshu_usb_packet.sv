// SPDX-License-Identifier: Apache-2.0
// Received packets by kind, checked: PID against its complement, CRC5, CRC16, length.
//
// One cycle after a packet has ended exactly one of token_o, sof_o, data_o, ack_o or other_o is
// high for one cycle. other_o: anything that is not for a device (handshakes other than ACK too) or
// not right, of any length. The fields (pid_o, address_o, ...) hold until the next packet. Bytes of
// a data packet are shown as they come, the two of its CRC too, since its end is not known before:
// byte_valid_o, byte_o, index_o (stays at 127). crc16: one unit serves receiving and sending; while
// no packet comes in, the sender steps it (crc_*).
`default_nettype none

module luoshu_usb_packet (
    input  wire         clk_i,
    input  wire         rst_ni,
    // transceiver
    input  wire         rx_active_i,
    input  wire         rx_valid_i,
    input  wire  [7:0]  rx_data_i,
    input  wire         rx_error_i,
    // ends of packets
    output logic        token_o,        // IN, OUT or SETUP
    output logic        sof_o,
    output logic        data_o,         // DATA0 or DATA1
    output logic        ack_o,
    output logic        other_o,
    output logic [3:0]  pid_o,
    output logic [6:0]  address_o,
    output logic [3:0]  endpoint_o,
    output logic [10:0] frame_o,        // of SOF
    output logic [6:0]  length_o,       // bytes of a data packet, without CRC; 125: or more
    // bytes of a data packet
    output logic        byte_valid_o,
    output logic [7:0]  byte_o,
    output logic [6:0]  index_o,
    // CRC16 for the sender
    input  wire         crc_clear_i,
    input  wire         crc_step_i,
    input  wire  [7:0]  crc_data_i,
    output logic [15:0] crc_o
);
  logic        active_q, pid_seen_q, pid_good_q;
  logic [6:0]  count_q;      // bytes behind the PID
  logic [15:0] token_q;      // the last two
  logic [15:0] crc_q, crc_next;
  logic        step, crc5_good, crc16_good, ended, is_data, is_token;
  assign step = rx_valid_i && pid_seen_q;
  luoshu_usb_crc16 u_crc16 (
      .crc_i(crc_q), .data_i(rx_active_i ? rx_data_i : crc_data_i), .crc_o(crc_next)
  );
  luoshu_usb_crc5 u_crc5 (.bits_i(token_q), .ok_o(crc5_good));
  assign crc_o        = crc_q;
  assign crc16_good   = (crc_q == 16'hB001) && (count_q >= 7'd2);
  assign address_o    = token_q[6:0];
  assign endpoint_o   = token_q[10:7];
  assign frame_o      = token_q[10:0];
  assign length_o     = count_q - 7'd2;
  assign byte_valid_o = step && is_data;
  assign byte_o       = rx_data_i;
  assign index_o      = count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q   <= 1'b0;
      pid_seen_q <= 1'b0;
    end else begin
      active_q   <= rx_active_i && !rx_error_i;
      pid_seen_q <= rx_active_i && (pid_seen_q || rx_valid_i);
    end
    if (!rx_active_i) begin
      if (crc_clear_i) crc_q <= '1;
      else if (crc_step_i) crc_q <= crc_next;
    end else if (!active_q) begin
      crc_q      <= '1;
      count_q    <= 7'd0;
      pid_good_q <= 1'b0;
    end else if (step) begin
      crc_q   <= crc_next;
      token_q <= {rx_data_i, token_q[15:8]};
      if (count_q != '1) count_q <= count_q + 7'd1;
    end else if (rx_valid_i) begin
      pid_o      <= rx_data_i[3:0];
      pid_good_q <= (rx_data_i[3:0] == ~rx_data_i[7:4]);
    end
  end

  // PIDs: token xx01 (OUT 0, IN 2, SOF 1, SETUP 3), data x011, handshake xx10 (ACK 0).
  assign is_token = (pid_o[1:0] == 2'b01);
  assign is_data  = (pid_o[2:0] == 3'b011) && pid_good_q;
  assign ended    = active_q && !rx_active_i;
  logic good_token, good_data, good_ack;
  assign good_token = pid_good_q && is_token && crc5_good && (count_q == 7'd2);
  assign good_data  = is_data && crc16_good;
  assign good_ack   = pid_good_q && (pid_o == 4'b0010) && (count_q == 7'd0);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      token_o <= 1'b0;
      sof_o   <= 1'b0;
      data_o  <= 1'b0;
      ack_o   <= 1'b0;
      other_o <= 1'b0;
    end else begin
      token_o <= ended && !rx_error_i && good_token && (pid_o[3:2] != 2'b01);
      sof_o   <= ended && !rx_error_i && good_token && (pid_o[3:2] == 2'b01);
      data_o  <= ended && !rx_error_i && good_data;
      ack_o   <= ended && !rx_error_i && good_ack;
      other_o <= ended && (rx_error_i || !(good_token || good_data || good_ack));
    end
  end
endmodule

`default_nettype wire
