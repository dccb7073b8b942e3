// SPDX-License-Identifier: Apache-2.0
// Receives frames into a ring; a frame becomes visible when its CRC was right (docs/link.md, "Flow
// control").
//
// Ring words of a frame: header word 0, header word 1, payload. A refused frame leaves one word {0,
// status} in which the low half is not the sync. A full ring stalls the transport; while blocked_i
// (an answer with payload cannot leave) the frame is discarded instead and refused with OVERRUN;
// where not even the refusal has room, one word stands for several. Throughput: one word per cycle,
// Serial = 1: one byte. Reset: empty.
`default_nettype none

module luoshu_link_rx #(
    parameter int MaxPayload = 1024,  // bytes, a multiple of 4
    parameter int RingWords  = 512,   // a power of two, at least two frames
    parameter int Serial     = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         rx_valid_i,
    output logic        rx_ready_o,
    input  wire  [31:0] rx_data_i,
    input  wire  [2:0]  rx_bytes_i,
    input  wire         blocked_i,
    // committed words
    output logic        out_valid_o,
    input  wire         out_ready_i,
    output logic [31:0] out_data_o
);
  localparam int PtrBits = $clog2(RingWords);
  localparam int BytesBits = $clog2(MaxPayload + 1);
  localparam logic [7:0] BadCrc = 8'd1, BadLength = 8'd2, Overrun = 8'd8;

  typedef enum logic [1:0] {Hunt, Length, Body, Refuse} state_e;
  state_e      state_q;
  logic        word_valid, word_ready, take;
  logic [31:0] word;
  logic        byte_valid;
  logic [7:0]  word_byte;
  luoshu_link_align #(.Serial(Serial)) u_align (
      .clk_i, .rst_ni, .rx_valid_i, .rx_ready_o, .rx_data_i, .rx_bytes_i, .hunt_i(state_q == Hunt),
      .word_valid_o(word_valid), .word_ready_i(word_ready), .word_o(word),
      .byte_valid_o(byte_valid), .byte_o(word_byte)
  );

  // Pointers: read, committed, written; one more bit than the address.
  logic [PtrBits:0] read_q, commit_q, write_q;
  logic             full, drop_q;
  logic             owed_q, pay;    // a refusal found no room; has it now
  logic [7:0]       status_q;
  logic [BytesBits-1:0] bytes_q;    // payload
  logic [BytesBits-3:0] words_q;    // whole words of it that have come
  logic             part_q;         // and what is behind them
  logic             whole;
  logic [31:0]      crc;
  logic             is_crc, good, too_long, refuse;
  assign full     = (write_q == {!read_q[PtrBits], read_q[PtrBits-1:0]});
  assign whole    = (words_q == bytes_q[BytesBits-1:2]);
  assign is_crc   = (state_q == Body) && whole && (bytes_q[1:0] == 2'd0 || part_q);
  assign too_long = (state_q == Length) && (word[15:0] > 16'(MaxPayload));
  assign pay      = owed_q && (state_q == Hunt) && !full;
  assign word_ready = (state_q != Refuse) && !pay
                   && (is_crc || too_long || drop_q || !full || blocked_i);
  assign take     = word_valid && word_ready;
  assign good     = take && is_crc && !drop_q && (word == crc);
  assign refuse   = take && (too_long || (is_crc && !good));
  generate
    // the bytes of a word come when it has been taken; none of an earlier frame counts
    if (Serial != 0) begin : gen_bytes
      luoshu_crc32 #(.Bits(8)) u_crc (.clk_i, .clear_i(state_q == Hunt && !take),
          .valid_i(byte_valid), .data_i(word_byte), .crc_o(crc));
    end else begin : gen_words
      luoshu_crc32 u_crc (.clk_i, .clear_i(take && state_q == Hunt), .valid_i(take), .data_i(word),
          .crc_o(crc));
      logic unused_bytes;
      assign unused_bytes = ^{byte_valid, word_byte};
    end
  endgenerate

  logic        ring_we;
  logic [31:0] ring_word;
  assign ring_we   = (take && !is_crc && !too_long && !drop_q && !full)
      || (state_q == Refuse && !full);
  assign ring_word = (state_q == Refuse) ? {24'd0, status_q} : word;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= Hunt;
      commit_q <= '0;
      write_q  <= '0;
      drop_q   <= 1'b0;
      owed_q   <= 1'b0;
    end else begin
      case (state_q)
        Hunt:   if (pay) state_q <= Refuse;
                else if (take) state_q <= Length;
        Length: if (take) state_q <= too_long ? Refuse : Body;
        Body:   if (take && is_crc) state_q <= good ? Hunt : Refuse;
        default: if (!full || blocked_i) state_q <= Hunt;
      endcase
      if (state_q == Refuse) owed_q <= full;
      if (good) commit_q <= write_q;
      if (refuse) write_q <= commit_q;
      else if (ring_we) write_q <= write_q + 1'b1;
      if (state_q == Refuse && !full) commit_q <= write_q + 1'b1;
      if (state_q == Refuse || good) drop_q <= 1'b0;
      else if (take && !is_crc && full) drop_q <= 1'b1;
    end
    if (take) begin
      if (state_q == Length) begin
        bytes_q <= word[BytesBits-1:0];
        words_q <= '0;
        part_q  <= 1'b0;
      end else if (!whole) words_q <= words_q + 1'b1;
      else part_q <= 1'b1;
    end
    if (refuse) status_q <= too_long ? BadLength : drop_q ? Overrun : BadCrc;
  end

  // ------------------------------------------------------- reading: the RAM's register is the head
  logic             fetch, head_q;
  logic [PtrBits:0] fetch_q;    // next word to fetch
  luoshu_ram_1r1w #(.Width(32), .Depth(RingWords)) u_ring (
      .clk_i, .we_i(ring_we), .waddr_i(write_q[PtrBits-1:0]), .wmask_i('0), .wdata_i(ring_word),
      .re_i(fetch), .raddr_i(fetch_q[PtrBits-1:0]), .rdata_o(out_data_o)
  );
  assign out_valid_o = head_q;
  assign fetch       = (fetch_q != commit_q) && (!head_q || out_ready_i);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q  <= '0;
      fetch_q <= '0;
      head_q  <= 1'b0;
    end else begin
      if (head_q && out_ready_i) read_q <= read_q + 1'b1;
      if (fetch) fetch_q <= fetch_q + 1'b1;
      head_q <= fetch || (head_q && !out_ready_i);
    end
  end
endmodule
`default_nettype wire
