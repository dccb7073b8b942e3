// SPDX-License-Identifier: Apache-2.0
// The queue of messages in a block RAM that also holds the registers of luoshu_core_serial, for
// small configurations.
//
// Handshake as luoshu_fifo; a word is taken while the core does not write, its head is a register
// that fills from the RAM when the core does not read: 3 cycles after the word came or the one
// before it left, at the earliest. The core's accesses are never delayed: address {register, byte},
// data one cycle after rf_re_i. Reset empties the queue.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_message_store #(
    parameter int Depth      = 64,  // words, a power of two up to 128
    parameter int CountWidth = $clog2(Depth) + 1   // derived
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    // messages: {last, word}
    input  wire                   in_valid_i,
    output logic                  in_ready_o,
    input  wire  [32:0]           in_data_i,
    output logic                  out_valid_o,
    input  wire                   out_ready_i,
    output logic [32:0]           out_data_o,
    output logic [CountWidth-1:0] count_o,      // words inside, the head included
    // bytes of the core's registers
    input  wire                   rf_re_i,
    input  wire  [6:0]            rf_raddr_i,
    output logic [7:0]            rf_rdata_o,
    input  wire                   rf_we_i,
    input  wire  [6:0]            rf_waddr_i,
    input  wire  [7:0]            rf_wdata_i
);
  localparam int PtrWidth = CountWidth - 1;
  logic                  push, pop, fetch, fetched_q;
  logic [PtrWidth-1:0]   wptr_q, rptr_q;
  logic [CountWidth-1:0] count_q;
  logic [32:0]           word;
  assign in_ready_o = !count_q[CountWidth-1] && !rf_we_i;
  assign push       = in_valid_i && in_ready_o;
  assign pop        = out_valid_o && out_ready_i;
  assign fetch      = (count_q != '0) && !out_valid_o && !fetched_q && !rf_re_i;
  assign count_o    = count_q;
  assign rf_rdata_o = word[7:0];
  luoshu_ram_1r1w #(.Width(33), .Depth(256)) u_ram (
      .clk_i, .we_i(rf_we_i || push), .waddr_i(rf_we_i ? {1'b1, rf_waddr_i} : 8'(wptr_q)),
      .wmask_i('0), .wdata_i({in_data_i[32:8], rf_we_i ? rf_wdata_i : in_data_i[7:0]}),
      .re_i(rf_re_i || fetch), .raddr_i(rf_re_i ? {1'b1, rf_raddr_i} : 8'(rptr_q)), .rdata_o(word)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q     <= '0;
      wptr_q      <= '0;
      rptr_q      <= '0;
      fetched_q   <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      if (push != pop) count_q <= count_q + {{CountWidth-1{pop}}, 1'b1};   // plus or minus 1
      if (push) wptr_q <= wptr_q + 1'b1;
      if (fetch) rptr_q <= rptr_q + 1'b1;
      fetched_q   <= fetch;
      out_valid_o <= fetched_q || (out_valid_o && !out_ready_i);
    end
    if (fetched_q) out_data_o <= word;
  end
  `LUOSHU_STREAM_STABLE(out_stable, out_valid_o, out_ready_i, out_data_o)
  `LUOSHU_ASSERT(no_overflow, count_q <= CountWidth'(Depth))
endmodule
`default_nettype wire
