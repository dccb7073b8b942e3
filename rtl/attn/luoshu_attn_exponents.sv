// SPDX-License-Identifier: Apache-2.0
// Exponents of the keys of the items in flight: K and V exponents of 32 keys per item slot, in LUT RAM, eight keys per word.
//
// In: the meta beats of an item in order (in_*; ke at byte key, ve at byte 32 + key). Where a beat holds more than a word, the
// words are written in the four cycles after the last beat: in_ready_o is low in the first three of them. The item is read
// after that (it has K beats to go first). A beat of 128 bytes and more carries the exponents of the item after it, too
// (in_shared_i: they are taken now).
// Reads: asynchronous; Step neighbouring keys from the one named on (the second is meant only for an even key).
// Reset: none of the contents; a write in progress is dropped.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_attn_exponents #(
    parameter int Lanes = 32,
    parameter int Step  = 2     // keys per read: 1 or 2
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                in_valid_i,   // with in_ready_o
    input  wire                in_shared_i,  // with it: no beat, what came with the item before
    output logic               in_ready_o,
    input  wire  [2:0]         in_beat_i,    // number of the beat within the item
    input  wire                in_last_i,    // its last meta beat
    input  wire  [1:0]         in_slot_i,    // item slot
    input  wire  [Lanes*8-1:0] in_data_i,
    // score
    input  wire  [1:0]         sc_slot_i,
    input  wire  [4:0]         sc_key_i,
    output logic [Step*8-1:0]  sc_ke_o,
    output logic [Step*8-1:0]  sc_ve_o,
    // exp
    input  wire  [1:0]         ex_slot_i,
    input  wire  [4:0]         ex_key_i,
    output logic [Step*8-1:0]  ex_ve_o
);
  localparam int L = Lanes;

  // ---------------------------------------------------------------- writing
  logic        ke_we, ve_we;
  logic [3:0]  waddr;
  logic [63:0] ke_word, ve_word;
  generate
    if (L == 8) begin : gen_direct
      assign in_ready_o = 1'b1;
      assign ke_we   = in_valid_i && !in_beat_i[2];
      assign ve_we   = in_valid_i && in_beat_i[2];
      assign waddr   = {in_slot_i, in_beat_i[1:0]};
      assign ke_word = in_data_i;
      assign ve_word = in_data_i;
      logic unused_control;
      assign unused_control = ^{rst_ni, in_last_i, in_shared_i};
    end else begin : gen_held
      logic [511:0] held_q;   // {ve[32], ke[32]}
      logic [511:0] after;    // those of the item after it
      logic [2:0]   word_q;   // next word to write; 4: none
      logic [1:0]   slot_q;
      assign in_ready_o = word_q[2] || (word_q == 3'd3);
      assign ke_we   = !word_q[2];
      assign ve_we   = !word_q[2];
      assign waddr   = {slot_q, word_q[1:0]};
      assign ke_word = held_q[64*32'(word_q[1:0]) +: 64];
      assign ve_word = held_q[256 + 64*32'(word_q[1:0]) +: 64];
      always_ff @(posedge clk_i) begin
        if (!rst_ni) word_q <= 3'd4;
        else if (in_valid_i && (in_last_i || in_shared_i)) word_q <= 3'd0;
        else if (!word_q[2]) word_q <= word_q + 3'd1;
        if (in_valid_i) begin
          held_q <= in_shared_i ? after : (L >= 64) ? 512'(in_data_i) : 512'({in_data_i, held_q} >> ((L >= 64) ? 0 : L*8));
          slot_q <= in_slot_i;
        end
      end
      if (L >= 128) begin : gen_after
        logic [511:0] after_q;
        assign after = after_q;
        always_ff @(posedge clk_i) if (in_valid_i && !in_shared_i) after_q <= 512'(in_data_i >> 512);
      end else begin : gen_alone
        assign after = held_q;
      end
      `LUOSHU_ASSERT(written_before_next, !in_valid_i || in_ready_o)
      logic unused_beat;
      assign unused_beat = ^in_beat_i;
    end
  endgenerate

  // ---------------------------------------------------------------- reading
  logic [63:0] sc_ke, sc_ve, ex_ve;
  luoshu_ram_small #(.Width(64), .Depth(16)) u_ke (
      .clk_i, .we_i(ke_we), .waddr_i(waddr), .wdata_i(ke_word), .raddr_i({sc_slot_i, sc_key_i[4:3]}), .rdata_o(sc_ke)
  );
  luoshu_ram_small #(.Width(64), .Depth(16)) u_ve (
      .clk_i, .we_i(ve_we), .waddr_i(waddr), .wdata_i(ve_word), .raddr_i({sc_slot_i, sc_key_i[4:3]}), .rdata_o(sc_ve)
  );
  luoshu_ram_small #(.Width(64), .Depth(16)) u_ve_exp (
      .clk_i, .we_i(ve_we), .waddr_i(waddr), .wdata_i(ve_word), .raddr_i({ex_slot_i, ex_key_i[4:3]}), .rdata_o(ex_ve)
  );
  generate
    for (genvar k = 0; k < Step; k++) begin : gen_key
      logic [5:0] sc_bit, ex_bit;
      assign sc_bit = {sc_key_i[2:0] | 3'(k), 3'd0};
      assign ex_bit = {ex_key_i[2:0] | 3'(k), 3'd0};
      assign sc_ke_o[k*8 +: 8] = sc_ke[sc_bit +: 8];
      assign sc_ve_o[k*8 +: 8] = sc_ve[sc_bit +: 8];
      assign ex_ve_o[k*8 +: 8] = ex_ve[ex_bit +: 8];
    end
  endgenerate
endmodule
`default_nettype wire
