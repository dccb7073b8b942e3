// SPDX-License-Identifier: Apache-2.0
// Sends frames: answers without payload (a younger one replaces one that waits), answers with payload, events; adds the CRC.
//
// Order: waiting answer, payload answer, event. A payload frame announces its length; its words follow one by one.
// One word per cycle, Serial = 1: per 5 cycles. Reset: nothing to send.
`default_nettype none

module luoshu_link_tx #(
    parameter int Serial = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // answer without payload: taken at once
    input  wire         note_valid_i,
    input  wire  [31:0] note_i,         // {next expected, status, sequence, type}
    // frames with payload: header, then words
    input  wire         ans_valid_i,
    output logic        ans_ready_o,    // header taken
    input  wire  [31:0] ans_i,          // as note_i
    input  wire  [15:0] ans_bytes_i,    // payload, a multiple of 4
    input  wire         ans_word_valid_i,
    output logic        ans_word_ready_o,
    input  wire  [31:0] ans_word_i,
    output logic        ans_done_o,     // pulse: the CRC has left
    input  wire         evt_valid_i,
    output logic        evt_ready_o,
    input  wire  [7:0]  evt_number_i,
    input  wire  [4:0]  evt_words_i,    // 1 to 16
    input  wire         evt_word_valid_i,
    output logic        evt_word_ready_o,
    input  wire  [31:0] evt_word_i,
    output logic        evt_done_o,
    // to the transport
    output logic        tx_valid_o,
    input  wire         tx_ready_i,
    output logic [31:0] tx_data_o
);
  typedef enum logic [2:0] {Idle, Head0, Head1, Words, Crc} state_e;
  state_e      state_q;
  logic        waiting_q, event_q, answer_q;
  logic [31:0] waiting_note_q;
  logic [31:0] head_q;          // as note_i
  logic [15:0] bytes_q;
  logic [13:0] left_q;
  logic [31:0] crc, word;
  logic        room, put, word_valid, crc_ready;
  assign room = (!tx_valid_o || tx_ready_i) && crc_ready;

  assign ans_ready_o = (state_q == Idle) && !waiting_q;
  assign evt_ready_o = (state_q == Idle) && !waiting_q && !ans_valid_i;
  assign word_valid  = event_q ? evt_word_valid_i : ans_word_valid_i;
  assign put = room && ((state_q == Head0) || (state_q == Head1) || (state_q == Crc) || (state_q == Words && word_valid));
  assign ans_word_ready_o = (state_q == Words) && !event_q && room;
  assign evt_word_ready_o = (state_q == Words) && event_q && room;
  assign ans_done_o = (state_q == Crc) && put && answer_q;
  assign evt_done_o = (state_q == Crc) && put && event_q;
  always_comb begin
    case (state_q)
      Head0:   word = {head_q[15:0], 16'h4C53};
      Head1:   word = {head_q[31:16], bytes_q};
      Crc:     word = crc;
      default: word = event_q ? evt_word_i : ans_word_i;
    endcase
  end
  luoshu_crc32 #(.Serial(Serial)) u_crc (
      .clk_i, .rst_ni, .clear_i(put && state_q == Head0), .valid_i(put), .ready_o(crc_ready), .data_i(word), .crc_o(crc)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= Idle;
      waiting_q  <= 1'b0;
      tx_valid_o <= 1'b0;
    end else begin
      if (tx_ready_i) tx_valid_o <= 1'b0;
      if (put) tx_valid_o <= 1'b1;
      if (note_valid_i) waiting_q <= 1'b1;
      else if (state_q == Idle) waiting_q <= 1'b0;
      case (state_q)
        Idle:  if (waiting_q || ans_valid_i || evt_valid_i) state_q <= Head0;
        Head0: if (put) state_q <= Head1;
        Head1: if (put) state_q <= (left_q == 14'd0) ? Crc : Words;
        Words: if (put && left_q == 14'd1) state_q <= Crc;
        default: if (put) state_q <= Idle;
      endcase
    end
    if (note_valid_i) waiting_note_q <= note_i;
    if (state_q == Idle) begin
      event_q  <= !waiting_q && !ans_valid_i;
      answer_q <= !waiting_q && ans_valid_i;
      head_q   <= waiting_q ? waiting_note_q : ans_valid_i ? ans_i : {16'd0, evt_number_i, 8'hC0};
      bytes_q  <= waiting_q ? 16'd0 : ans_valid_i ? ans_bytes_i : {9'd0, evt_words_i, 2'd0};
      left_q   <= waiting_q ? 14'd0 : ans_valid_i ? ans_bytes_i[15:2] : {9'd0, evt_words_i};
    end
    if (put) begin
      tx_data_o <= word;
      if (state_q == Words) left_q <= left_q - 14'd1;
    end
  end
endmodule
`default_nettype wire
