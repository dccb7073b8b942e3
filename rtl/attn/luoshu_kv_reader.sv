// SPDX-License-Identifier: Apache-2.0
// The KV stream: turns read segments into memory requests as far as its FIFO has room, and delivers
// the beats in order.
//
// Throughput: one beat per cycle where the FIFO has room for two requests of 16 beats, else 16
// beats per round trip. Latency: segment to first request 1 cycle; read data to kv_valid_o 2
// cycles.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_kv_reader #(
    parameter int Lanes = 32,  // bytes per beat
    parameter int Depth = 128, // beats, a power of two >= 16
    parameter int BeatsBits = 16  // of a segment's length that is used
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                rd_valid_i,
    output logic               rd_ready_o,
    input  wire  [31:0]        rd_addr_i,   // byte address, beat aligned
    input  wire  [15:0]        rd_beats_i,  // >= 1
    output logic               rq_valid_o,
    input  wire                rq_ready_i,
    output logic [31:0]        rq_addr_o,
    output logic [7:0]         rq_beats_o,
    input  wire                rc_valid_i,
    input  wire  [Lanes*8-1:0] rc_data_i,
    output logic               kv_valid_o,
    input  wire                kv_ready_i,
    output logic [Lanes*8-1:0] kv_data_o
);
  localparam int BeatBits = $clog2(Lanes);
  logic        busy_q;
  logic [31:0] addr_q;
  logic [BeatsBits-1:0] left_q;
  logic [7:0]  chunk;
  logic [$clog2(Depth):0] free_q;
  logic        request, last, space;
  logic [$clog2(Depth):0] unused_count;

  assign chunk      = last ? {3'd0, left_q[4:0]} : 8'd16;
  assign rq_valid_o = busy_q && (32'(free_q) >= 32'(chunk));
  assign rq_addr_o  = addr_q;
  assign rq_beats_o = chunk;
  assign request    = rq_valid_o && rq_ready_i;
  assign last       = (left_q <= BeatsBits'(16));
  assign rd_ready_o = !busy_q || (request && last);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      free_q <= ($clog2(Depth)+1)'(Depth);
    end else begin
      if (rd_ready_o) busy_q <= rd_valid_i;
      free_q <= free_q + ($clog2(Depth)+1)'(kv_valid_o && kv_ready_i) - (request
          ? ($clog2(Depth)+1)'(chunk) : '0);
    end
    if (rd_ready_o) begin
      addr_q <= rd_addr_i;
      left_q <= rd_beats_i[BeatsBits-1:0];
    end else if (request) begin
      // by 16 beats; after the last request it does not matter
      addr_q[31:BeatBits+4]  <= addr_q[31:BeatBits+4] + 1'b1;
      left_q[BeatsBits-1:4] <= left_q[BeatsBits-1:4] - 1'b1;
    end
  end
  luoshu_fifo #(.Width(Lanes*8), .Depth(Depth)) u_beats (
      .clk_i, .rst_ni, .in_valid_i(rc_valid_i), .in_ready_o(space), .in_data_i(rc_data_i),
      .out_valid_o(kv_valid_o), .out_ready_i(kv_ready_i), .out_data_o(kv_data_o),
      .count_o(unused_count)
  );
  logic unused_beats;
  assign unused_beats = ^rd_beats_i;
  `LUOSHU_ASSERT(fits, !rc_valid_i || space)
endmodule
`default_nettype wire
