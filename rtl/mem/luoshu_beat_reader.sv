// SPDX-License-Identifier: Apache-2.0
// Reads segments from memory beat by beat: as luoshu_kv_reader, but no queue and one beat at a time
// on its way or waiting.
//
// Throughput: a beat per round trip of memory. Latency: segment to first request 1 cycle; read data
// to kv_valid_o 1 cycle.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_beat_reader #(
    parameter int Lanes = 32   // bytes per beat
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
  // beats are left to ask for; no beat is on its way or waiting
  logic                 busy_q, free_q;
  logic [31-BeatBits:0] beat_q;           // address, beats
  logic [15:0]          left_q;
  logic                 request, unused_low;
  assign rd_ready_o = !busy_q;
  assign rq_valid_o = busy_q && free_q;
  assign rq_addr_o  = {beat_q, {BeatBits{1'b0}}};
  assign rq_beats_o = 8'd1;
  assign request    = rq_valid_o && rq_ready_i;
  assign unused_low = ^rd_addr_i[BeatBits-1:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q     <= 1'b0;
      free_q     <= 1'b1;
      kv_valid_o <= 1'b0;
    end else begin
      busy_q     <= busy_q ? !(request && left_q == 16'd1) : rd_valid_i;
      free_q     <= free_q ? !request : (kv_valid_o && kv_ready_i);
      kv_valid_o <= rc_valid_i || (kv_valid_o && !kv_ready_i);
    end
    if (!busy_q) begin
      beat_q <= rd_addr_i[31:BeatBits];
      left_q <= rd_beats_i;
    end else if (request) begin
      beat_q <= beat_q + 1'b1;
      left_q <= left_q - 16'd1;
    end
    if (rc_valid_i) kv_data_o <= rc_data_i;
  end
  `LUOSHU_ASSERT(fits, !rc_valid_i || (!free_q && !kv_valid_o))
endmodule
`default_nettype wire
