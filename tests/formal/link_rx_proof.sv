// SPDX-License-Identifier: Apache-2.0
// luoshu_link_rx: whatever words come, whole frames with the right checksum leave, each word once
// and in order, and of any other frame a status word; the ring never overflows; every frame ends
// within its words and the receiver hunts again. One word, chosen freely, is followed from where it
// comes in to where it leaves.
//
// Words come ready made (free_words.sv); the checksum may be any (free_crc.sv), but that it is
// given the frame's words is proven here. Of the ring only the followed word is kept
// (tracked_ram_1r1w.sv).
`include "luoshu_assert.svh"
`default_nettype none

module link_rx_proof #(
    parameter int MaxPayload = 8,
    parameter int RingWords  = 16
) (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        rx_valid_i,
    input wire [31:0] rx_data_i,
    input wire        blocked_i,
    input wire        out_ready_i,
    input wire        follow_i     // the word that enters the ring now is the one to follow
);
  localparam int PtrBits   = $clog2(RingWords);
  localparam int BytesBits = $clog2(MaxPayload + 1);
  logic        rx_ready, out_valid;
  logic [31:0] out_data;
  luoshu_link_rx #(.MaxPayload(MaxPayload), .RingWords(RingWords)) u_dut (
      .clk_i, .rst_ni, .rx_valid_i, .rx_ready_o(rx_ready), .rx_data_i, .rx_bytes_i(3'd4),
      .blocked_i, .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );
  // inside the unit
  (* hierconn *) wire [31:0] \u_dut.word ;
  (* hierconn *) wire [31:0] \u_dut.crc ;
  (* hierconn *) wire        \u_dut.gen_words.u_crc.clear_i ;
  (* hierconn *) wire        \u_dut.gen_words.u_crc.valid_i ;
  (* hierconn *) wire [31:0] \u_dut.gen_words.u_crc.data_i ;
  (* hierconn *) wire [1:0]  \u_dut.state_q ;
  (* hierconn *) wire        \u_dut.drop_q ;
  (* hierconn *) wire        \u_dut.owed_q ;
  (* hierconn *) wire        \u_dut.head_q ;
  (* hierconn *) wire [7:0]  \u_dut.status_q ;
  (* hierconn *) wire [BytesBits-1:0] \u_dut.bytes_q ;
  (* hierconn *) wire [BytesBits-3:0] \u_dut.words_q ;
  (* hierconn *) wire                 \u_dut.part_q ;
  (* hierconn *) wire [PtrBits:0]   \u_dut.read_q ;
  (* hierconn *) wire [PtrBits:0]   \u_dut.commit_q ;
  (* hierconn *) wire [PtrBits:0]   \u_dut.write_q ;
  (* hierconn *) wire [PtrBits:0]   \u_dut.fetch_q ;
  (* hierconn *) wire [PtrBits-1:0] \u_dut.u_ring.tracked ;
  (* hierconn *) wire [31:0]        \u_dut.u_ring.word_q ;

  // What the stream of words means: the sync, a length, the payload, a checksum.
  logic        begun_q = 1'b0;
  logic        sync_q, length_q, refuse_q, lost_q, owed_q;   // owed_q: a status word found no room
  logic [BytesBits-1:0] left_q;   // words of the payload that are still to come
  logic [7:0]  status_q;
  logic [7:0]  taken_q;           // words of the frame
  logic [PtrBits:0] inside_q, open_q;   // words of frames that ended well, of the one that comes
  logic        take, hunting, too_long, check, good, bad, full, enter, say, pop;
  logic [31:0] word, entering;
  logic [BytesBits-1:0] frame_words;
  assign word     = \u_dut.word ;
  assign take     = rx_valid_i && rx_ready;
  assign hunting  = !sync_q && !length_q && !refuse_q;
  assign full     = (inside_q + open_q == (PtrBits+1)'(RingWords));
  assign too_long = take && sync_q && word[15:0] > 16'(MaxPayload);
  assign check    = length_q && left_q == '0;           // the next word is the checksum
  assign good     = take && check && !lost_q && word == \u_dut.crc ;
  assign bad      = too_long || (take && check && !good);
  assign enter    = take && !check && !too_long && !lost_q && !full;
  assign say      = refuse_q && !full;                  // a status word enters
  assign pop      = out_valid && out_ready_i;
  assign entering = say ? {24'd0, status_q} : word;
  assign frame_words = BytesBits'((word[15:0] + 16'd3) >> 2);
  // The word that is followed: waits for the end of its frame, or is of one that ended well.
  logic             hopes_q, sure_q;
  logic [PtrBits:0] ahead_q;      // words to leave before it
  logic [31:0]      its_q;
  logic             idle_q;       // there was a word inside and none at the output
  always_ff @(posedge clk_i) begin
    begun_q <= begun_q || !rst_ni;
    if (!rst_ni) begin
      sync_q   <= 1'b0;
      length_q <= 1'b0;
      refuse_q <= 1'b0;
      lost_q   <= 1'b0;
      owed_q   <= 1'b0;
      taken_q  <= '0;
      inside_q <= '0;
      open_q   <= '0;
      hopes_q  <= 1'b0;
      sure_q   <= 1'b0;
      idle_q   <= 1'b0;
    end else begin
      if (hunting && take) sync_q <= 1'b1;
      else if (take) sync_q <= 1'b0;
      if (sync_q && take) length_q <= !too_long;
      else if (take && check) length_q <= 1'b0;
      // a refusal is said at once, or where nothing can leave, before the next frame that is kept
      if (bad || (owed_q && hunting && !full)) refuse_q <= 1'b1;
      else if (!full || blocked_i) refuse_q <= 1'b0;
      if (refuse_q) owed_q <= full;
      if (refuse_q || good) lost_q <= 1'b0;
      else if (take && !check && full) lost_q <= 1'b1;
      taken_q  <= (hunting || refuse_q) ? 8'(take) : taken_q + 8'(take);
      inside_q <= inside_q + (good ? open_q : (PtrBits+1)'(say)) - (PtrBits+1)'(pop);
      open_q   <= (good || bad) ? '0 : open_q + (PtrBits+1)'(enter);
      idle_q   <= (inside_q != '0) && !out_valid;
      if ((enter || say) && follow_i && !hopes_q && !sure_q) begin
        hopes_q <= enter;
        sure_q  <= say;
        ahead_q <= inside_q + open_q - (PtrBits+1)'(pop);
      end else begin
        if (good || bad) hopes_q <= 1'b0;
        if (good && hopes_q) sure_q <= 1'b1;
        else if (pop && ahead_q == '0) sure_q <= 1'b0;
        if (pop) ahead_q <= ahead_q - 1'b1;
      end
    end
    if ((enter || say) && follow_i && !hopes_q && !sure_q) its_q <= entering;
    if (take && sync_q) left_q <= frame_words;
    else if (take && left_q != '0) left_q <= left_q - 1'b1;
    if (bad) status_q <= too_long ? 8'd2 : lost_q ? 8'd8 : 8'd1;
  end

  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (!follow_i || \u_dut.write_q [PtrBits-1:0] == \u_dut.u_ring.tracked );
  end

  `LUOSHU_ASSERT(no_word_from_nothing, !out_valid || inside_q != '0)
  `LUOSHU_ASSERT(order, !(out_valid && sure_q && ahead_q == '0) || out_data == its_q)
  `LUOSHU_ASSERT(only_ended, !(pop && hopes_q && ahead_q == '0))
  `LUOSHU_ASSERT(comes_out, !idle_q || out_valid)
  `LUOSHU_ASSERT(no_overflow, {1'b0, inside_q} + {1'b0, open_q} <= (PtrBits+2)'(RingWords)
      && !((enter || say) && full))
  `LUOSHU_ASSERT(whole_frames, !good || 8'(open_q) == taken_q)
  `LUOSHU_ASSERT(checksum_of_frame, \u_dut.gen_words.u_crc.valid_i == take && (!take
      || (\u_dut.gen_words.u_crc.data_i == word && \u_dut.gen_words.u_crc.clear_i == hunting)))
  // It hunts again: a frame has so many words at most, and where there is room or no answer can
  // leave, its words are taken and a refusal ends.
  `LUOSHU_ASSERT(frame_ends, taken_q <= 8'(3 + MaxPayload / 4))
  `LUOSHU_ASSERT(hunts, (\u_dut.state_q == 2'd0) == hunting)
  `LUOSHU_ASSERT(takes, rx_ready == !(refuse_q || (owed_q && hunting && !full)
      || (full && !blocked_i && !lost_q && !check && !(sync_q && word[15:0] > 16'(MaxPayload)))))

  // Why: the unit's state is that of the stream, its pointers are these counts, and the followed
  // word lies where it was written, or in the register.
  logic [7:0] length;   // words of the payload
  assign length = (8'(\u_dut.bytes_q ) + 8'd3) >> 2;
  `LUOSHU_ASSERT(same_state, \u_dut.state_q == (hunting ? 2'd0 : sync_q ? 2'd1 : length_q ? 2'd2
      : 2'd3) && 2'(sync_q) + 2'(length_q) + 2'(refuse_q) <= 2'd1)
  `LUOSHU_ASSERT(same_frame, \u_dut.drop_q == lost_q && \u_dut.owed_q == owed_q
      && (!(refuse_q || owed_q) || \u_dut.status_q == status_q))
  `LUOSHU_ASSERT(same_length, !length_q || (8'(\u_dut.bytes_q ) <= 8'(MaxPayload)
      && 8'(left_q) + 8'(\u_dut.words_q ) + 8'(\u_dut.part_q ) == length
      && \u_dut.words_q <= \u_dut.bytes_q [BytesBits-1:2]
      && (!\u_dut.part_q || (\u_dut.words_q == \u_dut.bytes_q [BytesBits-1:2]
          && \u_dut.bytes_q [1:0] != 2'd0))
      && taken_q == 8'd2 + 8'(\u_dut.words_q ) + 8'(\u_dut.part_q )))
  `LUOSHU_ASSERT(same_taken, (!hunting || open_q == '0) && (!refuse_q || open_q == '0)
      && (!sync_q || taken_q == 8'd1) && (!(sync_q || length_q) || lost_q
          || 8'(open_q) == taken_q))
  `LUOSHU_ASSERT(pointers, \u_dut.write_q - \u_dut.commit_q == open_q
      && \u_dut.commit_q - \u_dut.read_q == inside_q
      && \u_dut.fetch_q - \u_dut.read_q == (PtrBits+1)'(\u_dut.head_q ))
  `LUOSHU_ASSERT(place, !(hopes_q || sure_q) || (!(hopes_q && sure_q)
      && PtrBits'(\u_dut.read_q + ahead_q) == \u_dut.u_ring.tracked
      && (sure_q ? ahead_q < inside_q : ahead_q >= inside_q && ahead_q < inside_q + open_q)))
  `LUOSHU_ASSERT(kept, !(hopes_q || sure_q) || (\u_dut.head_q && ahead_q == '0)
      || \u_dut.u_ring.word_q == its_q)
endmodule
`default_nettype wire
