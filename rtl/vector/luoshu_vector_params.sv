// SPDX-License-Identifier: Apache-2.0
// Parameter ring: takes the aux beats of coming commands in the background and hands them to the
// current one.
//
// Beats of L bytes become L/(4*VL) words of VL fp32 (or u32) values. A command's parameters start
// at a beat. Random access: word `ridx_i` of the current command (NORM), data one cycle after re_i;
// the command waits until avail_o (words that have arrived for it) is enough. Serial access: pop_i
// advances the command's first word (QKV, ROPE). release_i drops `release_words_i` words and then
// aligns to a beat: it ends the command. ax_ready_o is low while the ring is full. Reset empties
// it.
// Reserve = 1: the sender announces beats before they come (ax_ask_i) and only while ax_room_o says
// that 16 more fit; the ring takes them whole, at one per cycle, without waiting.
`include "luoshu_assert.svh"
`include "luoshu_require.svh"
`default_nettype none

module luoshu_vector_params #(
    parameter int L     = 32,    // bytes per beat
    parameter int VL    = 4,     // values per word, at most L/4
    parameter int Words = 512,   // capacity, a multiple of a beat's words
    parameter int Reserve = 0,   // 1: beats have a place before they come; Words a power of two
    // Derived, do not set.
    parameter int CountWidth = $clog2(Words) + 1
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   ax_valid_i,
    output logic                  ax_ready_o,
    input  wire  [L*8-1:0]        ax_data_i,
    // Reserve: beats that will come, announced in this cycle
    input  wire  [4:0]            ax_ask_i,
    output logic                  ax_room_o,        // Reserve: 16 more beats have a place
    // words of the current and coming commands inside
    output logic [CountWidth-1:0] avail_o,
    input  wire                   re_i,
    input  wire  [CountWidth-1:0] ridx_i,           // word from the current start
    output logic [VL*32-1:0]      rdata_o,
    input  wire                   pop_i,            // drop one word
    input  wire                   align_i,          // drop words up to the next beat
    input  wire                   release_i,        // drop release_words_i words (whole beats)
    input  wire  [CountWidth-1:0] release_words_i
);
  localparam int Ratio    = L / (4 * VL);
  localparam int AddrBits = $clog2(Words);
  localparam int PartBits = Ratio > 1 ? $clog2(Ratio) : 1;
  `LUOSHU_REQUIRE(gen_legal, Ratio >= 1 && Words % ((Ratio < 1) ? 1 : Ratio) == 0,
                  "luoshu_vector_params: VL must be at most L/4 and Words whole beats")

  logic [PartBits-1:0]   skip_q;   // words of a beat already dropped
  logic [AddrBits-1:0]   base_q;
  logic [CountWidth-1:0] avail_q, written;   // words inside; words that come in this cycle
  assign avail_o = avail_q;

  logic [CountWidth-1:0] drop;
  assign drop = release_i ? release_words_i :
                align_i ? (skip_q == '0 ? '0 : CountWidth'(Ratio) - CountWidth'(skip_q)) :
                CountWidth'(pop_i);

  // base + offset, wrapped
  logic [CountWidth:0] rsum, rwrap, bsum, bwrap;
  assign rsum  = {2'b00, base_q} + {1'b0, ridx_i};
  assign rwrap = rsum >= (CountWidth + 1)'(Words) ? rsum - (CountWidth + 1)'(Words) : rsum;
  assign bsum  = {2'b00, base_q} + {1'b0, drop};
  assign bwrap = bsum >= (CountWidth + 1)'(Words) ? bsum - (CountWidth + 1)'(Words) : bsum;
  logic unused_wrap;
  assign unused_wrap = ^{rwrap[CountWidth:AddrBits], bwrap[CountWidth:AddrBits]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      skip_q  <= '0;
      base_q  <= '0;
      avail_q <= '0;
    end else begin
      base_q  <= bwrap[AddrBits-1:0];
      avail_q <= avail_q + written - drop;
      if (align_i || release_i) skip_q <= '0;
      else if (pop_i) skip_q <= skip_q == PartBits'(Ratio - 1) ? '0 : skip_q + 1'b1;
    end
  end

  generate
    if (Reserve != 0) begin : gen_reserve
      // Beat by beat; a read picks its word.
      localparam int BeatBits = AddrBits - $clog2(Ratio);
      logic [BeatBits-1:0]   wptr_q;
      logic [CountWidth-1:0] taken_q;   // words inside or announced
      logic [PartBits-1:0]   part_q;
      logic [L*8-1:0]        beat;
      assign written    = ax_valid_i ? CountWidth'(Ratio) : '0;
      assign ax_ready_o = 1'b1;
      assign ax_room_o  = taken_q <= CountWidth'(Words - 16 * Ratio);
      assign rdata_o    = beat[VL*32*32'(part_q) +: VL*32];
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          wptr_q  <= '0;
          taken_q <= '0;
        end else begin
          if (ax_valid_i) wptr_q <= wptr_q + 1'b1;
          taken_q <= taken_q + CountWidth'(32'(ax_ask_i) * Ratio) - drop;
        end
        if (re_i) part_q <= PartBits'(32'(rwrap) & (Ratio - 1));
      end
      luoshu_ram_1r1w #(.Width(L * 8), .Depth(Words / Ratio)) u_ram (
          .clk_i(clk_i), .we_i(ax_valid_i), .waddr_i(wptr_q), .wmask_i('0), .wdata_i(ax_data_i),
          .re_i(re_i), .raddr_i(rwrap[AddrBits-1 -: BeatBits]), .rdata_o(beat)
      );
      `LUOSHU_ASSERT(fits, taken_q <= CountWidth'(Words))
    end else begin : gen_parts
      // Word by word, out of a register.
      logic [L*8-1:0]      beat_q;
      logic                full_q;   // beat_q holds words
      logic [PartBits-1:0] part_q;   // word of the beat to write
      logic [AddrBits-1:0] wptr_q;
      logic                write, last_part, take, clk_beat, unused_ask;
      assign write      = full_q && avail_q != CountWidth'(Words);
      assign written    = CountWidth'(write);
      assign last_part  = part_q == PartBits'(Ratio - 1);
      assign ax_ready_o = !full_q || (write && last_part);
      assign ax_room_o  = 1'b0;
      assign take       = ax_valid_i && ax_ready_o;
      assign unused_ask = ^ax_ask_i;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          full_q <= 1'b0;
          part_q <= '0;
          wptr_q <= '0;
        end else begin
          if (ax_ready_o) full_q <= ax_valid_i;
          if (write) begin
            part_q <= last_part ? '0 : part_q + 1'b1;
            wptr_q <= wptr_q == AddrBits'(Words - 1) ? '0 : wptr_q + 1'b1;
          end
        end
      end
      luoshu_clock_gate u_beat_gate (.clk_i, .en_i(take || write), .clk_o(clk_beat));
      always_ff @(posedge clk_beat) begin
        if (take) beat_q <= ax_data_i;
        else if (write && Ratio > 1) beat_q <= beat_q >> (Ratio > 1 ? VL * 32 : 0);
      end
      luoshu_ram_1r1w #(.Width(VL * 32), .Depth(Words)) u_ram (
          .clk_i(clk_i), .we_i(write), .waddr_i(wptr_q), .wmask_i('0), .wdata_i(beat_q[VL*32-1:0]),
          .re_i(re_i), .raddr_i(rwrap[AddrBits-1:0]), .rdata_o(rdata_o)
      );
    end
  endgenerate
endmodule

`default_nettype wire
