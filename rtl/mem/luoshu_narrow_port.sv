// SPDX-License-Identifier: Apache-2.0
// Joins the 32-bit masters (the link, and the control core's window) to the wide memory port.
//
// Link master: a request is {write, byte address (4-byte aligned), words 1..256}; then a write
// sends that many words with byte strobes and gets one bvalid when all of them are in memory; a
// read receives that many words, rlast with the last one. Words of a write are combined into beats,
// beats into bursts of up to 16 within an aligned 16 beats; the words of a write must come without
// waiting for other writes. Window master (single words): granted when the link is idle, rvalid
// ends an access of either kind; rdata is 0 in other cycles. Address and data of a window access
// are taken with its grant; both masters may share one multiplexer for these.
// error_o, valid with rlast, bvalid and win_rvalid: memory answered a beat of this access with an
// error. One request at a time. Throughput: one word per cycle, of a write but for a cycle per
// beat; Lanes < 32 reads one beat after the other. Reset: idle.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_narrow_port #(
    parameter int Lanes = 32  // bytes per beat
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    // link
    input  wire                req_valid_i,
    output logic               req_ready_o,
    input  wire                req_write_i,
    input  wire  [39:0]        req_addr_i,
    input  wire  [8:0]         req_words_i,
    input  wire                wvalid_i,
    output logic               wready_o,
    input  wire  [31:0]        wdata_i,
    input  wire  [3:0]         wstrb_i,
    output logic               rvalid_o,
    input  wire                rready_i,
    output logic [31:0]        rdata_o,
    output logic               rlast_o,
    output logic               bvalid_o,
    output logic               error_o,       // of the access that ends
    // window of the core
    input  wire                win_req_i,
    output logic               win_gnt_o,
    input  wire                win_we_i,
    input  wire  [3:0]         win_be_i,
    input  wire  [31:0]        win_addr_i,
    input  wire  [31:0]        win_wdata_i,
    output logic               win_rvalid_o,
    output logic [31:0]        win_rdata_o,
    // memory port
    output logic               rq_valid_o,
    input  wire                rq_ready_i,
    output logic [31:0]        rq_addr_o,
    output logic [7:0]         rq_beats_o,
    input  wire                rc_valid_i,
    input  wire  [Lanes*8-1:0] rc_data_i,
    input  wire                rc_error_i,
    output logic               wq_valid_o,
    input  wire                wq_ready_i,
    output logic [31:0]        wq_addr_o,
    output logic [Lanes*8-1:0] wq_data_o,
    output logic [Lanes-1:0]   wq_strb_o,
    output logic [3:0]         wq_len_o,      // beats of the burst that follow
    input  wire                wc_bvalid_i,
    input  wire                wc_error_i
);
  localparam int BeatBits = $clog2(Lanes);
  localparam int WordBits = BeatBits - 2;   // word within a beat

  typedef enum logic [1:0] {Idle, Write, WriteWait, Read} state_e;
  state_e              state_q;
  logic                window_q;    // the access is the window's
  logic [31:0]         addr_q;      // of the next word
  logic [8:0]          left_q;      // words left
  logic [Lanes*8-1:0]  data_q;      // beat being combined
  logic [Lanes-1:0]    strb_q;
  logic                flush_q;     // data_q goes to the write client
  logic [31:0]         flush_addr_q;
  logic [3:0]          pending_q;   // bursts written and not acknowledged
  logic                failed_q;    // an answer was an error
  logic                accept, word_in, beat_end;
  logic                take_window;

  assign take_window = (state_q == Idle) && win_req_i && !req_valid_i;
  assign win_gnt_o   = take_window;
  assign req_ready_o = (state_q == Idle);
  assign accept      = (state_q == Idle) && (req_valid_i || win_req_i);

  // ---------------------------------------------------------------- write
  assign wready_o  = (state_q == Write) && !window_q && !flush_q;
  assign word_in   = (state_q == Write) && !flush_q && (window_q || wvalid_i);
  assign beat_end  = (&addr_q[BeatBits-1:2]) || (left_q == 9'd1);
  assign wq_valid_o = flush_q;
  assign wq_addr_o  = flush_addr_q;
  assign wq_data_o  = data_q;
  assign wq_strb_o  = strb_q;
  // Behind the beat that leaves the words start a beat. They, up to the end of the 16 beats.
  logic [8-WordBits:0] behind;   // beats
  logic [3:0]          to_end;
  assign behind   = (9-WordBits)'(({1'b0, left_q} + 10'(Lanes/4 - 1)) >> WordBits);
  assign to_end   = ~flush_addr_q[BeatBits +: 4];
  assign wq_len_o = (32'(behind) > 32'(to_end)) ? to_end : 4'(behind);
  assign error_o  = failed_q;

  // ---------------------------------------------------------------- read
  localparam int Ahead = (Lanes < 32) ? 1 : 8;   // beats on their way or waiting
  logic               beat_valid, beat_pop;
  logic [Lanes*8-1:0] beat;
  logic               request, word_out;
  assign rq_beats_o = 8'd1;
  assign request    = rq_valid_o && rq_ready_i;
  generate
    if (Ahead > 1) begin : gen_queue
      logic                   beat_space;
      logic [$clog2(Ahead):0] unused_count;
      logic [31:0]            fetch_addr_q;
      logic [8:0]             fetch_left_q;   // beats left to request
      logic [3:0]             room_q;         // beats that may still be asked for
      assign rq_valid_o = (state_q == Read) && (fetch_left_q != 9'd0) && (room_q != 4'd0);
      assign rq_addr_o  = fetch_addr_q;
      luoshu_fifo #(.Width(Lanes*8), .Depth(Ahead)) u_beats (
          .clk_i, .rst_ni, .in_valid_i(rc_valid_i), .in_ready_o(beat_space), .in_data_i(rc_data_i),
          .out_valid_o(beat_valid), .out_ready_i(beat_pop), .out_data_o(beat),
          .count_o(unused_count)
      );
      always_ff @(posedge clk_i) begin
        if (!rst_ni) room_q <= 4'(Ahead);
        else if (beat_pop != request) room_q <= room_q + {{3{request}}, 1'b1};   // plus or minus 1
        if (accept) begin
          fetch_addr_q <= {take_window ? win_addr_i[31:BeatBits] : req_addr_i[31:BeatBits],
              {BeatBits{1'b0}}};
          fetch_left_q <= take_window ? 9'd1
              : 9'((32'(req_addr_i[BeatBits-1:2]) + 32'(req_words_i)
                  + 32'(Lanes/4) - 32'd1) >> WordBits);
        end else if (request) begin
          fetch_addr_q <= fetch_addr_q + 32'(Lanes);
          fetch_left_q <= fetch_left_q - 9'd1;
        end
      end
      `LUOSHU_ASSERT(read_fits, !rc_valid_i || beat_space)
    end else begin : gen_register   // the beat of the next word
      logic               asked_q, beat_valid_q;
      logic [Lanes*8-1:0] beat_q;
      assign rq_valid_o = (state_q == Read) && !asked_q;
      assign rq_addr_o  = {addr_q[31:BeatBits], {BeatBits{1'b0}}};
      assign beat_valid = beat_valid_q;
      assign beat       = beat_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          asked_q      <= 1'b0;
          beat_valid_q <= 1'b0;
        end else begin
          asked_q      <= request || (asked_q && !beat_pop);
          beat_valid_q <= rc_valid_i || (beat_valid_q && !beat_pop);
        end
        if (rc_valid_i) beat_q <= rc_data_i;
      end
      `LUOSHU_ASSERT(read_fits, !rc_valid_i || (asked_q && !beat_valid_q))
    end
  endgenerate
  assign rvalid_o = (state_q == Read) && beat_valid && !window_q;
  assign rlast_o  = (left_q == 9'd1);
  assign word_out = (state_q == Read) && beat_valid && (window_q || rready_i);
  assign beat_pop = word_out && beat_end;
  assign rdata_o  = beat[32*32'(addr_q[BeatBits-1:2]) +: 32];

  always_ff @(posedge clk_i) begin
    bvalid_o     <= 1'b0;
    win_rvalid_o <= 1'b0;
    if (!rst_ni) begin
      state_q   <= Idle;
      flush_q   <= 1'b0;
      pending_q <= '0;
    end else begin
      if ((wq_valid_o && wq_ready_i && wq_len_o == 4'd0) != wc_bvalid_i)
        pending_q <= pending_q + {{3{wc_bvalid_i}}, 1'b1};   // plus or minus 1
      if (flush_q && wq_ready_i) flush_q <= 1'b0;
      case (state_q)
        Idle:
          if (accept) state_q <= (take_window ? win_we_i : req_write_i) ? Write : Read;
        Write:
          if (word_in) begin
            if (beat_end) flush_q <= 1'b1;
            if (left_q == 9'd1) state_q <= WriteWait;
          end
        WriteWait:
          if (!flush_q && pending_q == 4'd0) begin
            state_q      <= Idle;
            bvalid_o     <= !window_q;
            win_rvalid_o <= window_q;
          end
        default:  // Read
          if (word_out && left_q == 9'd1) begin
            state_q      <= Idle;
            win_rvalid_o <= window_q;
          end
      endcase
    end
    if (accept) failed_q <= 1'b0;
    else if ((rc_valid_i && rc_error_i) || (wc_bvalid_i && wc_error_i)) failed_q <= 1'b1;
    if (accept) begin
      window_q     <= take_window;
      addr_q       <= take_window ? win_addr_i : req_addr_i[31:0];
      left_q       <= take_window ? 9'd1 : req_words_i;
    end
    for (int w = 0; w < Lanes / 4; w++) begin
      if (accept) begin   // a word of the window's lies in the whole beat
        data_q[32*w +: 32] <= win_wdata_i;
        strb_q[4*w +: 4]   <= (take_window && win_addr_i[BeatBits-1:2] == WordBits'(w)) ? win_be_i
            : 4'd0;
      end else if (word_in && !window_q && addr_q[BeatBits-1:2] == WordBits'(w)) begin
        data_q[32*w +: 32] <= wdata_i;
        strb_q[4*w +: 4]   <= wstrb_i;
      end
    end
    if (word_in) begin
      flush_addr_q <= {addr_q[31:BeatBits], {BeatBits{1'b0}}};
    end
    if (flush_q && wq_ready_i) strb_q <= '0;
    if (word_in || word_out) begin
      addr_q <= addr_q + 32'd4;
      left_q <= left_q - 9'd1;
    end
    win_rdata_o <= (word_out && window_q) ? rdata_o : 32'd0;
  end

  logic unused_addr;
  assign unused_addr = ^req_addr_i[39:32];
endmodule
`default_nettype wire
