// SPDX-License-Identifier: Apache-2.0
// The AXI4 subordinate in front of luoshu_sdram_ctrl: bursts in, runs of at most Piece beats with
// their data out.
//
// INCR bursts of whole beats of BeatBytes, 1 to 256 of them, that do not leave 4 KiB; other sizes
// and kinds are not looked at (assertions). One queue for both directions, so a read sees every
// write whose B was given: B is given when the last run of a write is in the queue. A run of a
// write is offered when all its data are here, a run of a read when there is room for its data:
// nothing behind ever waits for the manager.
// Reads and writes take turns by bursts where both wait.
// A burst that reaches beyond memory is answered DECERR: it writes nothing, its read data are
// undefined.
// Answers come in order, with the ids of their requests.
// Throughput: a beat per cycle each way.
// Latency: AR to run 2 cycles.
// Reset: synchronous, everything empty; the manager is reset with it (AXI4 has one ARESETn).
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_sdram_axi #(
    parameter int BeatBytes = 8,
    parameter int AddrBits  = 22,   // of a beat in memory
    parameter int IdBits    = 1,
    parameter int ReadDepth = 64,   // beats of read data that find room behind rd_*, a power of two
    parameter int Piece     = 16,   // beats of a run, a power of two, at most ReadDepth
    parameter int Requests  = 16    // read bursts in flight, a power of two
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    // AXI4 subordinate
    input  wire                    s_ar_valid_i,
    output logic                   s_ar_ready_o,
    input  wire  [IdBits-1:0]      s_ar_id_i,
    input  wire  [31:0]            s_ar_addr_i,
    input  wire  [7:0]             s_ar_len_i,
    output logic                   s_r_valid_o,
    input  wire                    s_r_ready_i,
    output logic [IdBits-1:0]      s_r_id_o,
    output logic [BeatBytes*8-1:0] s_r_data_o,
    output logic [1:0]             s_r_resp_o,
    output logic                   s_r_last_o,
    input  wire                    s_aw_valid_i,
    output logic                   s_aw_ready_o,
    input  wire  [IdBits-1:0]      s_aw_id_i,
    input  wire  [31:0]            s_aw_addr_i,
    input  wire  [7:0]             s_aw_len_i,
    input  wire                    s_w_valid_i,
    output logic                   s_w_ready_o,
    input  wire  [BeatBytes*8-1:0] s_w_data_i,
    input  wire  [BeatBytes-1:0]   s_w_strb_i,
    input  wire                    s_w_last_i,
    output logic                   s_b_valid_o,
    input  wire                    s_b_ready_i,
    output logic [IdBits-1:0]      s_b_id_o,
    output logic [1:0]             s_b_resp_o,
    // runs, and the data of writes ahead of their runs
    output logic                   cmd_valid_o,
    input  wire                    cmd_ready_i,
    output logic                   cmd_we_o,
    output logic [AddrBits-1:0]    cmd_addr_o,
    output logic [7:0]             cmd_beats_o,
    output logic                   wd_valid_o,
    input  wire                    wd_ready_i,
    output logic [BeatBytes*8-1:0] wd_data_o,
    output logic [BeatBytes-1:0]   wd_strb_o,
    input  wire                    rd_valid_i,
    output logic                   rd_ready_o,
    input  wire  [BeatBytes*8-1:0] rd_data_i
);
  localparam int BeatBits   = $clog2(BeatBytes);
  localparam int CreditBits = $clog2(ReadDepth) + 1;
  localparam logic [1:0] Okay = 2'b00, Decerr = 2'b11;

  // --------------------------------------------------------------- reads: a burst is cut into runs
  logic                  ar_busy_q, ar_take, tag_space;
  logic [AddrBits-1:0]   ar_addr_q;
  logic [8:0]            ar_left_q;                   // beats
  logic [7:0]            ar_piece;
  logic [CreditBits-1:0] credit_q;                    // beats that still find room
  logic                  read_ready, read_go, read_last, ar_outside;
  logic [32-BeatBits:0]  ar_end;                      // last beat
  assign ar_end       = (33-BeatBits)'(s_ar_addr_i[31:BeatBits]) + (33-BeatBits)'(s_ar_len_i);
  assign ar_outside   = ((ar_end >> AddrBits) != '0);
  assign ar_piece     = (ar_left_q > 9'(Piece)) ? 8'(Piece) : ar_left_q[7:0];
  assign read_last    = (ar_left_q <= 9'(Piece));
  assign read_ready   = ar_busy_q && (32'(credit_q) >= 32'(ar_piece));
  assign s_ar_ready_o = !ar_busy_q && tag_space;
  assign ar_take      = s_ar_valid_i && s_ar_ready_o;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_busy_q <= 1'b0;
      credit_q  <= CreditBits'(ReadDepth);
    end else begin
      if (ar_take) ar_busy_q <= 1'b1;
      else if (read_go && read_last) ar_busy_q <= 1'b0;
      credit_q <= credit_q - (read_go ? CreditBits'(ar_piece) : '0) + CreditBits'(rd_valid_i
          && rd_ready_o);
    end
    if (ar_take) begin
      ar_addr_q <= s_ar_addr_i[BeatBits +: AddrBits];
      ar_left_q <= {1'b0, s_ar_len_i} + 9'd1;
    end else if (read_go) begin
      ar_addr_q <= ar_addr_q + AddrBits'(ar_piece);
      ar_left_q <= ar_left_q - 9'(ar_piece);
    end
  end

  // ----------------------------------------------------------- writes: runs of beats that are here
  logic                aw_busy_q, aw_error_q;
  logic [IdBits-1:0]   aw_id_q;
  logic [AddrBits-1:0] aw_addr_q;                     // of the run that is collected
  logic [7:0]          got_q;                         // its beats that are here
  logic                run_q, run_last_q;             // it is whole; and the burst's last
  logic                write_ready, write_go, write_done, aw_outside, w_take;
  logic [32-BeatBits:0] aw_end;
  assign aw_end       = (33-BeatBits)'(s_aw_addr_i[31:BeatBits]) + (33-BeatBits)'(s_aw_len_i);
  assign aw_outside   = ((aw_end >> AddrBits) != '0);
  assign s_aw_ready_o = !aw_busy_q;
  assign s_w_ready_o  = aw_busy_q && !run_q && (wd_ready_i || aw_error_q);
  assign w_take       = s_w_valid_i && s_w_ready_o;
  assign wd_valid_o   = aw_busy_q && !run_q && s_w_valid_i && !aw_error_q;
  assign wd_data_o    = s_w_data_i;
  assign wd_strb_o    = s_w_strb_i;
  assign write_ready  = run_q && !aw_error_q && (!run_last_q || !s_b_valid_o);
  assign write_done   = write_go || (run_q && aw_error_q && (!run_last_q || !s_b_valid_o));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_busy_q   <= 1'b0;
      run_q       <= 1'b0;
      s_b_valid_o <= 1'b0;
    end else begin
      if (s_aw_valid_i && s_aw_ready_o) aw_busy_q <= 1'b1;
      else if (write_done && run_last_q) aw_busy_q <= 1'b0;
      if (w_take && (s_w_last_i || got_q == 8'(Piece - 1))) run_q <= 1'b1;
      else if (write_done) run_q <= 1'b0;
      if (write_done && run_last_q) s_b_valid_o <= 1'b1;
      else if (s_b_ready_i) s_b_valid_o <= 1'b0;
    end
    if (s_aw_valid_i && s_aw_ready_o) begin
      aw_id_q    <= s_aw_id_i;
      aw_addr_q  <= s_aw_addr_i[BeatBits +: AddrBits];
      aw_error_q <= aw_outside;
      got_q      <= '0;
    end else if (write_done) begin
      aw_addr_q <= aw_addr_q + AddrBits'(got_q);
      got_q     <= '0;
    end else if (w_take) begin
      got_q      <= got_q + 8'd1;
      run_last_q <= s_w_last_i;
    end
    if (write_done && run_last_q) begin
      s_b_id_o   <= aw_id_q;
      s_b_resp_o <= aw_error_q ? Decerr : Okay;
    end
  end

  // ---------------------------------------------------------------- one queue for both
  logic turn_q;             // writes go first
  logic stalled_q, kept_q;  // an offer was not taken; it is a write
  logic pick_write;
  assign pick_write  = stalled_q ? kept_q : write_ready && (turn_q || !read_ready);
  assign cmd_valid_o = read_ready || write_ready;
  assign cmd_we_o    = pick_write;
  assign cmd_addr_o  = pick_write ? aw_addr_q : ar_addr_q;
  assign cmd_beats_o = pick_write ? got_q : ar_piece;
  assign write_go    = cmd_ready_i && pick_write;
  assign read_go     = cmd_ready_i && read_ready && !pick_write;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) turn_q <= 1'b0;
    else if (write_go && run_last_q) turn_q <= 1'b0;
    else if (read_go && read_last) turn_q <= 1'b1;
    stalled_q <= rst_ni && cmd_valid_o && !cmd_ready_i;
    kept_q    <= pick_write;
  end

  // ---------------------------------------------------------------- read data
  logic                      tag_valid, tag_error;
  logic [7:0]                tag_len, r_count_q;
  logic [$clog2(Requests):0] unused_count;
  luoshu_fifo #(.Width(IdBits + 9), .Depth(Requests), .UseRam(0)) u_tags (
      .clk_i, .rst_ni, .in_valid_i(ar_take), .in_ready_o(tag_space), .in_data_i({s_ar_id_i,
      ar_outside, s_ar_len_i}),
      .out_valid_o(tag_valid), .out_ready_i(s_r_valid_o && s_r_ready_i && s_r_last_o),
      .out_data_o({s_r_id_o, tag_error, tag_len}),
      .count_o(unused_count)
  );
  assign s_r_valid_o = rd_valid_i && tag_valid;
  assign rd_ready_o  = s_r_ready_i && tag_valid;
  assign s_r_data_o  = rd_data_i;
  assign s_r_resp_o  = tag_error ? Decerr : Okay;
  assign s_r_last_o  = (r_count_q == tag_len);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) r_count_q <= '0;
    else if (s_r_valid_o && s_r_ready_i) r_count_q <= s_r_last_o ? 8'd0 : r_count_q + 8'd1;
  end
  logic unused_bits;
  assign unused_bits = ^{s_ar_addr_i[BeatBits-1:0], s_aw_addr_i[BeatBits-1:0]};
  `LUOSHU_ASSERT(page_r, !ar_take || 32'(s_ar_addr_i[11:BeatBits])
      + 32'(s_ar_len_i) < 32'(4096 / BeatBytes))
  `LUOSHU_ASSERT(credit, 32'(credit_q) <= 32'(ReadDepth))
  `LUOSHU_STREAM_STABLE(cmd_stable, cmd_valid_o, cmd_ready_i, {cmd_we_o, cmd_addr_o, cmd_beats_o})
  `LUOSHU_STREAM_STABLE(r_stable, s_r_valid_o, s_r_ready_i, s_r_data_o)
endmodule
`default_nettype wire
