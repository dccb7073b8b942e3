// SPDX-License-Identifier: Apache-2.0
// Numbered events with replay: keeps the last 16 until they are acknowledged (docs/link.md,
// "Events").
//
// in_*: words of an event from the firmware, in_last_i with its last (16 at most); in_ready_o is
// low while all slots are in use. ack_*: from the header of every request. Reset: no events,
// numbers from 0.
`default_nettype none

module luoshu_link_events (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         in_valid_i,
    output logic        in_ready_o,
    input  wire  [31:0] in_data_i,
    input  wire         in_last_i,
    input  wire         ack_valid_i,
    input  wire  [7:0]  ack_next_i,     // next event number that the host expects
    input  wire         ack_replay_i,
    output logic [15:0] numbers_o,      // {next, oldest}
    // to luoshu_link_tx
    output logic        evt_valid_o,
    input  wire         evt_ready_i,
    output logic [7:0]  evt_number_o,
    output logic [4:0]  evt_words_o,
    output logic        evt_word_valid_o,
    input  wire         evt_word_ready_i,
    output logic [31:0] evt_word_o,
    input  wire         evt_done_i
);
  logic [7:0] oldest_q, sent_q, next_q;
  logic [3:0] in_at_q;                // words of the event that comes in
  logic [4:0] words_q [16];
  logic       take, start, good_ack;
  logic       sending_q;
  logic [3:0] slot_q;
  logic [4:0] at_q;                   // word of the event that goes out
  logic       fetched_q;
  logic [7:0] kept, taken;
  assign kept       = next_q - oldest_q;
  assign taken      = ack_next_i - oldest_q;
  assign good_ack   = ack_valid_i && (taken <= kept);
  // a slot on its way out is not written
  assign in_ready_o = (kept < 8'd16) && !(sending_q && slot_q == next_q[3:0]);
  assign take       = in_valid_i && in_ready_o;
  assign numbers_o  = {next_q, oldest_q};

  assign evt_valid_o  = (sent_q != next_q) && !sending_q;
  assign evt_number_o = sent_q;
  assign evt_words_o  = words_q[sent_q[3:0]];
  assign start        = evt_valid_o && evt_ready_i;

  logic fetch;
  assign fetch = sending_q && (!fetched_q || evt_word_ready_i);
  assign evt_word_valid_o = fetched_q;
  luoshu_ram_1r1w #(.Width(32), .Depth(256)) u_words (
      .clk_i, .we_i(take), .waddr_i({next_q[3:0], in_at_q}), .wmask_i('0), .wdata_i(in_data_i),
      .re_i(fetch), .raddr_i({slot_q, at_q[3:0]}), .rdata_o(evt_word_o)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      oldest_q  <= '0;
      sent_q    <= '0;
      next_q    <= '0;
      in_at_q   <= '0;
      sending_q <= 1'b0;
      fetched_q <= 1'b0;
    end else begin
      if (take) begin
        in_at_q <= in_last_i ? 4'd0 : in_at_q + 4'd1;
        if (in_last_i) next_q <= next_q + 8'd1;
      end
      if (start) begin
        sending_q <= 1'b1;
        sent_q    <= sent_q + 8'd1;
      end
      if (evt_done_i) sending_q <= 1'b0;
      fetched_q <= sending_q && !evt_done_i;
      if (good_ack) begin
        oldest_q <= ack_next_i;
        if (ack_replay_i || taken > sent_q - oldest_q) sent_q <= ack_next_i;
      end
    end
    if (take && in_last_i) words_q[next_q[3:0]] <= {1'b0, in_at_q} + 5'd1;
    if (start) begin
      slot_q <= sent_q[3:0];
      at_q   <= '0;
    end else if (fetch) begin
      at_q <= at_q + 5'd1;
    end
  end
endmodule
`default_nettype wire
