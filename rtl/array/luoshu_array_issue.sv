// SPDX-License-Identifier: Apache-2.0
// Walks a MATMUL command over its stream: row tiles, blocks, planes, parts of a block, groups of
// tokens. Issues each value beat once per group and takes the scale beat that precedes each run
// (docs/architecture/memory.md).
//
// A tile starts only when tile_free_i (the result memory has a place). One issue per cycle.
// cmd_ready_o while idle: a command's results may still be on their way when the next one starts.
// Reset: idle.
`default_nettype none

module luoshu_array_issue #(
    parameter int Lanes     = 32,
    parameter int Columns   = 4,
    parameter int Groups    = 2,
    parameter int Blocks    = 256,                        // activation blocks of a token
    parameter int TileBits  = 4,                          // log2 of tiles in flight
    parameter int Slots     = (Lanes < 32) ? 1 : Lanes / 32,  // derived
    parameter int GroupBits = (Groups > 1) ? $clog2(Groups) : 1,
    // scales of a block: at most fp16 scale and minimum of 2 x Slots rows
    parameter int ChunkBits = 64 * Slots
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    // command
    input  wire                   cmd_valid_i,
    output logic                  cmd_ready_o,
    input  wire  [1:0]            cmd_mode_i,
    input  wire  [19:0]           cmd_rows_i,
    input  wire  [15:0]           cmd_kblocks_i,
    input  wire  signed [7:0]     cmd_wref_i,
    input  wire  [15:0]           cmd_src_i,     // first activation block
    input  wire  [1:0]            cmd_vec_i,
    input  wire  [5:0]            cmd_first_i,   // first and last token
    input  wire  [5:0]            cmd_last_i,
    // stream
    input  wire                   value_valid_i,
    output logic                  value_ready_o,
    input  wire                   scale_valid_i,
    output logic                  scale_ready_o,
    input  wire  [Lanes*8-1:0]    scale_data_i,
    input  wire                   tile_free_i,
    output logic                  tile_start_o,  // a place is taken
    // issue; all of it is valid with mac_valid_o && mac_ready_i
    output logic                  mac_valid_o,
    input  wire                   mac_ready_i,
    output logic [1:0]            mac_mode_o,    // of luoshu_mac_column
    output logic [Columns-1:0]    mac_cols_o,
    output logic [GroupBits-1:0]  group_o,
    output logic [15:0]           block_o,       // activation block
    output logic [1:0]            sub_o,         // part of the block
    output logic                  last_sub_o,
    output logic                  last_k_o,      // the last block (and plane) of the row
    output logic                  tile_last_o,   // the tile's last issue
    output logic [TileBits-1:0]   tile_o,
    output logic                  high_o,        // high plane
    output logic                  min_o,         // has minima
    output logic                  joined_o,
    output logic signed [7:0]     wref_o,
    output logic [1:0]            vec_o,
    output logic [ChunkBits-1:0]  chunk_o,       // the block's scales
    output logic                  wait_memory_o, // wants a beat and there is none
    output logic                  wait_free_o    // waits for a place
);
  localparam int Parts = (Lanes < 32) ? 32 / Lanes : 1;
  localparam int ColumnBits = $clog2(Columns);
  localparam int KBits = $clog2(Blocks + 1);
  localparam logic [1:0] Int8 = 2'd0, Int4 = 2'd1, Int4m = 2'd2, Planes = 2'd3;

  logic        busy_q, inside_q;          // a command; inside a tile
  logic [1:0]  mode_q;
  logic [19:0] rows_q;                    // rows not yet finished
  logic [KBits-1:0] kblocks_q, k_q, src_q;
  logic [1:0]  sub_q;
  logic        low_q;                     // low plane
  logic [4:0]  run_q;                     // value beats of the run so far
  logic [5:0]  first_q, last_q;           // tokens
  logic [GroupBits-1:0] g_first, g_last, g_q;
  logic        planes, joined;
  logic [19:0] tile_rows;
  logic [4:0]  run_last;
  assign planes    = (mode_q == Planes);
  assign joined    = (mode_q == Int4) || (mode_q == Int4m);
  assign joined_o  = joined;
  assign min_o     = (mode_q == Int4m);
  assign tile_rows = joined ? 20'(2 * Slots) : 20'(Slots);
  assign run_last  = (mode_q == Int4) ? 5'd7 : (mode_q == Int4m) ? 5'd3 : 5'd15;

  // Groups and columns of the tokens.
  function automatic logic [GroupBits-1:0] group_of(input logic [5:0] token, input logic pairs);
    group_of = (Groups == 1) ? '0 : pairs ? GroupBits'(token >> (ColumnBits - 1))
        : GroupBits'(token >> ColumnBits);
  endfunction
  assign g_first = group_of(first_q, joined);
  assign g_last  = group_of(last_q, joined);
  generate
    for (genvar c = 0; c < Columns; c++) begin : gen_mask
      logic [6:0] token;   // of this column in this group
      assign token = joined ? (7'(g_q) << (ColumnBits - 1)) + 7'(c / 2) : (7'(g_q) << ColumnBits)
          + 7'(c);
      assign mac_cols_o[c] = (token >= {1'b0, first_q}) && (token <= {1'b0, last_q});
    end
  endgenerate

  logic issue, group_end, part_end, row_end, tile_end, last_tile, all_end, run_end;
  assign mac_valid_o = busy_q && value_valid_i && scale_valid_i && (inside_q || tile_free_i);
  assign issue     = mac_valid_o && mac_ready_i;
  assign group_end = (g_q == g_last);
  assign part_end  = (sub_q == 2'(Parts - 1));
  assign row_end   = part_end && (k_q == kblocks_q - 1'b1) && (!planes || low_q);
  assign tile_end  = issue && group_end && row_end;
  assign last_tile = joined ? (rows_q <= 20'(2 * Slots)) : (rows_q <= 20'(Slots));
  assign all_end   = tile_end && last_tile;
  assign run_end   = (run_q == run_last) || (row_end && last_tile);
  assign tile_start_o  = issue && !inside_q;
  assign value_ready_o = issue && group_end;
  assign scale_ready_o = issue && group_end && run_end;
  assign cmd_ready_o   = !busy_q;
  assign wait_memory_o = busy_q && !(value_valid_i && scale_valid_i);
  assign wait_free_o   = busy_q && value_valid_i && scale_valid_i && !(inside_q || tile_free_i);

  assign mac_mode_o  = (mode_q == Planes) ? (low_q ? 2'd3 : 2'd0) : mode_q;
  assign group_o     = g_q;
  assign block_o     = 16'(src_q) + 16'(k_q);
  assign sub_o       = sub_q;
  assign last_sub_o  = part_end;
  assign last_k_o    = (k_q == kblocks_q - 1'b1) && (!planes || low_q);
  assign tile_last_o = group_end && row_end;
  assign high_o      = planes && !low_q;

  // Scales of the current block.
  logic [3:0] order;   // block in the run
  assign order = (Parts > 1) ? 4'(run_q[3:0] >> $clog2(Parts)) : run_q[3:0];
  // where its scales begin, in units of 16 x Slots bits; beyond the beat nobody looks
  logic [3:0] unit;
  assign unit    = (mode_q == Int4m) ? {order[1:0], 2'd0} : (mode_q == Int4) ? {order[2:0], 1'b0}
      : order;
  assign chunk_o = scale_data_i[32'(unit) * 16 * Slots +: ChunkBits];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q   <= 1'b0;
      inside_q <= 1'b0;
      tile_o   <= '0;
    end else begin
      if (!busy_q) busy_q <= cmd_valid_i;
      else if (all_end) busy_q <= 1'b0;
      if (issue) inside_q <= !tile_end;
      if (tile_end) tile_o <= tile_o + 1'b1;
    end
    if (!busy_q) begin
      mode_q    <= cmd_mode_i;
      rows_q    <= cmd_rows_i;
      kblocks_q <= KBits'(cmd_kblocks_i);
      src_q     <= KBits'(cmd_src_i);
      wref_o    <= cmd_wref_i;
      vec_o     <= cmd_vec_i;
      first_q   <= cmd_first_i;
      last_q    <= cmd_last_i;
      k_q       <= '0;
      sub_q     <= '0;
      low_q     <= 1'b0;
      run_q     <= '0;
      g_q       <= group_of(cmd_first_i, cmd_mode_i == Int4 || cmd_mode_i == Int4m);
    end else if (issue) begin
      g_q <= group_end ? g_first : g_q + 1'b1;
      if (group_end) begin
        run_q <= run_end ? 5'd0 : run_q + 5'd1;
        sub_q <= part_end ? 2'd0 : sub_q + 2'd1;
        if (part_end) begin
          if (planes) low_q <= !low_q;
          if (!planes || low_q) k_q <= (k_q == kblocks_q - 1'b1) ? '0 : k_q + 1'b1;
        end
        if (row_end) rows_q <= rows_q - tile_rows;
      end
    end
  end
  logic unused_bits;
  assign unused_bits = ^{run_q[4], cmd_kblocks_i, cmd_src_i, Int8};
endmodule
`default_nettype wire
