// SPDX-License-Identifier: Apache-2.0
// The tail of the matrix engine: reads finished accumulators tile by tile, converts them to fp32, sends the result stream.
//
// Order: row tile, token, row in tile; padding rows are left out. One result per cycle. A tile is read once landed_i has
// counted it; free_o gives its place back. Latency: landed to result 6 cycles. Reset: empty.
`default_nettype none

module luoshu_array_tail #(
    parameter int Columns   = 4,
    parameter int Groups    = 2,
    parameter int Slots     = 1,
    parameter int TileBits  = 4,
    parameter int Multiply  = 0,    // 1: the conversion uses multipliers instead of shifters
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
    output logic [ColumnBits-1:0] a_column_o,    // the first of the columns that have the token's activations
    input  wire  signed [63:0]    acc_i,
    input  wire  signed [8:0]     a_i,           // A of {a_column, group, vector}, same cycle as the address
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
  localparam int CmdBits = 1 + 20 + 8 + 2 + 6 + 6;
  logic                cmd_valid, cmd_pop, joined;
  logic [19:0]         rows;
  logic signed [7:0]   wref;
  logic [5:0]          first, last;
  logic [2:0]          unused_cmds;
  luoshu_fifo #(.Width(CmdBits), .Depth(4), .UseRam(0)) u_commands (
      .clk_i, .rst_ni, .in_valid_i(cmd_valid_i), .in_ready_o(cmd_ready_o),
      .in_data_i({cmd_joined_i, cmd_rows_i, cmd_wref_i, cmd_vec_i, cmd_first_i, cmd_last_i}),
      .out_valid_o(cmd_valid), .out_ready_i(cmd_pop), .out_data_o({joined, rows, wref, vec_o, first, last}), .count_o(unused_cmds)
  );

  // Position: row of the tile's first row, token, row in tile.
  localparam int InBits = SlotBits + 1;
  logic                  started_q;
  logic [19:0]           row_q;
  logic [5:0]            token_q;
  logic [InBits-1:0]     in_q;
  logic [TileBits:0]     tiles_q;      // landed and not read
  logic [3:0]            flight_q;     // read and not taken from the result queue
  logic [5:0]            token;
  logic [19:0]           row;
  logic [19:0]           tile_rows;
  logic                  go, in_end, token_end, cmd_end;
  assign token     = started_q ? token_q : first;
  assign tile_rows = joined ? 20'(2 * Slots) : 20'(Slots);
  assign row       = row_q + 20'(in_q);
  assign go        = cmd_valid && (tiles_q != '0) && (flight_q < 4'd8);
  assign in_end    = (20'(in_q) == tile_rows - 20'd1) || (row == rows - 20'd1);
  assign token_end = in_end && (token == last);
  assign cmd_end   = token_end && (row == rows - 20'd1);
  assign free_o    = go && token_end;
  assign cmd_pop   = go && cmd_end;
  assign re_o      = go;
  // column: token in the group (pair and parity where joined); slot: row in tile
  assign column_o   = joined ? ColumnBits'({token, in_q[0]}) : ColumnBits'(token);
  assign a_column_o = joined ? ColumnBits'({token, 1'b0}) : ColumnBits'(token);
  assign group_o   = joined ? GroupBits'(token >> (ColumnBits - 1)) : GroupBits'(token >> ColumnBits);
  assign slot_o    = joined ? SlotBits'(in_q >> 1) : SlotBits'(in_q);

  // Through tofp: 1 cycle read, 3 cycles conversion.
  logic [3:0]         go_q;
  logic signed [11:0] exp_q;
  logic [27-1:0]      tag_q [4];   // {last, token, row}
  logic               conv_valid;
  logic [31:0]        conv;
  luoshu_tofp #(.Width(64), .Multiply(Multiply)) u_tofp (
      .clk_i, .rst_ni, .valid_i(go_q[0]), .int_i(acc_i), .exp_i(exp_q), .valid_o(conv_valid), .r_o(conv)
  );
  logic [3:0] unused_count;
  logic       queue_ready;
  luoshu_fifo #(.Width(27 + 32), .Depth(8), .UseRam(0)) u_results (
      .clk_i, .rst_ni, .in_valid_i(conv_valid), .in_ready_o(queue_ready), .in_data_i({tag_q[3], conv}),
      .out_valid_o(r_valid_o), .out_ready_i(r_ready_i), .out_data_o({r_last_o, r_token_o, r_row_o, r_data_o}), .count_o(unused_count)
  );
  logic taken;
  assign taken  = r_valid_o && r_ready_i;
  assign done_o = taken && r_last_o;
  assign idle_o = !cmd_valid && (flight_q == 4'd0);

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
          row_q  <= cmd_end ? 20'd0 : row_q + tile_rows;
          tile_o <= tile_o + 1'b1;
        end
      end
    end
    if (go && in_end) token_q <= token + 6'd1;
    else if (go) token_q <= token;
    if (go) begin
      exp_q    <= 12'(wref) + 12'(a_i) - 12'sd4;
      tag_q[0] <= {cmd_end, token, row};
    end
    for (int s = 1; s < 4; s++) tag_q[s] <= tag_q[s-1];
  end
  logic unused_bits;
  assign unused_bits = ^{go_q[3:1], queue_ready};
endmodule
`default_nettype wire
