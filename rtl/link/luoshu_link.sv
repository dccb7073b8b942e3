// SPDX-License-Identifier: Apache-2.0
// The link endpoint: framed requests from a byte stream, answers and events back (docs/link.md is
// the protocol; driver/link/endpoint_model is its C++ twin).
//
// rx: 1 to 4 bytes per cycle; tx: whole words. Serial = 1: about one byte per cycle each way, and
// of device memory that is checked. Behind it: device memory, control space, mailbox, events. It
// has no timer.
// Reset: empty, sequence and event numbers 0.
`default_nettype none

module luoshu_link #(
    parameter int MaxPayload = 1024,
    parameter int MemoryMib  = 256,
    parameter int IdWords    = 13,
    parameter int Serial     = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // transport
    input  wire         rx_valid_i,
    output logic        rx_ready_o,
    input  wire  [31:0] rx_data_i,
    input  wire  [2:0]  rx_bytes_i,
    output logic        tx_valid_o,
    input  wire         tx_ready_i,
    output logic [31:0] tx_data_o,
    // device memory (luoshu_narrow_port)
    output logic        req_valid_o,
    input  wire         req_ready_i,
    output logic        req_write_o,
    output logic [39:0] req_addr_o,
    output logic [8:0]  req_words_o,
    output logic        wvalid_o,
    input  wire         wready_i,
    output logic [31:0] wdata_o,
    output logic [3:0]  wstrb_o,
    input  wire         rvalid_i,
    output logic        rready_o,
    input  wire  [31:0] rdata_i,
    input  wire         rlast_i,
    input  wire         bvalid_i,
    input  wire         mem_err_i,
    // control space (luoshu_bus)
    output logic        reg_req_o,
    input  wire         reg_gnt_i,
    output logic        reg_we_o,
    output logic [31:0] reg_addr_o,
    output logic [31:0] reg_wdata_o,
    input  wire         reg_rvalid_i,
    input  wire  [31:0] reg_rdata_i,
    input  wire         reg_err_i,
    // mailbox and events (luoshu_registers)
    input  wire         msg_room_i,
    output logic        msg_valid_o,
    input  wire         msg_ready_i,
    output logic [31:0] msg_data_o,
    output logic        msg_last_o,
    input  wire         evt_valid_i,
    output logic        evt_ready_o,
    input  wire  [31:0] evt_data_i,
    input  wire         evt_last_i
);
  localparam int RingWords = 2 * MaxPayload / 4;
  logic        in_valid, in_ready, blocked, ack_valid, ack_replay;
  logic [31:0] in_data;
  logic [7:0]  ack_next;
  logic [15:0] numbers;
  luoshu_link_rx #(.MaxPayload(MaxPayload), .RingWords(RingWords), .Serial(Serial)) u_rx (
      .clk_i, .rst_ni, .rx_valid_i, .rx_ready_o, .rx_data_i, .rx_bytes_i, .blocked_i(blocked),
      .out_valid_o(in_valid), .out_ready_i(in_ready), .out_data_o(in_data)
  );

  logic        note_valid, ans_valid, ans_ready, ans_word_valid, ans_word_ready, ans_done;
  logic        ans_check;
  logic [31:0] head, ans_word, tx_crc;
  logic [$clog2(MaxPayload/4+1)-1:0] ans_words;
  luoshu_link_exec #(.MaxPayload(MaxPayload), .RingWords(RingWords), .MemoryMib(MemoryMib),
      .IdWords(IdWords), .Serial(Serial)) u_exec (
      .clk_i, .rst_ni, .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
      .blocked_o(blocked), .ack_valid_o(ack_valid), .ack_next_o(ack_next),
      .ack_replay_o(ack_replay), .event_numbers_i(numbers), .note_valid_o(note_valid),
      .head_o(head), .ans_valid_o(ans_valid), .ans_ready_i(ans_ready), .ans_words_o(ans_words),
      .ans_check_o(ans_check), .crc_i(tx_crc), .ans_word_valid_o(ans_word_valid),
      .ans_word_ready_i(ans_word_ready), .ans_word_o(ans_word), .ans_done_i(ans_done),
      .req_valid_o, .req_ready_i, .req_write_o, .req_addr_o, .req_words_o, .wvalid_o, .wready_i,
      .wdata_o, .wstrb_o, .rvalid_i, .rready_o, .rdata_i, .rlast_i, .bvalid_i, .mem_err_i,
      .reg_req_o, .reg_gnt_i, .reg_we_o, .reg_addr_o, .reg_wdata_o, .reg_rvalid_i, .reg_rdata_i,
      .reg_err_i, .msg_room_i, .msg_valid_o, .msg_ready_i, .msg_data_o, .msg_last_o
  );

  logic        evt_valid, evt_ready, evt_word_valid, evt_word_ready, evt_done;
  logic [7:0]  evt_number;
  logic [4:0]  evt_words;
  logic [31:0] evt_word;
  luoshu_link_events u_events (
      .clk_i, .rst_ni, .in_valid_i(evt_valid_i), .in_ready_o(evt_ready_o), .in_data_i(evt_data_i),
      .in_last_i(evt_last_i), .ack_valid_i(ack_valid), .ack_next_i(ack_next),
      .ack_replay_i(ack_replay), .numbers_o(numbers), .evt_valid_o(evt_valid),
      .evt_ready_i(evt_ready), .evt_number_o(evt_number), .evt_words_o(evt_words),
      .evt_word_valid_o(evt_word_valid), .evt_word_ready_i(evt_word_ready), .evt_word_o(evt_word),
      .evt_done_i(evt_done)
  );

  luoshu_link_tx #(.MaxPayload(MaxPayload), .Serial(Serial)) u_tx (
      .clk_i, .rst_ni, .note_valid_i(note_valid), .note_i(head),
      .ans_valid_i(ans_valid), .ans_ready_o(ans_ready), .ans_i(head), .ans_words_i(ans_words),
      .ans_check_i(ans_check), .crc_o(tx_crc), .ans_word_valid_i(ans_word_valid),
      .ans_word_ready_o(ans_word_ready), .ans_word_i(ans_word), .ans_done_o(ans_done),
      .evt_valid_i(evt_valid), .evt_ready_o(evt_ready), .evt_number_i(evt_number),
      .evt_words_i(evt_words), .evt_word_valid_i(evt_word_valid),
      .evt_word_ready_o(evt_word_ready), .evt_word_i(evt_word), .evt_done_o(evt_done), .tx_valid_o,
      .tx_ready_i, .tx_data_o
  );
endmodule
`default_nettype wire
