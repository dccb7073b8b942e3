// SPDX-License-Identifier: Apache-2.0
// The tail of the matrix engine: reads finished accumulators tile by tile, converts them to fp32,
// sends the result stream.
//
// Order: row tile, token, row in tile; padding rows are left out. One result per cycle. A tile is
// read once landed_i has counted it; free_o gives its place back. Latency: landed to result 6
// cycles, Small = 1: 7, a result every two cycles at most and two between accumulator and receiver.
// Reset: empty.
`default_nettype none

module luoshu_array_tail #(
    parameter int Columns   = 4,
    parameter int Groups    = 2,
    parameter int Slots     = 1,
    parameter int TileBits  = 4,
    // 1: multipliers instead of shifters convert, queues are two words deep
    parameter int Small     = 0,
    parameter int GroupBits = (Groups > 1) ? $clog2(Groups) : 1,
    parameter int ColumnBits = $clog2(Columns),
    parameter int SlotBits  = (Slots > 1) ? $clog2(Slots) : 1
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    // command, as it starts to issue
    input  wire                   cmd_valid_i,
    output logic                  cmd_ready_o,
    input  wire                   cmd_joined_i,
    input  wire  [19:0]           cmd_rows_i,
    input  wire  signed [7:0]     cmd_wref_i,
    input  wire  [1:0]            cmd_vec_i,
    input  wire  [5:0]            cmd_first_i,
    input  wire  [5:0]            cmd_last_i,
    // tiles
    input  wire                   landed_i,      // pulse: the next tile is complete
    output logic                  free_o,        // pulse: its place is free
    // accumulators: read one cycle after the address
    output logic                  re_o,
    output logic [ColumnBits-1:0] column_o,
    output logic [SlotBits-1:0]   slot_o,
    output logic [TileBits-1:0]   tile_o,
    output logic [GroupBits-1:0]  group_o,
    output logic [1:0]            vec_o,
    // the first of the columns that have the token's activations
    output logic [ColumnBits-1:0] a_column_o,
    input  wire  signed [63:0]    acc_i,
    // A of {a_column, group, vector}, same cycle as the address
    input  wire  signed [8:0]     a_i,
    // result stream
    output logic                  r_valid_o,
    input  wire                   r_ready_i,
    output logic [19:0]           r_row_o,
    output logic [5:0]            r_token_o,
    output logic [31:0]           r_data_o,
    output logic                  r_last_o,      // last result of the command
    output logic                  done_o,        // pulse: it was taken
    output logic                  idle_o
);
  localparam int TokenBits = $clog2(Columns * Groups);
  localparam int CmdBits = 1 + 20 + 8 + 2 + 2 * TokenBits;
  logic                cmd_valid, cmd_pop, joined;
  logic [19:0]         rows;
  logic signed [7:0]   wref;
  logic [TokenBits-1:0] first, last;
  logic [(Small != 0) ? 1 : 2 : 0] commands;
  luoshu_fifo #(.Width(CmdBits), .Depth((Small != 0) ? 2 : 4),
      .UseRam((Small != 0) ? 2 : 0)) u_commands (
      .clk_i, .rst_ni, .in_valid_i(cmd_valid_i), .in_ready_o(cmd_ready_o),
      .in_data_i({cmd_joined_i, cmd_rows_i, cmd_wref_i, cmd_vec_i, TokenBits'(cmd_first_i),
      TokenBits'(cmd_last_i)}), .out_valid_o(cmd_valid), .out_ready_i(cmd_pop),
          .out_data_o({joined, rows, wref, vec_o, first, last}), .count_o(commands)
  );

  // Position: row of the tile's first row, token, row in tile.
  localparam int InBits = SlotBits + 1;
  localparam int InFlight = (Small != 0) ? 2 : 8;   // results read and not taken
  logic                  started_q;
  logic [19:0]           row_q;
  logic [TokenBits-1:0]  token_q;
  logic [InBits-1:0]     in_q;
  logic [TileBits:0]     tiles_q;      // landed and not read
  logic [3:0]            flight_q;     // read and not taken from the result queue
  logic [TokenBits-1:0]  token;
  logic [19:0]           row;
  logic [19:0]           tile_rows, next_tile;
  // rows_end: the last row of the matrix
  logic                  go, tile_end, rows_end, in_end, token_end, cmd_end;
  assign token     = started_q ? token_q : first;
  assign tile_rows = joined ? 20'(2 * Slots) : 20'(Slots);
  assign row       = row_q | 20'(in_q);   // a tile begins at a multiple of its rows
  assign next_tile = row_q + tile_rows;
  assign go        = cmd_valid && (tiles_q != '0) && (flight_q < 4'(InFlight));
  assign tile_end  = (20'(in_q) == tile_rows - 20'd1);
  assign rows_end  = tile_end ? (next_tile == rows) : ((row_q | (20'(in_q) + 20'd1)) == rows);
  assign in_end    = tile_end || rows_end;
  assign token_end = in_end && (token == last);
  assign cmd_end   = token_end && rows_end;
  assign free_o    = go && token_end;
  assign cmd_pop   = go && cmd_end;
  assign re_o      = go;
  // column: token in the group (pair and parity where joined); slot: row in tile
  assign column_o   = joined ? ColumnBits'({token, in_q[0]}) : ColumnBits'(token);
  assign a_column_o = joined ? ColumnBits'({token, 1'b0}) : ColumnBits'(token);
  assign group_o   = joined ? GroupBits'(token >> (ColumnBits - 1))
      : GroupBits'(token >> ColumnBits);
  assign slot_o    = joined ? SlotBits'(in_q >> 1) : SlotBits'(in_q);

  // Through tofp: 1 cycle read, 3 cycles conversion.
  logic [3:0]         go_q;
  logic signed [11:0] exp_q;
  logic [4*27-1:0]    tag_q;   // four stages of {last, token, row}, the newest lowest
  logic               conv_valid;
  logic [31:0]        conv;
  luoshu_tofp #(.Width(64), .Multiply(Small), .ExpOffset(-4)) u_tofp (
      .clk_i, .rst_ni, .valid_i(go_q[0]), .int_i(acc_i), .exp_i(exp_q), .valid_o(conv_valid),
      .r_o(conv)
  );
  logic [$clog2(InFlight):0] unused_count;
  logic                      queue_ready;
  luoshu_fifo #(.Width(27 + 32), .Depth(InFlight), .UseRam((Small != 0) ? 2 : 0)) u_results (
      .clk_i, .rst_ni, .in_valid_i(conv_valid), .in_ready_o(queue_ready),
      .in_data_i({tag_q[3*27 +: 27], conv}), .out_valid_o(r_valid_o), .out_ready_i(r_ready_i),
      .out_data_o({r_last_o, r_token_o, r_row_o, r_data_o}), .count_o(unused_count)
  );
  logic taken;
  assign taken  = r_valid_o && r_ready_i;
  assign done_o = taken && r_last_o;
  assign idle_o = (commands == '0) && (flight_q == 4'd0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      row_q     <= '0;
      in_q      <= '0;
      tile_o    <= '0;
      tiles_q   <= '0;
      flight_q  <= '0;
      go_q      <= '0;
    end else begin
      go_q     <= {go_q[2:0], go};
      if (landed_i != free_o) tiles_q <= tiles_q + {{TileBits{free_o}}, 1'b1};   // plus or minus 1
      if (go != taken) flight_q <= flight_q + {{3{taken}}, 1'b1};
      if (go) begin
        started_q <= !token_end;
        in_q      <= in_end ? '0 : in_q + 1'b1;
        if (token_end) begin
          row_q  <= cmd_end ? 20'd0 : next_tile;
          tile_o <= tile_o + 1'b1;
        end
      end
    end
    if (go && in_end) token_q <= token + 1'b1;
    else if (go) token_q <= token;
    if (go) begin
      exp_q    <= 12'(wref) + 12'(a_i);
      tag_q[0 +: 27] <= {cmd_end, 6'(token), row};
    end
    tag_q[27 +: 3*27] <= tag_q[0 +: 3*27];
  end
  logic unused_bits;
  assign unused_bits = ^{go_q[3:1], queue_ready, cmd_first_i, cmd_last_i};
endmodule
`default_nettype wire
