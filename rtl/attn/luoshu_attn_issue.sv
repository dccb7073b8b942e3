// SPDX-License-Identifier: Apache-2.0
// Issues KV beats to the MAC array: K of an item, then V of the item Lag before it, in the order of
// the stream (luoshu_attn_walk). The item's meta beats, its exponents, leave the stream on meta_*.
//
// K waits until the set's operands are loaded and, where one item can wait for the score stage,
// until none does; V waits for the item's weights and, with the last beat of a chunk, for the
// columns to have drained the chunk before, and with the first beat of a set for a place for its
// sums. Steady state: a beat in every cycle, from item to item: meta (where two blocks share it,
// only of even blocks), K three beats in three cycles (one lo, two hi), V one per cycle.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_attn_issue #(
    parameter int Lanes = 32,
    parameter int Columns = 4,
    parameter int Lag = 2,
    parameter int Waiting = 1,               // items that may wait for the score stage: 0 or 1
    // sets whose sums the columns hold: 4 (as many as set slots) or 2
    parameter int SumSlots = 4,
    parameter int MetaBits = 16,
    // Derived, do not set.
    parameter int ColBits = (Columns > 1) ? $clog2(Columns) : 1,
    // {odd block, highest column, last of the command, last of its set, first, last key}
    parameter int ItemBits = 1 + ColBits + 3 + 5
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    input  wire  [3:0]           hpb_i,
    // items
    input  wire                  item_valid_i,
    output logic                 item_ready_o,
    input  wire  [ItemBits-1:0]  item_i,
    // KV beats
    input  wire                  kv_valid_i,
    output logic                 kv_ready_o,
    input  wire  [Lanes*8-1:0]   kv_data_i,
    // MAC client K
    output logic                 k_valid_o,
    input  wire                  k_ready_i,
    output logic [Lanes*12-1:0]  k_a_o,
    output logic                 k_acc_o,
    output logic                 k_last_o,
    output logic [Columns-1:0]   k_cols_o,
    output logic [MetaBits-1:0]  k_meta_o,
    // operands of set slots
    // sets whose operands were loaded so far, modulo 8 it
    input  wire  [2:0]           loaded_i,
    output logic                 k_done_o,      // pulse: the last K of a set is issued
    // meta beats: the exponents of an item's keys; shared: there is no beat, they came with that of
    // the item before
    output logic                 meta_valid_o,  // only with meta_ready_i
    output logic                 meta_shared_o,
    input  wire                  meta_ready_i,
    output logic [2:0]           meta_beat_o,   // number within the item
    output logic                 meta_last_o,
    output logic [1:0]           meta_slot_o,   // item slot
    // K of an item is issued (the results follow, or are there): descriptor for the score stage
    output logic                 scored_valid_o,
    output logic [ItemBits+3:0]  scored_o,      // {set slot, item slot, item}
    // the score stage has taken every item issued so far
    input  wire                  score_free_i,
    // weights ready
    input  wire  [3:0]           weights_i,     // per item slot
    output logic                 v_start_o,     // pulse: the weights of v_slot_o are being used
    output logic [1:0]           v_slot_o,
    input  wire                  drain_busy_i,
    input  wire                  release_i,     // pulse: the sums of the oldest set are read
    output logic                 capture_o,     // pulse: a chunk's last beat was issued
    output logic                 v_done_o,      // pulse: last V beat of an item issued
    output logic                 v_last_o,      // with it: the item was the last of its set
    output logic                 stall_memory_o,
    output logic                 stall_wait_o
);
  localparam int L = Lanes;
  localparam int LB = $clog2(L);
  localparam int MetaBeats = (L >= 64) ? 1 : 64 / L;
  localparam bit SharedMeta = (L >= 128);

  typedef enum logic [2:0] {
    NextItem,  // waits for an item
    Meta,      // exponents of its keys
    Low,       // a lo beat of K; with the first one exponents that came with the item before
    High,      // a hi beat of K: issued
    Handover,  // K is issued: waits for the score stage, or for a place in the queue of V
    NextV,     // waits for the weights of the oldest item that waits for V
    Value      // a V beat: issued
  } state_e;
  state_e              state_q;
  logic [ItemBits-1:0] item_q;
  logic                odd;                  // lowest bit of the block's number
  logic [4:0]          key;                  // last key of the block
  logic                first, last, final_item;
  logic [ColBits-1:0]  lastcol;
  logic [2:0]          sets_q;               // number of the current item's set, modulo 8
  logic [1:0]          set_q, item_slot_q;   // slots of the current item
  logic                loaded;
  assign set_q  = sets_q[1:0];
  assign loaded = (loaded_i != sets_q);      // at most 4 sets are loaded ahead
  logic [3:0]          meta_q;               // meta beats left
  logic                fresh_q;              // no K beat yet
  logic                low_go;               // a lo beat is taken where there is one
  state_e              begun;                // what an item begins with
  logic [L*8-1:0]      low_q;
  logic                half_q;               // which hi beat of the pair
  logic [4:0]          row_q, chunk_q;       // of the beat
  logic                drain_q;              // after the last K only V remains
  logic [4:0]          last_chunk;           // of a key / of V
  logic [2:0]          seg_bits;             // log2 of the keys of a row
  logic [4:0]          last_row;             // of the phase (K hi beats, or V beats of a chunk)

  assign {odd, lastcol, final_item, last, first, key} = item_q;
  assign seg_bits   = (LB > 3 && hpb_i < 4'(LB)) ? 3'(4'(LB) - hpb_i) : 3'd0;
  assign last_row   = ((state_q == Value) ? v_key : key) >> seg_bits;
  assign last_chunk = (hpb_i > 4'(LB)) ? (5'd1 << (hpb_i - 4'(LB))) - 5'd1 : 5'd0;

  logic                handed;               // K of the item is issued, V may follow
  logic [ItemBits+3:0] handed_item;          // {set slot, item slot, item}

  // items that wait for V: {set slot, item slot, item}
  logic                v_valid, v_space, v_pop;
  logic [ItemBits+3:0] v_item;
  logic [2:0]          v_count;
  logic [4:0]          v_key;
  logic                v_first;
  logic [ColBits-1:0]  v_lastcol;
  logic [1:0]          v_set;
  luoshu_fifo #(.Width(ItemBits + 4), .Depth(4), .UseRam(0)) u_values (
      .clk_i, .rst_ni, .in_valid_i(handed), .in_ready_o(v_space), .in_data_i(handed_item),
      .out_valid_o(v_valid), .out_ready_i(v_pop), .out_data_o(v_item), .count_o(v_count)
  );
  assign v_key     = v_item[4:0];
  assign v_first   = v_item[5];
  assign v_lastcol = v_item[8 +: ColBits];
  assign v_slot_o  = v_item[ItemBits +: 2];
  assign v_set     = v_item[ItemBits+2 +: 2];

  // sets whose V has begun and that are not released yet
  logic v_room;
  generate
    if (SumSlots == 4) begin : gen_room
      assign v_room = 1'b1;
      logic unused_release;
      assign unused_release = release_i;
    end else begin : gen_count
      logic [1:0] sums_q;
      assign v_room = !v_first || (sums_q != 2'd2);
      always_ff @(posedge clk_i) begin
        if (!rst_ni) sums_q <= '0;
        else sums_q <= sums_q + 2'(v_start_o && v_first) - 2'(release_i);
      end
    end
  endgenerate

  logic issue_k, issue_v, v_end;
  logic [3:0] capture_q;
  logic at_last_row, v_last_beat;   // the latter of a chunk
  assign at_last_row = (row_q == last_row);
  assign v_last_beat = at_last_row;
  assign issue_k = (state_q == High) && kv_valid_i && k_ready_i;
  assign issue_v = (state_q == Value) && kv_valid_i && k_ready_i
      && !(v_last_beat && (drain_busy_i || capture_q != 4'd0));
  assign v_end   = issue_v && v_last_beat && (chunk_q == last_chunk);
  assign v_pop   = v_end;
  assign v_done_o = v_end;
  assign v_last_o = v_item[6];
  // Ways out of a phase, in the cycle of its last beat where nothing is to be waited for.
  logic k_end, v_follows, item_next, take;
  assign k_end     = issue_k && at_last_row && (chunk_q == last_chunk);
  assign v_follows = (32'(v_count) >= Lag) || final_item;   // V comes after this K, else the next K
  assign item_next = (state_q == NextItem) || (handed && !v_follows)
      || (v_end && !(drain_q && v_count != 3'd1));
  assign take      = item_next && item_valid_i;
  assign begun     = (SharedMeta && item_i[8 + ColBits]) ? Low : Meta;   // the bit: odd
  assign v_start_o = ((state_q == NextV) || (handed && v_follows)) && v_valid && weights_i[v_slot_o]
      && v_room;
  assign capture_o = issue_v && v_last_beat;
  assign low_go     = (state_q == Low) && loaded && !(fresh_q && waiting)
      && !(meta_shared_o && !meta_ready_i);
  assign kv_ready_o = (state_q == Meta && meta_ready_i) || low_go || issue_k || issue_v;
  assign item_ready_o = item_next;
  assign handed = (k_end || state_q == Handover) && (score_free_i || Waiting != 0) && v_space;
  assign k_done_o    = handed && last;
  assign handed_item = {set_q, item_slot_q, item_q};
  assign meta_shared_o = fresh_q && (state_q == Low) && SharedMeta && odd;
  assign meta_valid_o = (state_q == Meta || meta_shared_o && loaded) && kv_valid_i && meta_ready_i;
  assign meta_beat_o  = 3'(4'(MetaBeats) - meta_q);
  assign meta_last_o  = (meta_q == 4'd1);
  assign meta_slot_o  = item_slot_q;

  // An item that is handed over while the score stage is busy waits. No K is issued meanwhile: the
  // raw results of two items have a place.
  logic waiting;
  generate
    if (Waiting != 0) begin : gen_waiting
      logic                waiting_q;
      logic [ItemBits+3:0] item_waiting_q;
      assign waiting        = waiting_q;
      assign scored_valid_o = (waiting_q || handed) && score_free_i;
      assign scored_o       = waiting_q ? item_waiting_q : handed_item;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) waiting_q <= 1'b0;
        else if (handed && !score_free_i) waiting_q <= 1'b1;
        else if (score_free_i) waiting_q <= 1'b0;
        if (handed) item_waiting_q <= handed_item;
      end
      `LUOSHU_ASSERT(one_waits, !(handed && waiting_q))
    end else begin : gen_direct
      assign waiting        = 1'b0;
      assign scored_valid_o = handed;
      assign scored_o       = handed_item;
    end
  endgenerate

  // capture_q counts the cycles in which a captured chunk is still in the MAC pipeline
  always_ff @(posedge clk_i) begin
    if (!rst_ni) capture_q <= '0;
    else if (capture_o) capture_q <= 4'(v_lastcol) + 4'd6;
    else if (capture_q != 4'd0) capture_q <= capture_q - 4'd1;
  end

  // ---------------------------------------------------------------- MAC operands
  assign k_valid_o = ((state_q == High) && kv_valid_i)
                  || ((state_q == Value) && kv_valid_i
                      && !(v_last_beat && (drain_busy_i || capture_q != 4'd0)));
  assign k_acc_o   = (state_q == Value);
  assign k_last_o  = at_last_row;
  assign k_meta_o  = (state_q == Value)
      ? {v_last_beat, 1'b1, v_slot_o, v_set, chunk_q, row_q}
      : {chunk_q == last_chunk, 1'b0, item_slot_q, set_q, chunk_q, row_q};
  generate
    for (genvar c = 0; c < Columns; c++) begin : gen_cols
      assign k_cols_o[c] = (c == 0) || (((state_q == Value) ? v_lastcol : lastcol) >= ColBits'(c));
    end
    for (genvar l = 0; l < L; l++) begin : gen_lane
      logic [7:0] low_byte;  // of the two elements 2j, 2j + 1 of the half
      assign low_byte = half_q ? low_q[(L/2 + l/2)*8 +: 8] : low_q[(l/2)*8 +: 8];
      assign k_a_o[l*12 +: 12] = (state_q == Value) ? {{4{kv_data_i[l*8+7]}}, kv_data_i[l*8 +: 8]}
                                                    : {kv_data_i[l*8 +: 8], (l % 2 == 0)
                                                        ? low_byte[3:0] : low_byte[7:4]};
    end
  endgenerate

  // ---------------------------------------------------------------- sequence
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= NextItem;
      sets_q      <= 3'd7;
      item_slot_q <= 2'd3;
      drain_q     <= 1'b0;
    end else begin
      case (state_q)
        NextItem: if (take) state_q <= begun;
        Meta: if (meta_valid_o && meta_q == 4'd1) state_q <= Low;
        Low: if (kv_valid_i && low_go) state_q <= High;
        High, Handover: begin
          if (handed) state_q <= v_follows ? (v_start_o ? Value : NextV)
              : (take ? begun : NextItem);
          else if (k_end) state_q <= Handover;
          else if (issue_k && half_q) state_q <= Low;
        end
        NextV: if (v_start_o) state_q <= Value;
        default: if (v_end) state_q <= !item_next ? NextV : take ? begun : NextItem;
      endcase
      if (take) begin
        item_slot_q <= item_slot_q + 2'd1;
        if (item_i[5]) sets_q <= sets_q + 3'd1;
      end
      if (handed) drain_q <= final_item;
      else if (v_end && item_next) drain_q <= 1'b0;
    end
    if (item_next) begin
      item_q  <= item_i;
      fresh_q <= 1'b1;
      meta_q  <= 4'(MetaBeats);
    end
    if (meta_valid_o) meta_q <= meta_q - 4'd1;
    if (state_q == Low && kv_valid_i && low_go) begin
      low_q   <= kv_data_i;
      half_q  <= 1'b0;
      fresh_q <= 1'b0;
      if (fresh_q) begin
        row_q   <= '0;
        chunk_q <= '0;
      end
    end
    if (issue_k) begin
      half_q  <= !half_q;
      chunk_q <= (chunk_q == last_chunk) ? 5'd0 : chunk_q + 5'd1;
      if (chunk_q == last_chunk) row_q <= row_q + 5'd1;
    end
    if (v_start_o) begin
      row_q   <= '0;
      chunk_q <= '0;
    end
    if (issue_v) begin
      row_q <= v_last_beat ? 5'd0 : row_q + 5'd1;
      if (v_last_beat) chunk_q <= chunk_q + 5'd1;
    end
  end
  assign stall_memory_o = (state_q == Meta || state_q == Low || state_q == High || state_q == Value)
      && !kv_valid_i;
  assign stall_wait_o   = (state_q == NextV && !v_start_o) || (state_q == Handover && !handed)
                       || (state_q == Low && !low_go);

  logic unused_bits;
  assign unused_bits = ^{first, odd, v_item, v_first};
endmodule
`default_nettype wire
