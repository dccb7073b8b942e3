// SPDX-License-Identifier: Apache-2.0
// The matrix engine: client W of the MAC array. Executes MATMUL commands: weight stream times
// activations, results as fp32 (docs/architecture/array.md; docs/numerics.md, section 4).
//
// issue -> MAC array (outside) -> scale units -> result memory -> tail. A value beat issued in
// cycle t reaches column c's block sum at t + 3 + c and its accumulator at t + 7 + c; a tile of
// rows is complete Columns + 7 cycles after its last issue (2 x Columns + 7 where one scale unit
// serves all columns). Issue and tail overlap over tiles and commands; a place in the result memory
// is reserved before a tile starts.
// cmd_ready_o: takes a command; done_o pulses when the last result of a command was taken.
// Activations: a block of 32 comes in 32 / ActLanes parts in order, one per cycle at most, always
// taken; its exponent and sum count with the last part.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_array #(
    parameter int Lanes     = 32,
    parameter int Columns   = 4,
    parameter int Groups    = 2,
    parameter int ActBlocks = 256,
    parameter int InfoBits  = 12,
    parameter int TileBits  = 4,                              // log2 of tiles in flight
    parameter int ActLanes  = (Lanes < 32) ? Lanes : 32,      // derived
    parameter int Slots     = (Lanes < 32) ? 1 : Lanes / 32   // derived
) (
    input  wire                            clk_i,
    input  wire                            rst_ni,
    // command
    input  wire                            cmd_valid_i,
    output logic                           cmd_ready_o,
    input  wire  [255:0]                   cmd_i,
    // {tokens[6:0], loop, bank, write_logits, logits_mode[1:0]}
    input  wire  [InfoBits-1:0]            info_i,
    output logic                           done_o,
    // weight stream
    input  wire                            value_valid_i,
    output logic                           value_ready_o,
    input  wire  [Lanes*8-1:0]             value_data_i,
    input  wire                            scale_valid_i,
    output logic                           scale_ready_o,
    input  wire  [Lanes*8-1:0]             scale_data_i,
    // MAC array, client W
    output logic                           mac_valid_o,
    input  wire                            mac_ready_i,
    output logic [Lanes*8-1:0]             mac_a_o,
    output logic [1:0]                     mac_mode_o,
    output logic [Columns-1:0]             mac_cols_o,
    output logic [Columns*ActLanes*12-1:0] mac_b_o,
    input  wire  [Columns*Slots*26-1:0]    mac_sum_i,
    // activations
    input  wire                            aw_valid_i,
    input  wire  [5:0]                     aw_token_i,
    input  wire  [15:0]                    aw_block_i,
    input  wire  [1:0]                     aw_part_i,   // part of the block
    input  wire  [ActLanes*12-1:0]         aw_data_i,
    input  wire  [8:0]                     aw_exp_i,
    input  wire  [17:0]                    aw_sum_i,
    input  wire                            aw_joined_i,
    input  wire                            aw_first_i,
    input  wire  [1:0]                     aw_vec_i,
    // results
    output logic                           r_valid_o,
    input  wire                            r_ready_i,
    output logic [19:0]                    r_row_o,
    output logic [5:0]                     r_token_o,
    output logic [31:0]                    r_data_o,
    output logic                           r_last_o,
    // counters
    output logic                           busy_o,
    output logic                           stall_memory_o,
    output logic                           stall_wait_o
);
  localparam int GroupBits  = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int ColumnBits = $clog2(Columns);
  localparam int SlotBits   = (Slots > 1) ? $clog2(Slots) : 1;
  localparam int ChunkBits  = 64 * Slots;
  // One scale unit serves all columns, scale and minimum one after the other, when a block takes at
  // least 2 x Columns cycles.
  localparam int Shared = (Lanes * Columns <= 16 && Groups == 1) ? 1 : 0;

  // ---------------------------------------------------------------- command
  logic       issue_ready, tail_ready, start, only_last;
  logic [1:0] mode;
  logic [5:0] first_token, last_token;
  assign mode        = cmd_i[luoshu_defs_pkg::CmdMatmulModeLsb +: 2];
  assign only_last   = cmd_i[luoshu_defs_pkg::CmdLastLsb] && (info_i[1:0] == 2'd1);
  localparam int TokenBits = $clog2(Columns * Groups);
  assign last_token  = 6'(TokenBits'(info_i[InfoBits-1 -: 7] - 7'd1));
  assign first_token = only_last ? last_token : 6'd0;
  assign cmd_ready_o = issue_ready && tail_ready;
  assign start       = cmd_valid_i && cmd_ready_o;

  logic                 tile_free, tile_start, tile_last, free;
  logic [TileBits:0]    places_q;   // free places of the result memory
  logic [GroupBits-1:0] group;
  logic [15:0]          block;
  logic [1:0]           sub, vec;
  logic                 last_sub, last_k, high, has_min, joined;
  logic [TileBits-1:0]  tile;
  logic signed [7:0]    wref;
  logic [ChunkBits-1:0] chunk;
  logic                 wait_free;
  assign tile_free = (places_q != '0);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) places_q <= (TileBits+1)'(1 << TileBits);
    // plus or minus 1
    else if (free != tile_start) places_q <= places_q + {{TileBits{tile_start}}, 1'b1};
  end

  luoshu_array_issue #(.Lanes(Lanes), .Columns(Columns), .Groups(Groups), .Blocks(ActBlocks),
      .TileBits(TileBits)) u_issue (
      .clk_i, .rst_ni, .cmd_valid_i(start), .cmd_ready_o(issue_ready), .cmd_mode_i(mode),
      .cmd_rows_i(cmd_i[luoshu_defs_pkg::CmdMatmulRowsLsb +: 20]),
      .cmd_kblocks_i(cmd_i[luoshu_defs_pkg::CmdMatmulKblocksLsb +: 16]),
      .cmd_wref_i(cmd_i[luoshu_defs_pkg::CmdMatmulRefExponentLsb +: 8]),
      .cmd_src_i(cmd_i[luoshu_defs_pkg::CmdMatmulSrcBlockLsb +: 16]),
      .cmd_vec_i(cmd_i[luoshu_defs_pkg::CmdMatmulSrcVectorLsb +: 2]), .cmd_first_i(first_token),
      .cmd_last_i(last_token), .value_valid_i, .value_ready_o, .scale_valid_i, .scale_ready_o,
      .scale_data_i, .tile_free_i(tile_free), .tile_start_o(tile_start), .mac_valid_o,
      .mac_ready_i, .mac_mode_o, .mac_cols_o, .group_o(group), .block_o(block), .sub_o(sub),
      .last_sub_o(last_sub), .last_k_o(last_k), .tile_last_o(tile_last), .tile_o(tile),
      .high_o(high), .min_o(has_min), .joined_o(joined), .wref_o(wref), .vec_o(vec),
      .chunk_o(chunk), .wait_memory_o(stall_memory_o), .wait_free_o(wait_free)
  );
  assign mac_a_o      = value_data_i;
  assign stall_wait_o = wait_free || (mac_valid_o && !mac_ready_i);

  // ----------------------------------- what marches along: stage s is s + 1 cycles after the issue
  localparam int SideBits = Columns + GroupBits + 16 + 2 + 2 + 1 + 1 + TileBits + 1 + 1 + 1 + 8
      + ChunkBits;
  localparam int Stages = Columns + 2;
  logic                issued;
  // column c needs the stages up to c + 2
  logic                valid_q [Stages] /*verilator split_var*/;
  logic [SideBits-1:0] side_q [Stages] /*verilator split_var*/;
  assign issued = mac_valid_o && mac_ready_i;
  always_ff @(posedge clk_i) begin
    valid_q[0] <= rst_ni && issued;
    if (issued) begin
      side_q[0] <= {mac_cols_o, group, block, sub, vec, last_sub, last_k, tile, high, has_min,
          joined, wref, chunk};
    end
  end
  // The clock of the columns behind the first, and of the stages that only they need, stops while
  // they have no block, no activation comes for them and no result of theirs is read; a block is 5
  // cycles in the scale units.
  logic                clk_rest, rest_access;
  logic [Stages-1:0]   more;       // a beat for more than the first column may leave the stage
  logic [4:0]          inside_q;
  assign more[0] = 1'b0;
  luoshu_clock_gate u_rest_gate (.clk_i,
      .en_i(!rst_ni || more != '0 || inside_q != '0 || rest_access), .clk_o(clk_rest));
  always_ff @(posedge clk_i) inside_q <= {inside_q[3:0], more != '0};
  generate
    for (genvar s = 1; s < Stages; s++) begin : gen_stage
      logic march, clk_stage;
      assign march     = valid_q[s-1]
          && (side_q[s-1][SideBits-1 : SideBits - Columns + ((s > 2) ? s - 2 : 0)] != '0);
      assign more[s]   = valid_q[s] && (s > 2 || side_q[s][SideBits-1 : SideBits-Columns+1] != '0);
      assign clk_stage = (s > 2) ? clk_rest : clk_i;
      always_ff @(posedge clk_stage) begin
        valid_q[s] <= rst_ni && march;
        if (march) side_q[s] <= side_q[s-1];
      end
    end
  endgenerate

  // A tile is complete a fixed time after its last issue.
  localparam int Landing = Columns + 7 + ((Shared != 0) ? Columns : 0);
  logic [Landing-1:0] landing_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) landing_q <= '0;
    else landing_q <= {landing_q[Landing-2:0], issued && tile_last};
  end

  // -------------------------------------------------------- activations: token to column and group
  logic [ColumnBits-1:0] aw_column;
  logic [GroupBits-1:0]  aw_group;
  logic [Columns-1:0]     act_we;
  logic [31:0]            act_addr;
  logic                   aw_last;   // last part of a block
  assign aw_column  = aw_joined_i ? ColumnBits'({aw_token_i, 1'b0}) : ColumnBits'(aw_token_i);
  assign aw_group   = aw_joined_i ? GroupBits'(aw_token_i >> (ColumnBits - 1))
      : GroupBits'(aw_token_i >> ColumnBits);
  assign act_addr   = 32'(aw_group) * ActBlocks + 32'(aw_block_i);
  assign aw_last    = (32'(aw_part_i) == 32 / ActLanes - 1);

  // ---------------------------------------------------------------- columns
  // Shared: one memory has the exponents of all columns.
  localparam int PlaceBits = ColumnBits + 16 + 2;   // {slot, block, vector}
  localparam int LastSubAt = SideBits - Columns - GroupBits - 21;
  localparam int JoinedAt  = ChunkBits + 8;
  logic [Columns-1:0]        e_ask;
  logic [Columns*PlaceBits-1:0] e_block;
  logic [9:0]                e_drop;
  logic signed [17:0]        e_sum;
  logic                      re;
  logic [ColumnBits-1:0]     r_column;
  logic [SlotBits-1:0]       r_slot;
  logic [TileBits-1:0]       r_tile;
  logic [GroupBits-1:0]      r_group;
  logic [1:0]                r_vec;
  logic [ColumnBits-1:0]     a_column;
  logic [Columns*9-1:0]      largest;
  logic signed [8:0]         r_largest;   // A of the vector whose result is read
  logic [Columns*64*Slots-1:0] results;
  logic [Columns*Slots-1:0]  s_valid;   // block sums that enter the scale units
  // per column, what its scale units need
  localparam int ScaleBits = 1 + 1 + TileBits + GroupBits + 1 + 10 + 8 + 1 + 18;
  logic [Columns*ScaleBits-1:0]  s_common;
  logic [Columns*Slots*26-1:0]   s_sum;
  logic [Columns*Slots*32-1:0]   s_half;    // {minimum, scale}
  assign rest_access = (act_we[Columns-1:1] != '0) || (re && r_column != '0);
  generate
    for (genvar c = 0; c < Columns; c++) begin : gen_column
      logic clk_column;
      assign clk_column = (c == 0) ? clk_i : clk_rest;
      // request at stage c
      logic [Columns-1:0]   q_cols, d_cols;
      logic [GroupBits-1:0] q_group, d_group;
      logic [15:0]          q_block, d_block;
      logic [1:0]           q_sub, q_vec, d_sub, d_vec;
      logic                 d_last_sub, d_last_k, d_high, d_min, d_joined;
      logic [TileBits-1:0]  d_tile;
      logic signed [7:0]    d_wref;
      logic [ChunkBits-1:0] d_chunk;
      assign {q_cols, q_group, q_block, q_sub, q_vec} =
          side_q[c][SideBits-1 -: Columns + GroupBits + 20];
      logic [9:0]           drop;
      logic signed [17:0]   act_sum;
      logic                 mine;
      assign mine = aw_joined_i ? (aw_column[ColumnBits-1:0] == ColumnBits'(c & ~1))
          : (aw_column == ColumnBits'(c));
      assign act_we[c] = aw_valid_i && mine;
      luoshu_array_act #(.Lanes(Lanes), .Groups(Groups), .Blocks(ActBlocks)) u_act (
          .clk_i(clk_column), .we_i(act_we[c]), .waddr_i(act_addr), .wpart_i(aw_part_i),
          .wdata_i(aw_data_i), .re_i(valid_q[c] && q_cols[c]), .rgroup_i(q_group),
          .rblock_i(q_block), .rsub_i(q_sub), .act_o(mac_b_o[c*ActLanes*12 +: ActLanes*12])
      );
      if (Shared != 0) begin : gen_shared_exponents
        // asked for with the last part of a block; joined columns have the same activations
        assign e_ask[c] = valid_q[c] && q_cols[c] && side_q[c][LastSubAt];
        assign e_block[c*PlaceBits +: PlaceBits] =
            e_ask[c] ? {side_q[c][JoinedAt] ? ColumnBits'(c & ~1) : ColumnBits'(c), q_block, q_vec}
                : '0;
        assign {drop, act_sum} = {e_drop, e_sum};
      end else begin : gen_exponents
        luoshu_array_exponents #(.Slots(Groups), .Blocks(ActBlocks)) u_exponents (
            .clk_i(clk_column), .we_i(act_we[c] && aw_last), .wslot_i(aw_group),
            .wblock_i(aw_block_i), .wexp_i(aw_exp_i), .wsum_i(aw_sum_i), .wfirst_i(aw_first_i),
            .wvec_i(aw_vec_i), .re_i(valid_q[c] && q_cols[c]), .rslot_i(q_group),
            .rblock_i(q_block), .rvec_i(q_vec), .drop_o(drop), .sum_o(act_sum), .aslot_i(r_group),
            .avec_i(r_vec), .a_o(largest[c*9 +: 9])
        );
      end
      // block sum at stage c + 2
      assign {d_cols, d_group, d_block, d_sub, d_vec, d_last_sub, d_last_k, d_tile, d_high, d_min,
          d_joined,
              d_wref, d_chunk} = side_q[c+2];
      logic unused_side;
      assign unused_side = ^{side_q[c], q_cols, d_cols, d_block, d_sub, d_vec, d_chunk};
      assign s_common[c*ScaleBits +: ScaleBits] = {d_last_k, d_high, d_tile, d_group, d_min, drop,
          d_wref, d_joined, act_sum};
      for (genvar s = 0; s < Slots; s++) begin : gen_slot
        logic signed [25:0] sum, whole;
        assign sum = $signed(mac_sum_i[(c*Slots+s)*26 +: 26]);
        if (Lanes < 32) begin : gen_partial
          // parts of a block follow each other, group by group; the last leaves 0 for the next
          // block
          logic signed [25:0] partial_q [Groups];
          assign whole = sum + partial_q[d_group];
          always_ff @(posedge clk_column) begin
            if (!rst_ni) for (int i = 0; i < Groups; i++) partial_q[i] <= '0;
            else if (valid_q[c+2]) partial_q[d_group] <= d_last_sub ? 26'sd0 : whole;
          end
        end else begin : gen_whole
          assign whole = sum;
        end
        assign s_valid[c*Slots+s] = valid_q[c+2] && d_cols[c] && d_last_sub;
        assign s_sum[(c*Slots+s)*26 +: 26] = whole;
        // scale and minimum of the row: plain row s, joined row 2s + parity; anything while there
        // is no block
        localparam int Row = 2 * s + c % 2;
        always_comb begin
          s_half[(c*Slots+s)*32 +: 32] = 'x;
          if (s_valid[c*Slots+s]) begin
            s_half[(c*Slots+s)*32 +: 16] = !d_joined ? d_chunk[s*16 +: 16] : d_min
                ? d_chunk[Row*32 +: 16] : d_chunk[Row*16 +: 16];
            s_half[(c*Slots+s)*32 + 16 +: 16] = d_chunk[Row*32 + 16 +: 16];
          end
        end
      end
    end
  endgenerate

  generate
    if (Shared != 0) begin : gen_exponents
      logic [PlaceBits-1:0] place;   // columns are a cycle apart: at most one asks
      always_comb begin
        place = '0;
        for (int c = 0; c < Columns; c++) place = place | e_block[c*PlaceBits +: PlaceBits];
      end
      luoshu_array_exponents #(.Slots(Columns), .Blocks(ActBlocks)) u_exponents (
          .clk_i, .we_i(aw_valid_i && aw_last), .wslot_i(aw_column), .wblock_i(aw_block_i),
          .wexp_i(aw_exp_i), .wsum_i(aw_sum_i), .wfirst_i(aw_first_i), .wvec_i(aw_vec_i),
          .re_i(e_ask != '0), .rslot_i(place[PlaceBits-1:18]), .rblock_i(place[17:2]),
          .rvec_i(place[1:0]), .drop_o(e_drop), .sum_o(e_sum), .aslot_i(a_column), .avec_i(r_vec),
          .a_o(r_largest)
      );
      assign largest = '0;
      logic unused_exponents;
      assign unused_exponents = ^{largest, r_group};
      `LUOSHU_ASSERT(one_asks, (e_ask & (e_ask - 1'b1)) == '0)
    end else begin : gen_own_exponents
      assign {e_ask, e_block, e_drop, e_sum} = '0;
      assign r_largest = $signed(largest[32'(a_column)*9 +: 9]);
      logic unused_exponents;
      assign unused_exponents = ^{e_ask, e_block, e_drop, e_sum};
    end
  endgenerate

  // ---------------------------------------------------------------- scale units and result memory
  logic signed [63:0] acc;
  generate
    if (Shared != 0) begin : gen_shared
      // Columns are a cycle apart: at most one has a block.
      logic [ScaleBits-1:0]  common;
      logic [25:0]           sum;
      logic [31:0]           half;
      logic [ColumnBits-1:0] column, w_column;
      always_comb begin
        common = s_common[0 +: ScaleBits];   // of column 0 unless another has a block
        sum    = s_sum[0 +: 26];
        half   = s_half[0 +: 32];
        column = '0;
        for (int c = 1; c < Columns; c++) begin
          if (s_valid[c]) begin
            common = s_common[c*ScaleBits +: ScaleBits];
            sum    = s_sum[c*26 +: 26];
            half   = s_half[c*32 +: 32];
            column = ColumnBits'(c);
          end
        end
      end
      logic                 c_last, c_high, c_min, c_joined, done;
      logic [TileBits-1:0]  c_tile, w_tile;
      logic [GroupBits-1:0] c_group;
      logic [9:0]           c_drop;
      logic signed [7:0]    c_wref;
      logic signed [17:0]   c_act_sum;
      logic [63:0]          w_acc;
      assign {c_last, c_high, c_tile, c_group, c_min, c_drop, c_wref, c_joined, c_act_sum} = common;
      luoshu_array_scale #(.Entries(Columns), .PlaceBits(TileBits), .Serial(1)) u_scale (
          .clk_i, .rst_ni, .valid_i(s_valid != '0), .entry_i(column), .last_i(c_last),
          .place_i(c_tile), .b_i(sum), .scale_i(half[15:0]), .high_i(c_high), .drop_i(c_drop),
          .w_i(c_wref), .has_min_i(c_min), .min_i(half[31:16]), .act_sum_i(c_act_sum),
          .done_o(done), .entry_o(w_column), .place_o(w_tile), .acc_o(w_acc)
      );
      luoshu_ram_1r1w #(.Width(64), .Depth((1 << TileBits) * Columns)) u_results (
          .clk_i, .we_i(done), .waddr_i({w_tile, w_column}), .wmask_i('0), .wdata_i(w_acc),
          .re_i(re), .raddr_i({r_tile, r_column}), .rdata_o(results[63:0])
      );
      assign acc = $signed(results[63:0]);
      assign results[Columns*64-1:64] = '0;
      logic unused_shared;
      assign unused_shared = ^{c_group, c_joined, r_slot, results};
      `LUOSHU_ASSERT(one_block, (s_valid & (s_valid - 1'b1)) == '0)
    end else begin : gen_units
      for (genvar c = 0; c < Columns; c++) begin : gen_column_units
        logic                 c_last, c_high, c_min, c_joined;
        logic [TileBits-1:0]  c_tile;
        logic [GroupBits-1:0] c_group;
        logic [9:0]           c_drop;
        logic signed [7:0]    c_wref;
        logic signed [17:0]   c_act_sum;
        logic                 unused_joined, clk_column;
        assign clk_column = (c == 0) ? clk_i : clk_rest;
        assign {c_last, c_high, c_tile, c_group, c_min, c_drop, c_wref, c_joined, c_act_sum} =
            s_common[c*ScaleBits +: ScaleBits];
        assign unused_joined = c_joined;
        for (genvar s = 0; s < Slots; s++) begin : gen_unit
          logic                 done;
          logic [GroupBits-1:0] w_group;
          logic [TileBits-1:0]  w_tile;
          logic [63:0]          w_acc;
          luoshu_array_scale #(.Entries(Groups), .PlaceBits(TileBits)) u_scale (
              .clk_i(clk_column), .rst_ni, .valid_i(s_valid[c*Slots+s]), .entry_i(c_group),
              .last_i(c_last), .place_i(c_tile), .b_i(s_sum[(c*Slots+s)*26 +: 26]),
              .scale_i(s_half[(c*Slots+s)*32 +: 16]), .high_i(c_high), .drop_i(c_drop),
              .w_i(c_wref), .has_min_i(c_min), .min_i(s_half[(c*Slots+s)*32 + 16 +: 16]),
              .act_sum_i(c_act_sum), .done_o(done), .entry_o(w_group), .place_o(w_tile),
              .acc_o(w_acc)
          );
          luoshu_ram_1r1w #(.Width(64),
              .Depth((1 << TileBits) * ((Groups > 1) ? Groups : 2))) u_results (
              .clk_i(clk_column), .we_i(done), .waddr_i({w_tile, w_group}), .wmask_i('0),
              .wdata_i(w_acc), .re_i(re && r_column == ColumnBits'(c)
              && (Slots == 1 || r_slot == SlotBits'(s))), .raddr_i({r_tile, r_group}),
                  .rdata_o(results[(c*Slots+s)*64 +: 64])
          );
        end
      end
      // the word that the tail asked for
      logic [ColumnBits-1:0] column_q;
      logic [SlotBits-1:0]   slot_q;
      always_ff @(posedge clk_i) if (re) {column_q, slot_q} <= {r_column, r_slot};
      logic unused_slot;
      assign unused_slot = ^slot_q;
      assign acc = $signed(results[(32'(column_q)*Slots + ((Slots > 1) ? 32'(slot_q)
          : 32'd0))*64 +: 64]);
    end
  endgenerate

  // ---------------------------------------------------------------- tail
  logic tail_idle;
  luoshu_array_tail #(.Columns(Columns), .Groups(Groups), .Slots(Slots), .TileBits(TileBits),
      .Small(Shared)) u_tail (
      .clk_i, .rst_ni, .cmd_valid_i(start), .cmd_ready_o(tail_ready),
      .cmd_joined_i(mode == 2'd1 || mode == 2'd2),
      .cmd_rows_i(cmd_i[luoshu_defs_pkg::CmdMatmulRowsLsb +: 20]),
      .cmd_wref_i(cmd_i[luoshu_defs_pkg::CmdMatmulRefExponentLsb +: 8]),
      .cmd_vec_i(cmd_i[luoshu_defs_pkg::CmdMatmulSrcVectorLsb +: 2]), .cmd_first_i(first_token),
      .cmd_last_i(last_token), .landed_i(landing_q[Landing-1]), .free_o(free), .re_o(re),
      .column_o(r_column), .slot_o(r_slot), .tile_o(r_tile), .group_o(r_group), .vec_o(r_vec),
      .a_column_o(a_column), .acc_i(acc), .a_i(r_largest), .r_valid_o, .r_ready_i, .r_row_o,
      .r_token_o, .r_data_o, .r_last_o, .done_o, .idle_o(tail_idle)
  );
  assign busy_o = !issue_ready || !tail_idle;

  logic unused_bits;
  assign unused_bits = ^{cmd_i, info_i};
endmodule
`default_nettype wire
