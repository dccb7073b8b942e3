// SPDX-License-Identifier: Apache-2.0
// Exponents of the keys of the items in flight: K and V exponents of 32 keys per item slot.
//
// In: the meta beats of an item in order (in_*; ke at byte key, ve at byte 32 + key), item slots in
// turn. The item is read after that (it has K beats to go first). A beat of 128 bytes and more
// carries the exponents of the item after it, too (in_shared_i: they are taken now).
// Lanes > 8: in LUT RAM, eight keys per word. The words are written in the four cycles after the
// last beat: in_ready_o is low in the first three of them. Reads: asynchronous; Step neighbouring
// keys from the one named on (the second is meant only for an even key). Lanes = 8: in one block
// RAM, four keys per word. A beat takes two cycles. Each of the three reads has its turn in
// phase_i, which counts cycles modulo 4: keys of score come in order from phase 2 on, those of exp
// from phase 3 on, one per cycle. sc_ke_o is that of the key in the same cycle, sc_ve_o and ex_ve_o
// a cycle later.
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
    input  wire  [1:0]         phase_i,      // Lanes = 8
    // score
    input  wire                sc_run_i,     // keys come (Lanes = 8)
    input  wire  [1:0]         sc_slot_i,
    input  wire  [4:0]         sc_key_i,
    output logic [Step*8-1:0]  sc_ke_o,
    output logic [Step*8-1:0]  sc_ve_o,
    // exp
    input  wire                ex_run_i,
    input  wire  [1:0]         ex_slot_i,
    input  wire  [4:0]         ex_key_i,
    output logic [Step*8-1:0]  ex_ve_o
);
  localparam int L = Lanes;

  generate
    if (L == 8) begin : gen_phased
      logic [5:0]  waddr_q;   // {item slot, V, four keys}
      logic        upper_q;   // the upper half of a beat is written
      logic [31:0] upper_data_q, word, ke_q, sc_ve_q, ex_ve_q;
      logic [2:0]  sc_word, ex_word;   // next four keys
      assign in_ready_o = !upper_q;
      assign sc_word    = sc_run_i ? sc_key_i[4:2] + 3'd1 : 3'd0;
      assign ex_word    = ex_run_i ? ex_key_i[4:2] + 3'd1 : 3'd0;
      luoshu_ram_1r1w #(.Width(32), .Depth(64)) u_ram (
          .clk_i, .we_i(in_valid_i || upper_q), .waddr_i(waddr_q), .wmask_i('0),
          .wdata_i(upper_q ? upper_data_q : in_data_i[31:0]), .re_i(1'b1),
          .raddr_i(phase_i[1] ? {ex_slot_i, 1'b1, ex_word} : {sc_slot_i, phase_i[0], sc_word}),
          .rdata_o(word)
      );
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          waddr_q <= '0;
          upper_q <= 1'b0;
        end else begin
          upper_q <= in_valid_i;
          if (in_valid_i || upper_q) waddr_q <= waddr_q + 6'd1;
        end
        if (in_valid_i) upper_data_q <= in_data_i[63:32];
        if (phase_i == 2'd1) ke_q <= word;
        if (phase_i == 2'd2) sc_ve_q <= word;
        if (phase_i == 2'd3) ex_ve_q <= word;
      end
      assign sc_ke_o = ke_q[{phase_i + 2'd2, 3'd0} +: 8];
      assign sc_ve_o = sc_ve_q[{phase_i + 2'd1, 3'd0} +: 8];
      assign ex_ve_o = ex_ve_q[{phase_i, 3'd0} +: 8];
      `LUOSHU_ASSERT(in_turn, !in_valid_i
          || (in_ready_o && waddr_q == {in_slot_i, in_beat_i, 1'b0}))
      `LUOSHU_ASSERT(score_in_phase, !sc_run_i || sc_key_i[1:0] == phase_i + 2'd2)
      `LUOSHU_ASSERT(exp_in_phase, !ex_run_i || ex_key_i[1:0] == phase_i + 2'd1)
      logic unused_control;
      assign unused_control = ^{in_last_i, in_shared_i, in_slot_i, in_beat_i, sc_key_i, ex_key_i};
    end else begin : gen_held
      logic        we;
      logic [3:0]  waddr;
      logic [63:0] ke_word, ve_word;
      logic [511:0] held_q;   // {ve[32], ke[32]}
      logic [511:0] after;    // those of the item after it
      logic [2:0]   word_q;   // next word to write; 4: none
      logic [1:0]   slot_q;
      assign in_ready_o = word_q[2] || (word_q == 3'd3);
      assign we      = !word_q[2];
      assign waddr   = {slot_q, word_q[1:0]};
      assign ke_word = held_q[64*32'(word_q[1:0]) +: 64];
      assign ve_word = held_q[256 + 64*32'(word_q[1:0]) +: 64];
      always_ff @(posedge clk_i) begin
        if (!rst_ni) word_q <= 3'd4;
        else if (in_valid_i && (in_last_i || in_shared_i)) word_q <= 3'd0;
        else if (!word_q[2]) word_q <= word_q + 3'd1;
        if (in_valid_i) begin
          held_q <= in_shared_i ? after : (L >= 64) ? 512'(in_data_i)
              : 512'({in_data_i, held_q} >> ((L >= 64) ? 0 : L*8));
          slot_q <= in_slot_i;
        end
      end
      if (L >= 128) begin : gen_after
        logic [511:0] after_q;
        assign after = after_q;
        always_ff @(posedge clk_i) if (in_valid_i && !in_shared_i) after_q <=
            512'(in_data_i >> 512);
      end else begin : gen_alone
        assign after = held_q;
      end
      `LUOSHU_ASSERT(written_before_next, !in_valid_i || in_ready_o)
      `LUOSHU_ASSERT(last_is_last, !in_valid_i || in_shared_i
          || in_last_i == (32'(in_beat_i) == ((L >= 64) ? 0 : 64 / L - 1)))
      logic unused_beat;
      assign unused_beat = ^{in_beat_i, phase_i, sc_run_i, ex_run_i};

      logic [63:0] sc_ke, sc_ve, ex_ve;
      luoshu_ram_small #(.Width(64), .Depth(16)) u_ke (
          .clk_i, .we_i(we), .waddr_i(waddr), .wdata_i(ke_word),
          .raddr_i({sc_slot_i, sc_key_i[4:3]}), .rdata_o(sc_ke)
      );
      luoshu_ram_small #(.Width(64), .Depth(16)) u_ve (
          .clk_i, .we_i(we), .waddr_i(waddr), .wdata_i(ve_word),
          .raddr_i({sc_slot_i, sc_key_i[4:3]}), .rdata_o(sc_ve)
      );
      luoshu_ram_small #(.Width(64), .Depth(16)) u_ve_exp (
          .clk_i, .we_i(we), .waddr_i(waddr), .wdata_i(ve_word),
          .raddr_i({ex_slot_i, ex_key_i[4:3]}), .rdata_o(ex_ve)
      );
      for (genvar k = 0; k < Step; k++) begin : gen_key
        logic [5:0] sc_bit, ex_bit;
        assign sc_bit = {sc_key_i[2:0] | 3'(k), 3'd0};
        assign ex_bit = {ex_key_i[2:0] | 3'(k), 3'd0};
        assign sc_ke_o[k*8 +: 8] = sc_ke[sc_bit +: 8];
        assign sc_ve_o[k*8 +: 8] = sc_ve[sc_bit +: 8];
        assign ex_ve_o[k*8 +: 8] = ex_ve[ex_bit +: 8];
      end
    end
  endgenerate
endmodule
`default_nettype wire
