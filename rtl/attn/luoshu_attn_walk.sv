// SPDX-License-Identifier: Apache-2.0
// Walks one attention command: sets of query heads, blocks of 32 keys, and the KV reads they need,
// in stream order.
//
// A set is what the columns hold at once: the query heads of one KV head for as many consecutive
// tokens of one sequence as fit (columns / group), or a part of the heads of one token where the
// group is larger. Sets come out in order (set_*), each with its number of blocks; items (one per
// block, item_*) come in the order in which their K parts lie in the stream; KV read segments
// (rd_*) are K(0) .. K(Lag), V(0), K(Lag+1), V(1), ... over all sets of the command, so that the
// stream never waits for a softmax. Addresses are kept in units of 64 bytes (a beat where it is
// larger), of which every region, block and stride is a multiple. Positions are below 2^PosBits.
// Everything is valid/ready. cmd_ready_o is high while idle; the user raises finish_i when the
// command's last output is written. Latency: command to first read segment: the larger of
// tokens + 1 and heads / kv_heads, and 4 cycles.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_attn_walk #(
    parameter int Lanes = 32,
    parameter int Columns = 4,
    parameter int MaxTokens = 8,
    parameter int MaxHeads = 32,
    parameter int BlockBits = 23, // of a block's number within its sequence
    parameter int Lag = 2,        // items between a block's K and its V, 1 or 2
    // Derived, do not set.
    parameter int PosBits = BlockBits + 5,
    parameter int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1,
    parameter int HeadBits = $clog2(MaxHeads),
    parameter int SpanBits = $clog2(Columns + 1),
    parameter int ColBits = (Columns > 1) ? $clog2(Columns) : 1
) (
    input  wire          clk_i,
    input  wire          rst_ni,
    input  wire          cmd_valid_i,
    output logic         cmd_ready_o,
    input  wire  [255:0] cmd_i,
    input  wire  [6:0]   tokens_i,
    input  wire          bank_i,
    input  wire          finish_i,
    // context, one cycle after the grant: {kv_block_offset, kv_seq_offset, position, token id}
    output logic         ctx_re_o,
    input  wire          ctx_gnt_i,
    output logic [7:0]   ctx_addr_o,
    input  wire  [127:0] ctx_data_i,
    // sets
    output logic         set_valid_o,
    input  wire          set_ready_i,
    output logic [TokenBits-1:0] set_token_o,   // first token
    output logic [SpanBits-1:0]  set_tokens_o,  // tokens
    output logic [SpanBits-1:0]  set_heads_o,   // heads per token
    output logic [HeadBits-1:0]  set_head_o,    // first query head
    output logic         set_final_o,    // last set of the command
    output logic [MaxTokens*PosBits-1:0] positions_o,
    // items
    output logic         item_valid_o,
    input  wire          item_ready_i,
    output logic         item_odd_o,     // lowest bit of the block's number
    output logic [4:0]   item_key_o,     // last key in the block
    output logic         item_first_o,   // first of its set
    output logic         item_last_o,
    output logic         item_final_o,   // last of the command
    output logic [ColBits-1:0] item_lastcol_o, // highest column in use
    // KV read segments
    output logic         rd_valid_o,
    input  wire          rd_ready_i,
    output logic [31:0]  rd_addr_o,
    output logic [11:0]  rd_beats_o,
    output logic [3:0]   hpb_o           // log2 of the padded head_dim
);
  localparam int L = Lanes;
  localparam int LB = $clog2(L);
  localparam int MetaBeats = (L >= 64) ? 1 : 64 / L;
  // the exponents of an odd block are in the meta beat before it
  localparam bit SharedMeta = (L >= 128);
  localparam int Unit = (LB > 6) ? LB : 6;   // log2 of the bytes of an address unit
  localparam int AddrBits = 32 - Unit;
  localparam int HeadsBits = $clog2(MaxHeads + 1);     // of a number of heads
  localparam int TokensBits = $clog2(MaxTokens + 1);   // of a number of tokens

  // ---------------------------------------------------------------- command fields
  logic [255:0] cmd_q;
  logic [TokensBits-1:0] tokens_q;
  logic         bank_q;
  logic [HeadsBits-1:0] kv_heads;
  logic [8:0]   head_dim;
  logic [AddrBits-1:0] block_stride, head_stride;
  assign kv_heads     = cmd_q[luoshu_defs_pkg::CmdAttnKvHeadsLsb +: HeadsBits];
  assign head_dim     = cmd_q[luoshu_defs_pkg::CmdAttnHeadDimLsb +: 9];
  assign block_stride = cmd_q[5*32 + Unit +: AddrBits];
  assign head_stride  = cmd_q[6*32 + Unit +: AddrBits];
  logic [3:0] hpb;
  assign hpb = (head_dim <= 9'd8) ? 4'd3 : (head_dim <= 9'd16) ? 4'd4 : (head_dim <= 9'd32) ? 4'd5
             : (head_dim <= 9'd64) ? 4'd6 : (head_dim <= 9'd128) ? 4'd7 : 4'd8;
  assign hpb_o = hpb;

  // ---------------------------------------------------------------- sets
  typedef enum logic [2:0] {
    Idle,
    Load,     // positions and sequence offsets of all tokens; heads / kv_heads meanwhile
    Plan,     // which tokens and heads the next set holds
    Offer,    // the set is offered
    Next,     // advance
    Wait      // all sets out, waiting for the command's end
  } state_e;
  state_e       state_q;
  logic [PosBits-1:0] position_q [MaxTokens];
  logic         same_q [MaxTokens];   // the token's sequence is that of the token before
  logic [AddrBits-1:0] last_sequence_q, sequence_read, set_sequence;
  logic [TokensBits-1:0] load_q;     // tokens asked for
  logic         load_data_q;
  logic [TokenBits-1:0] load_index_q;
  logic [HeadsBits-1:0] rest_q;      // heads not yet divided
  logic [HeadsBits-1:0] group_q;     // heads per KV head
  logic [HeadsBits-1:0] kv_head_q;
  logic [AddrBits-1:0] head_addr_q;        // base + kv_head * head_stride
  logic [HeadBits-1:0]   head_q;     // kv_head * group
  logic [TokensBits-1:0] token_q;    // first token of the set
  logic [HeadsBits-1:0]  part_q;     // first head of the set within the group
  logic [SpanBits-1:0] span_q, heads_q;    // tokens, heads per token
  logic [AddrBits-1:0] set_addr_q;
  logic [PosBits-1:0]  set_last_q;   // last position
  logic [SpanBits-1:0] fit;          // tokens that fit
  logic [HeadsBits-1:0] part_left;
  logic [SpanBits-1:0] span;
  logic [TokensBits-1:0] last_token, next_token;
  logic [HeadsBits-1:0] next_part;
  logic         final_set;
  logic         items_ready;

  always_comb begin
    fit = SpanBits'(1);
    for (int n = 2; n <= Columns; n++) if (32'(group_q) <= Columns / n) fit = SpanBits'(n);
    part_left = group_q - part_q;
    // tokens of the same sequence from token_q on
    span = SpanBits'(1);
    for (int n = 1; n < Columns; n++) begin
      if (32'(span) == n && n < 32'(fit) && 32'(token_q) + n < 32'(tokens_q)
          && same_q[TokenBits'(32'(token_q) + n)]) span = SpanBits'(n + 1);
    end
    last_token = token_q + TokensBits'(span) - TokensBits'(1);
  end
  assign sequence_read = ctx_data_i[64 + Unit +: AddrBits];
  assign next_token = token_q + TokensBits'(span_q);
  assign next_part  = part_q + HeadsBits'(heads_q);
  assign final_set  = (kv_head_q + HeadsBits'(1) == kv_heads) && (next_token == tokens_q)
      && (next_part == group_q);

  assign cmd_ready_o = (state_q == Idle);
  assign ctx_re_o    = (state_q == Load) && (load_q != tokens_q);
  assign ctx_addr_o  = {bank_q, 7'(load_q)};
  assign set_valid_o = (state_q == Offer) && items_ready;
  assign set_token_o = token_q[TokenBits-1:0];
  assign set_tokens_o = span_q;
  assign set_heads_o = heads_q;
  assign set_head_o  = head_q + HeadBits'(part_q);
  assign set_final_o = final_set;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= Idle;
    end else begin
      case (state_q)
        Idle: if (cmd_valid_i) state_q <= Load;
        Load: if (load_q == tokens_q && !load_data_q && rest_q == '0) state_q <= Plan;
        Plan: state_q <= Offer;
        Offer: if (set_valid_o && set_ready_i) begin
          state_q  <= final_set ? Wait : Next;
        end
        Next: state_q <= Plan;
        default: if (finish_i) state_q <= Idle;
      endcase
    end
    case (state_q)
      Idle: begin
        cmd_q       <= cmd_i;
        tokens_q    <= tokens_i[TokensBits-1:0];
        bank_q      <= bank_i;
        load_q      <= '0;
        load_data_q <= 1'b0;
        rest_q      <= cmd_i[luoshu_defs_pkg::CmdAttnHeadsLsb +: HeadsBits];
        group_q     <= '0;
        kv_head_q   <= '0;
        head_q      <= '0;
        token_q     <= '0;
        part_q      <= '0;
        head_addr_q <= cmd_i[luoshu_defs_pkg::CmdAddressLsb + Unit +: AddrBits];
      end
      Load: begin
        if (ctx_gnt_i) load_q <= load_q + 1'b1;
        load_data_q  <= ctx_gnt_i;
        load_index_q <= load_q[TokenBits-1:0];
        if (load_data_q) begin
          position_q[load_index_q] <= ctx_data_i[32 +: PosBits];
          same_q[load_index_q]     <= (sequence_read == last_sequence_q);
          last_sequence_q          <= sequence_read;
        end
        if (rest_q != '0) begin
          rest_q  <= rest_q - kv_heads;
          group_q <= group_q + 1'b1;
        end
      end
      Plan: begin
        span_q     <= (32'(group_q) > Columns) ? SpanBits'(1) : span;
        heads_q    <= (32'(part_left) > Columns) ? SpanBits'(Columns) : part_left[SpanBits-1:0];
        set_addr_q <= head_addr_q + set_sequence;
        set_last_q <= position_q[last_token[TokenBits-1:0]];
      end
      Next: begin
        if (next_part != group_q) begin
          part_q <= next_part;
        end else begin
          part_q <= '0;
          if (next_token != tokens_q) begin
            token_q <= next_token;
          end else begin
            token_q     <= '0;
            kv_head_q   <= kv_head_q + 1'b1;
            head_q      <= head_q + HeadBits'(group_q);
            head_addr_q <= head_addr_q + head_stride;
          end
        end
      end
      default: ;
    endcase
  end
  generate
    if (MaxTokens <= 2) begin : gen_few   // registers are less than RAM in LUTs
      logic [AddrBits-1:0] first_q;       // the other one is read last
      assign set_sequence = token_q[0] ? last_sequence_q : first_q;
      always_ff @(posedge clk_i) if (state_q == Load && load_data_q
          && load_index_q == '0) first_q <= sequence_read;
    end else begin : gen_many
      logic [AddrBits-1:0] sequence_q [MaxTokens];
      assign set_sequence = sequence_q[token_q[TokenBits-1:0]];
      always_ff @(posedge clk_i) if (state_q == Load && load_data_q) sequence_q[load_index_q] <=
          sequence_read;
    end
    for (genvar t = 0; t < MaxTokens; t++) begin : gen_positions
      assign positions_o[t*PosBits +: PosBits] = position_q[t];
    end
  endgenerate

  // ----------------------------------------------- items and KV segments of the set that was taken
  typedef enum logic [1:0] {
    NeedSet,   // waiting for a set
    Keys,      // K segment and item of the block
    Values     // V segments of the block before
  } read_e;
  read_e        read_q;
  logic [AddrBits-1:0] block_addr_q;
  logic [BlockBits-1:0] block_q, last_block_q;
  logic [4:0]   last_key_q;
  logic         final_q;
  logic [ColBits-1:0] lastcol_q;
  logic         v_valid, v_space;    // blocks whose V is still to be read
  logic [AddrBits-1:0] v_addr;
  logic [4:0]   v_key;               // last key
  logic [2:0]   v_count;
  logic [5:0]   chunk_q;             // V segment
  logic         drain_q;             // after the command's last K: only V is left
  logic         have_next_q;         // the set has another block
  logic [SpanBits-1:0] columns;      // span x heads
  logic [4:0]   key;                 // last key of the block
  logic         v_parts;             // a V segment is of a chunk, else of the block
  logic [10:0]  hi_beats, v_beats;   // of all keys of the block, of a V segment
  logic [11:0]  k_beats;
  logic         last_block, no_meta;
  logic [5:0]   chunks;              // V segments
  logic         step_k, step_v;

  assign items_ready = (read_q == NeedSet) && !drain_q;
  assign last_block  = (block_q == last_block_q);
  assign key         = last_block ? last_key_q : 5'd31;
  luoshu_attn_beats #(.Lanes(Lanes)) u_hi_beats (.hpb_i(hpb), .key_i(key), .parts_i(1'b0),
      .beats_o(hi_beats));
  luoshu_attn_beats #(.Lanes(Lanes)) u_v_beats (.hpb_i(hpb), .key_i(v_key), .parts_i(v_parts),
      .beats_o(v_beats));
  assign no_meta     = SharedMeta && block_q[0];
  assign k_beats     = (no_meta ? 12'd0 : 12'(MetaBeats)) + 12'(hi_beats)
      + ((12'(hi_beats) + 12'd1) >> 1);
  assign v_parts     = (hpb > 4'(LB) && v_key != 5'd31);
  assign chunks      = v_parts ? 6'd1 << (hpb - 4'(LB)) : 6'd1;

  assign item_valid_o   = (read_q == Keys) && rd_ready_i && v_space;
  assign item_odd_o     = block_q[0];
  assign item_key_o     = key;
  assign item_first_o   = (block_q == '0);
  assign item_last_o    = last_block;
  assign item_final_o   = last_block && final_q;
  assign item_lastcol_o = lastcol_q;
  assign rd_valid_o = ((read_q == Keys) && item_ready_i && v_space)
      || (read_q == Values && v_valid);
  // a V segment has the 32 keys of a chunk
  assign rd_addr_o  = {(read_q == Keys) ? block_addr_q + AddrBits'(no_meta)
      : v_addr + (AddrBits'(chunk_q) << (LB + 5 - Unit)), {Unit{1'b0}}};
  assign rd_beats_o = (read_q == Keys) ? k_beats : 12'(v_beats);
  assign step_k = (read_q == Keys) && item_ready_i && rd_ready_i && v_space;
  assign step_v = (read_q == Values) && rd_ready_i && v_valid;

  logic v_last;
  assign v_last = (chunk_q + 6'd1 == chunks);
  luoshu_fifo #(.Width(AddrBits + 5), .Depth(4), .UseRam(0)) u_values (
      .clk_i, .rst_ni, .in_valid_i(step_k), .in_ready_o(v_space),
      .in_data_i({block_addr_q + AddrBits'(MetaBeats*L >> Unit)
      + (AddrBits'(3) << (hpb + 4'd4 - 4'(Unit))), key}), .out_valid_o(v_valid),
          .out_ready_i(step_v && v_last), .out_data_o({v_addr, v_key}), .count_o(v_count)
  );
  always_comb begin
    logic [SpanBits-1:0] sum;
    sum = '0;
    columns = '0;
    for (int n = 1; n <= Columns; n++) begin
      sum = sum + heads_q;
      if (32'(span_q) == n) columns = sum;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q  <= NeedSet;
      drain_q <= 1'b0;
    end else begin
      case (read_q)
        NeedSet: if (set_valid_o && set_ready_i) read_q <= Keys;
        Keys: if (step_k) begin
          drain_q <= last_block && final_q;
          if (32'(v_count) >= Lag || (last_block && final_q)) read_q <= Values;
          else if (last_block) read_q <= NeedSet;
        end
        default: if (step_v && v_last) begin
          if (!drain_q) begin
            read_q <= have_next_q ? Keys : NeedSet;
          end else if (v_count == 3'd1) begin
            read_q  <= NeedSet;
            drain_q <= 1'b0;
          end
        end
      endcase
    end
    if (read_q == NeedSet && set_valid_o && set_ready_i) begin
      block_addr_q <= set_addr_q;
      block_q      <= '0;
      {last_block_q, last_key_q} <= set_last_q;
      final_q      <= final_set;
      lastcol_q    <= ColBits'(columns - 1'b1);
    end
    if (step_k) begin
      have_next_q  <= !last_block;
      chunk_q      <= '0;
      block_addr_q <= block_addr_q + block_stride;
      block_q      <= block_q + 1'b1;
    end
    if (step_v) chunk_q <= v_last ? 6'd0 : chunk_q + 6'd1;
  end

  `LUOSHU_ASSERT(position_fits, !(state_q == Load && load_data_q) || ctx_data_i[63:32] >> PosBits
      == 32'd0)

  logic unused_bits;
  assign unused_bits = ^{cmd_q, ctx_data_i, last_token, tokens_i, part_left};
endmodule
`default_nettype wire
