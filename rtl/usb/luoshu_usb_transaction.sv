// SPDX-License-Identifier: Apache-2.0
// Transactions: which packet answers which, for all endpoints. Endpoints keep data, toggles and
// halts.
//
// Token to us, IN: in_begin_o for one cycle, in which the endpoint (endpoint_o) says stall_i, or
// ready_i (else NAK), and toggle_i. From the second cycle behind it on the endpoint shows its
// packet: in_more_i while a byte is left, in_data_i that byte; in_take_o takes it, and the next is
// shown two cycles later (the transceiver takes no byte within 4 cycles of the last). in_ack_o: the
// host has the packet; without it, the same packet is sent again.
// Token to us, OUT or SETUP: out_begin_o. The bytes of the next packet (luoshu_usb_packet) belong
// to it while out_active_o. When it is complete, without error and of at most 64 bytes, the
// endpoint says in that cycle: stall_i: STALL; a toggle other than toggle_i: ACK and nothing else,
// since it was a repetition; ready_i: ACK and out_commit_o; else NAK. SETUP to endpoint 0 with
// DATA0 of 8
// bytes: always ACK, and setup_o; anything else in its place is not answered, nor SETUP elsewhere.
// Not answered either: other addresses, data without a token, everything in error.
// Time: an answer starts Turnaround + 8 cycles after the J that ends a packet (3 bits; 2 to 6.5 are
// allowed). An expected packet has WaitClocks from the end of the one before to the end of its sync
// (18 bits that the host may take, and 8 of sync).
// Reset, which is also the bus reset: nothing is expected, a packet being sent ends with its byte.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_usb_transaction #(
    parameter int Turnaround = 4,
    parameter int WaitClocks = 112
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire  [6:0]  address_i,      // ours
    // received packets
    input  wire         rx_active_i,
    input  wire         token_i,
    input  wire         data_i,
    input  wire         ack_i,
    input  wire         other_i,
    input  wire         sof_i,
    input  wire  [3:0]  pid_i,
    input  wire  [6:0]  token_address_i,
    input  wire  [3:0]  token_endpoint_i,
    input  wire  [6:0]  length_i,
    // transceiver, sending
    output logic        tx_valid_o,
    input  wire         tx_ready_i,
    output logic [7:0]  tx_data_o,
    input  wire         tx_busy_i,
    output logic        crc_clear_o,
    output logic        crc_step_o,
    output logic [7:0]  crc_data_o,
    input  wire  [15:0] crc_i,
    // endpoints
    output logic [3:0]  endpoint_o,
    input  wire         stall_i,
    input  wire         ready_i,        // IN: has a packet; OUT: takes it
    input  wire         toggle_i,
    output logic        in_begin_o,
    input  wire         in_more_i,
    input  wire  [7:0]  in_data_i,
    output logic        in_take_o,
    output logic        in_ack_o,
    output logic        out_begin_o,
    output logic        out_active_o,
    output logic        out_commit_o,
    output logic        setup_o
);
  localparam logic [3:0] PidOut = 4'h1, PidIn = 4'h9, PidSetup = 4'hD;
  localparam logic [7:0] PidAck = 8'hD2, PidNak = 8'h5A, PidStall = 8'h1E,
      PidData0 = 8'hC3, PidData1 = 8'h4B;
  localparam int MaxPacket = 64;

  typedef enum logic [1:0] {ExpectNothing, ExpectOut, ExpectSetup, ExpectAck} expect_e;
  typedef enum logic [2:0] {
    Idle,
    Turn,     // until an answer may start
    Pid,
    Data,
    Crc0,
    Crc1,
    Finish    // the packet leaves the transceiver
  } state_e;
  expect_e    expect_q;
  state_e     state_q;
  logic [6:0] wait_q;       // cycles left: of Turn, or until the expected packet
  logic [7:0] answer_q;     // PID to send
  logic       with_data_q;
  logic [3:0] endpoint_q;
  logic       ours, is_in, out_good, setup_good;

  // A token shows its own endpoint; what follows it uses the one that was kept.
  assign ours         = token_i && (token_address_i == address_i);
  assign is_in        = ours && (pid_i == PidIn);
  assign endpoint_o   = token_i ? token_endpoint_i : endpoint_q;
  assign in_begin_o   = is_in;
  assign out_begin_o  = ours && !is_in;
  assign out_active_o = (expect_q == ExpectOut) || (expect_q == ExpectSetup);
  assign out_good     = data_i && (expect_q == ExpectOut) && (length_i <= 7'(MaxPacket));
  assign setup_good   = data_i && (expect_q == ExpectSetup) && !pid_i[3] && (length_i == 7'd8);
  assign out_commit_o = out_good && !stall_i && ready_i && (pid_i[3] == toggle_i);
  assign setup_o      = setup_good;
  assign in_ack_o     = ack_i && (expect_q == ExpectAck);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      expect_q <= ExpectNothing;
      state_q  <= Idle;
    end else begin
      case (state_q)
        Turn:    if (wait_q == 7'd0) state_q <= Pid;
        Pid:     if (tx_ready_i) state_q <= with_data_q ? Data : Finish;
        Data:    if (!in_more_i) state_q <= Crc0;
        Crc0:    if (tx_ready_i) state_q <= Crc1;
        Crc1:    if (tx_ready_i) state_q <= Finish;
        Finish: begin
          if (!tx_busy_i) begin
            state_q <= Idle;
            if (with_data_q) expect_q <= ExpectAck;
          end
        end
        default: begin
          if (is_in || out_good || setup_good) state_q <= Turn;
          if (token_i || data_i || ack_i || other_i || sof_i) expect_q <= ExpectNothing;
          else if (wait_q == 7'd0 && !rx_active_i) expect_q <= ExpectNothing;
          if (ours && pid_i == PidOut) expect_q <= ExpectOut;
          if (ours && pid_i == PidSetup && token_endpoint_i == 4'd0) expect_q <= ExpectSetup;
        end
      endcase
    end

    if (state_q == Idle && (is_in || out_good || setup_good)) wait_q <= 7'(Turnaround);
    else if (rx_active_i || token_i || state_q == Finish) wait_q <= 7'(WaitClocks);
    else if (wait_q != 7'd0) wait_q <= wait_q - 7'd1;

    if (state_q == Idle) begin
      with_data_q <= is_in && !stall_i && ready_i;
      if (setup_good) answer_q <= PidAck;
      else if (stall_i) answer_q <= PidStall;
      else if (is_in) answer_q <= !ready_i ? PidNak : toggle_i ? PidData1 : PidData0;
      else answer_q <= (ready_i || pid_i[3] != toggle_i) ? PidAck : PidNak;
      if (token_i) endpoint_q <= token_endpoint_i;
    end
  end

  assign tx_valid_o  = (state_q == Pid) || (state_q == Data) || (state_q == Crc0) ||
      (state_q == Crc1);
  assign crc_clear_o = (state_q == Turn);
  assign crc_data_o  = in_data_i;
  assign crc_step_o  = (state_q == Data) && in_more_i && tx_ready_i;
  assign in_take_o   = crc_step_o;
  assign tx_data_o   = (state_q == Data) ? in_data_i : (state_q == Crc0) ? ~crc_i[7:0] :
      (state_q == Crc1) ? ~crc_i[15:8] : answer_q;

  `LUOSHU_ASSERT(byte_in_time, !(state_q == Data && tx_ready_i && !in_more_i))
  `LUOSHU_ASSERT(one_answer, state_q == Idle || !(is_in || out_good || setup_good))
endmodule

`default_nettype wire
