// SPDX-License-Identifier: Apache-2.0
// Writes keys and values into the KV cache (docs/architecture/memory.md): high bytes and
// nibbles of K, bytes of V, exponents. Neighbouring elements are combined into beats with byte
// strobes.
//
// A head's words come in element order, VL values each, its exponent with the last; heads of a kind
// count up from 0. Context of the token one cycle after ctx_re_o with ctx_gnt_i: {kv_block_offset,
// kv_seq_offset, position, token id}.
// idle_o: everything taken is in memory. At most 255 writes in flight. One word per cycle but for
// the write cycles.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_kv_writer #(
    parameter int L  = 32,  // bytes per beat
    parameter int VL = 4    // values per word, a power of two, at most L / 4
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire  [31:0]      base_i,         // KV base of the layer
    input  wire  [31:0]      head_stride_i,
    input  wire  [3:0]       head_bits_i,    // log2 of the padded head_dim, 3 to 8
    input  wire              bank_i,
    input  wire              kw_valid_i,
    output logic             kw_ready_o,
    input  wire              kw_v_i,         // V, else K
    input  wire  [5:0]       kw_token_i,
    input  wire  [15:0]      kw_head_i,
    input  wire  [7:0]       kw_elem_i,
    input  wire  [VL*12-1:0] kw_data_i,
    input  wire              kw_last_i,
    input  wire  [7:0]       kw_exp_i,
    output logic             ctx_re_o,
    input  wire              ctx_gnt_i,
    output logic [7:0]       ctx_addr_o,     // {bank, token[6:0]}
    input  wire  [127:0]     ctx_data_i,
    output logic             wq_valid_o,
    input  wire              wq_ready_i,
    output logic [31:0]      wq_addr_o,
    output logic [L*8-1:0]   wq_data_o,
    output logic [L-1:0]     wq_strb_o,
    input  wire              wc_bvalid_i,
    output logic             idle_o
);
  localparam int LB = $clog2(L);
  localparam int MetaBytes = (L > 64) ? L : 64;

  typedef enum logic [2:0] {Fetch, Address, Take, WriteHigh, WriteLow, WriteMeta} state_e;
  state_e       state_q;
  logic [31:LB] block_q, head_base_q;   // beat of the head's block; of the head
  logic [4:0]   key_q;
  logic         take;
  logic         low_due_q, meta_due_q;
  logic [7:0]   exp_q;
  logic         v_q;
  logic [7:0]   pending_q;
  assign ctx_re_o   = (state_q == Fetch) && kw_valid_i;
  assign ctx_addr_o = {bank_i, 1'b0, kw_token_i};
  assign kw_ready_o = (state_q == Take);
  assign take       = kw_valid_i && kw_ready_o;

  // Where the word goes, in beats of the block and bytes of the beat: at most MetaBytes + 32 x 256
  // x 5/2 bytes. Keys: three beats for the elements of two, the first for their nibbles; values lie
  // behind them, in chunks of a beat for all keys.
  localparam int AtBits   = 15;
  localparam int BeatBits = AtBits - LB;
  logic [AtBits-1:0]   element, chunked, value;
  logic [BeatBits-1:0] pairs, low_beat, high_beat, value_first, value_beat, at_beat;
  logic [LB-1:0]       at_byte, low_byte;
  assign element     = (AtBits'(key_q) << head_bits_i) | AtBits'(kw_elem_i);
  assign pairs       = BeatBits'(element >> (LB + 1));
  assign low_beat    = pairs + (pairs << 1) + BeatBits'(MetaBytes / L);
  assign low_byte    = element[LB:1];
  assign high_beat   = low_beat + (element[LB] ? BeatBits'(2) : BeatBits'(1));
  assign chunked     = AtBits'({kw_elem_i >> LB, key_q, kw_elem_i[LB-1:0]});
  assign value       = (32'(head_bits_i) > LB) ? chunked : element;
  assign value_first = BeatBits'((AtBits'(MetaBytes) + (AtBits'(48) << head_bits_i)) >> LB);
  assign value_beat  = value_first + value[AtBits-1:LB];
  assign at_beat     = kw_v_i ? value_beat : high_beat;
  assign at_byte     = kw_v_i ? value[LB-1:0] : element[LB-1:0];

  // Bytes of the word; beyond the padded head there are none.
  logic [L*8-1:0] high_data_q, low_data_q, high_shifted, low_shifted;
  logic [L-1:0]   high_strb_q, low_strb_q, high_mask, low_mask;
  logic [BeatBits-1:0] high_beat_q, low_beat_q;   // beats of the block
  logic [VL*8-1:0] bytes;
  logic [VL-1:0]   kept;
  logic [VL*4+7:0] nibbles;    // one more byte, so that VL = 1 fits
  logic [3:0]      nibble_q;   // VL = 1: the even element's
  generate
    for (genvar i = 0; i < VL; i++) begin : gen_byte
      assign bytes[i*8 +: 8] = kw_v_i ? kw_data_i[i*12 +: 8] : kw_data_i[i*12 + 4 +: 8];
      assign nibbles[i*4 +: 4] = (VL == 1) ? nibble_q : kw_data_i[i*12 +: 4];
      assign kept[i] = (i < 8) || (head_bits_i > 4'd3);
    end
    if (VL == 1) begin : gen_odd
      assign nibbles[11:4] = {4'd0, kw_data_i[3:0]};
    end else begin : gen_pad
      assign nibbles[VL*4+7:VL*4] = 8'd0;
    end
  endgenerate
  // A word starts at a multiple of VL, or of 8 where a padded head is narrower: up to 8 elements
  // there is no shifter, every byte of the beat has one source.
  localparam int LowBytes = (VL > 1) ? VL / 2 : 1;
  localparam int HighBits = (VL > 8) ? 3 : $clog2(VL);        // log2 of the alignment
  localparam int LowBits  = (HighBits > 1) ? HighBits - 1 : 0;
  logic [LB-1:0] high_from, low_from;
  assign high_from = (at_byte >> HighBits) << HighBits;
  assign low_from  = (low_byte >> LowBits) << LowBits;
  assign high_mask = L'(kept) << high_from;
  generate
    if (VL > 8) begin : gen_shift
      assign high_shifted = (L*8)'(bytes) << {high_from, 3'd0};
      assign low_shifted  = (L*8)'(nibbles) << {low_from, 3'd0};
    end else begin : gen_repeat
      assign high_shifted = {(L/VL){bytes}};
      assign low_shifted  = {(L/LowBytes){nibbles[LowBytes*8-1:0]}};
    end
  endgenerate
  generate
    if (VL > 8) begin : gen_wide_low
      logic [LowBytes-1:0] low_inside;
      for (genvar i = 0; i < LowBytes; i++) begin : gen_low
        assign low_inside[i] = kept[2*i];
      end
      assign low_mask = L'(low_inside) << low_from;
    end else begin : gen_narrow_low
      assign low_mask = L'({LowBytes{1'b1}}) << low_from;
    end
  endgenerate

  logic low_word, high_end, low_end;
  assign low_word = !kw_v_i && (VL > 1 || kw_elem_i[0]);
  assign high_end = kw_last_i || (32'(at_byte) + 32'(VL) >= 32'(L));
  assign low_end  = !kw_v_i && (kw_last_i || (32'(element[LB:0]) + 32'(VL) >= 32'(2 * L)));

  // Exponents: ke at byte key, ve at byte 32 + key. Where a beat has room for two blocks, those of
  // an odd block follow in the beat of the block before it.
  logic        odd_q;
  logic [6:0]  meta_at;
  logic [31:LB] meta_block;
  generate
    if (L >= 128) begin : gen_shared_meta
      assign meta_at    = {odd_q, v_q, key_q};
      assign meta_block = odd_q
          ? block_q - (32-LB)'((32'(MetaBytes) + (32'd80 << head_bits_i)) >> LB) : block_q;
    end else begin : gen_meta
      assign meta_at    = {1'b0, v_q, key_q};
      assign meta_block = block_q;
      logic unused_odd;
      assign unused_odd = odd_q;
    end
  endgenerate

  assign wq_valid_o = (state_q == WriteHigh) || (state_q == WriteLow) || (state_q == WriteMeta);
  logic [BeatBits-1:0] beat;
  assign wq_addr_o = {((state_q == WriteMeta) ? meta_block : block_q) + (32-LB)'(beat), {LB{1'b0}}};
  always_comb begin
    beat      = high_beat_q;
    wq_data_o = high_data_q;
    wq_strb_o = high_strb_q;
    if (state_q == WriteLow) begin
      beat      = low_beat_q;
      wq_data_o = low_data_q;
      wq_strb_o = low_strb_q;
    end else if (state_q == WriteMeta) begin
      beat      = BeatBits'(32'(meta_at) >> LB);
      wq_strb_o = L'(1) << (32'(meta_at) & 32'(L - 1));
    end
  end

  logic meta_next;   // the exponent takes the place of the elements, which have been written
  assign meta_next = meta_due_q && wq_ready_i && ((state_q == WriteHigh && !low_due_q)
      || state_q == WriteLow);

  assign idle_o = (state_q == Fetch) && !kw_valid_i && (pending_q == 8'd0);

  logic [15:0] head_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= Fetch;
      pending_q <= '0;
    end else begin
      // plus or minus 1
      if ((wq_valid_o && wq_ready_i) != wc_bvalid_i) pending_q <= pending_q + {{7{wc_bvalid_i}},
          1'b1};
      case (state_q)
        Fetch:   if (kw_valid_i && ctx_gnt_i) state_q <= Address;
        Address: state_q <= Take;
        Take:    if (take) state_q <= high_end ? WriteHigh : low_end ? WriteLow : Take;
        WriteHigh: if (wq_ready_i) state_q <= low_due_q ? WriteLow : meta_due_q ? WriteMeta : Take;
        WriteLow:  if (wq_ready_i) state_q <= meta_due_q ? WriteMeta : Take;
        default:   if (wq_ready_i) state_q <= Fetch;
      endcase
    end
    // The head's first word waits.
    if (state_q == Fetch && kw_valid_i && ctx_gnt_i) begin
      head_q <= kw_head_i;
      if (kw_head_i == 16'd0) head_base_q <= base_i[31:LB];
      else if (head_q != kw_head_i) head_base_q <= head_base_q + head_stride_i[31:LB];
    end
    if (state_q == Address) begin
      block_q       <= head_base_q + ctx_data_i[95:64+LB] + ctx_data_i[127:96+LB];
      {odd_q, key_q} <= ctx_data_i[37:32];
      v_q           <= kw_v_i;
      high_strb_q   <= '0;
      low_strb_q    <= '0;
    end
    if (take) begin
      for (int b = 0; b < L; b++) if (low_mask[b]) low_data_q[b*8 +: 8] <= low_shifted[b*8 +: 8];
      high_strb_q <= high_strb_q | high_mask;
      high_beat_q <= at_beat;
      if (low_word) low_strb_q <= low_strb_q | low_mask;
      low_beat_q  <= low_beat;
      nibble_q    <= kw_data_i[3:0];
      low_due_q   <= low_end;
      meta_due_q  <= kw_last_i;
      exp_q       <= kw_exp_i;
    end
    for (int b = 0; b < L; b++) begin
      if (meta_next) high_data_q[b*8 +: 8] <= exp_q;
      else if (take && high_mask[b]) high_data_q[b*8 +: 8] <= high_shifted[b*8 +: 8];
    end
    if (state_q == WriteHigh && wq_ready_i) high_strb_q <= '0;
    if (state_q == WriteLow && wq_ready_i) low_strb_q <= '0;
  end
  `LUOSHU_ASSERT(writes_counted, !(wq_valid_o && wq_ready_i && pending_q == 8'hff))
  logic unused_bits;
  assign unused_bits = ^{ctx_data_i, base_i, head_stride_i, nibbles, element, value};
endmodule
`default_nettype wire
