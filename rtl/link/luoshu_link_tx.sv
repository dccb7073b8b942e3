// SPDX-License-Identifier: Apache-2.0
// Sends frames: answers without payload (a younger one replaces one that waits), answers with
// payload, events; adds the CRC.
//
// Order: waiting answer, payload answer, event. A payload frame announces its length; its words
// follow one by one. One word per cycle, Serial = 1: per 4 cycles; then ans_check_i with
// ans_valid_i asks for the checksum of the answer's words instead of a frame: they are taken and
// not sent until ans_check_i falls, the checksum is in crc_o until the cycle after that in which an
// answer's header is taken. Reset: nothing to send.
`default_nettype none

module luoshu_link_tx #(
    parameter int MaxPayload = 1024,  // bytes
    parameter int Serial     = 0,
    parameter int WordBits   = $clog2(MaxPayload / 4 + 1)   // derived
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
    // payload; Serial = 1: stays for a cycle after the header was taken
    input  wire  [WordBits-1:0] ans_words_i,
    input  wire         ans_check_i,
    input  wire         ans_word_valid_i,
    output logic        ans_word_ready_o,
    input  wire  [31:0] ans_word_i,
    output logic        ans_done_o,     // pulse: the CRC has left
    output logic [31:0] crc_o,
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
  // Take, Serial = 1: the header of ans_i
  typedef enum logic [2:0] {Idle, Head0, Head1, Words, Crc, Check, Take} state_e;
  state_e      state_q;
  logic        waiting_q, event_q, answer_q;
  logic [31:0] waiting_note_q;   // Serial = 1: in Take the header of the answer with payload
  logic [47:0] head_q;          // the header behind the sync
  logic [WordBits-1:0] left_q;  // payload words left to send
  logic [31:0] payload;
  logic        room, put, word_valid, summed;   // summed: this cycle's part of the word is its last
  assign room = (!tx_valid_o || tx_ready_i) && summed;

  assign ans_ready_o = (state_q == Idle) && !waiting_q;
  assign evt_ready_o = (state_q == Idle) && !waiting_q && !ans_valid_i;
  assign word_valid  = event_q ? evt_word_valid_i : ans_word_valid_i;
  assign put = room && ((state_q == Head0) || (state_q == Head1) || (state_q == Crc)
      || (state_q == Words && word_valid));
  assign ans_word_ready_o = ((state_q == Words) && !event_q && room)
      || ((state_q == Check) && summed);
  assign evt_word_ready_o = (state_q == Words) && event_q && room;
  assign ans_done_o = (state_q == Crc) && put && answer_q;
  assign evt_done_o = (state_q == Crc) && put && event_q;
  logic        shift_head;      // Serial = 1
  logic [31:0] head;            // of the next frame
  logic [WordBits-1:0] words;
  logic        begins, answers; // header and length are taken; they are of an answer with payload
  assign begins  = (state_q == Idle) || (state_q == Take);
  assign answers = (Serial != 0) ? (state_q == Take) : ans_valid_i;
  assign head  = (waiting_q || (Serial != 0 && answers)) ? waiting_note_q : answers ? ans_i
      : {16'd0, evt_number_i, 8'hC0};
  assign words = waiting_q ? '0 : answers ? ans_words_i : WordBits'(evt_words_i);
  assign payload = event_q ? evt_word_i : ans_word_i;
  generate
    if (Serial != 0) begin : gen_bytes
      logic [1:0] at_q;    // byte of the word
      logic [7:0] part;
      logic       head_out;
      logic       step;    // it goes
      assign summed = (at_q == 2'd3);
      assign step   = (state_q == Check) ? ans_word_valid_i && ans_check_i
                    : (!tx_valid_o || tx_ready_i) && ((state_q == Head0) || (state_q == Head1)
                        || (state_q == Crc)
                                                      || (state_q == Words && word_valid));
      always_ff @(posedge clk_i) begin
        if (!rst_ni) at_q <= 2'd0;
        else if (step) at_q <= at_q + 2'd1;
      end
      // Header and checksum are shifted out: a step of the checksum with its own low end shifts it.
      assign head_out = (state_q == Head0 && at_q[1]) || (state_q == Head1);
      always_comb begin
        case (state_q)
          Head0:   part = at_q[1] ? head_q[7:0] : at_q[0] ? 8'h4C : 8'h53;
          Head1:   part = head_q[7:0];
          Crc:     part = crc_o[7:0];
          default: part = payload[8*32'(at_q) +: 8];
        endcase
      end
      assign shift_head = step && head_out;
      luoshu_crc32 #(.Bits(8)) u_crc (
          .clk_i, .clear_i(state_q == Idle), .valid_i(step), .data_i(part ^ {8{state_q == Crc}}),
          .crc_o
      );
      always_ff @(posedge clk_i) if (step && state_q != Check) tx_data_o <= {part, tx_data_o[31:8]};
    end else begin : gen_words
      logic [31:0] word;
      assign summed     = 1'b1;
      assign shift_head = 1'b0;
      always_comb begin
        case (state_q)
          Head0:   word = {head_q[15:0], 16'h4C53};
          Head1:   word = head_q[47:16];
          Crc:     word = crc_o;
          default: word = payload;
        endcase
      end
      luoshu_crc32 u_crc (.clk_i, .clear_i(put && state_q == Head0), .valid_i(put), .data_i(word),
          .crc_o);
      always_ff @(posedge clk_i) if (put) tx_data_o <= word;
    end
  endgenerate

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
        Idle:
          if (waiting_q) state_q <= Head0;
          else if (ans_valid_i) state_q <= ans_check_i ? Check : (Serial != 0) ? Take : Head0;
          else if (evt_valid_i) state_q <= Head0;
        Check: if (!ans_check_i) state_q <= Idle;
        Take:  state_q <= Head0;
        Head0: if (put) state_q <= Head1;
        Head1: if (put) state_q <= (left_q == '0) ? Crc : Words;
        Words: if (put && left_q == WordBits'(1)) state_q <= Crc;
        default: if (put) state_q <= Idle;
      endcase
    end
    if (note_valid_i) waiting_note_q <= note_i;
    else if (Serial != 0 && state_q == Idle && !waiting_q) waiting_note_q <= ans_i;
    if (begins) begin
      event_q  <= !waiting_q && !answers && !ans_valid_i;
      answer_q <= !waiting_q && answers;
      head_q   <= {head[31:16], 16'({words, 2'b00}), head[15:0]};
      left_q   <= words;
    end else if (shift_head) head_q <= head_q >> 8;
    if (put && state_q == Words) left_q <= left_q - 1'b1;
  end
endmodule
`default_nettype wire
