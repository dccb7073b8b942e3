// SPDX-License-Identifier: Apache-2.0
// A queue keeps order, loses nothing, doubles nothing, never overflows and says how full it is:
// luoshu_fifo in its three forms (Kind = UseRam) under any traffic. One word of the stream, chosen
// freely, is followed on its way.
`include "luoshu_assert.svh"
`default_nettype none

module stream_proof #(
    parameter int Kind  = 1,
    parameter int Depth = 8,  // words
    parameter int Width = 2
) (
    input wire             clk_i,
    input wire             rst_ni,
    input wire             in_valid_i,
    input wire [Width-1:0] in_data_i,
    input wire             out_ready_i,
    input wire             follow_i     // the word that enters now is the one to follow
);
  localparam int CountBits = $clog2(Depth) + 1;
  logic                 in_ready, out_valid;
  logic [Width-1:0]     out_data;
  logic [CountBits-1:0] count;
  logic [CountBits-1:0] inside_q = '0;   // words inside
  luoshu_fifo #(.Width(Width), .Depth(Depth), .UseRam(Kind)) u_dut (
      .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .in_data_i,
      .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data), .count_o(count)
  );

  logic                 begun_q = 1'b0;      // there was a reset
  logic                 followed_q = 1'b0;   // the word is inside
  logic [CountBits-1:0] ahead_q = '0;        // words ahead of it
  logic [Width-1:0]     word_q = '0;
  logic [4:0]           idle_q = '0;         // cycles with a word inside and none at the output
  logic                 push, pop;
  assign push = in_valid_i && in_ready;
  assign pop  = out_valid && out_ready_i;
  always_ff @(posedge clk_i) begin
    begun_q <= begun_q || !rst_ni;
    if (!rst_ni) begin
      inside_q   <= '0;
      followed_q <= 1'b0;
      idle_q     <= '0;
    end else if (begun_q) begin
      inside_q <= inside_q + CountBits'(push) - CountBits'(pop);
      idle_q   <= (inside_q == '0 || out_valid) ? '0 : idle_q + 1'b1;
      if (push && follow_i && !followed_q) begin
        followed_q <= 1'b1;
        ahead_q    <= inside_q - CountBits'(pop);
        word_q     <= in_data_i;
      end else if (pop && followed_q) begin
        ahead_q    <= ahead_q - 1'b1;
        followed_q <= (ahead_q != '0);
      end
    end
  end

  // $stable and the like have no past before the reset.
  always_comb if (!begun_q) assume (!rst_ni);
  `LUOSHU_ASSERT(no_overflow, !(push && inside_q == CountBits'(Depth)) || pop)
  `LUOSHU_ASSERT(no_word_from_nothing, !out_valid || inside_q != '0)
  `LUOSHU_ASSERT(count_right, count == inside_q)
  `LUOSHU_ASSERT(accepts_when_empty, in_ready || inside_q != '0)
  `LUOSHU_ASSERT(order, !(out_valid && followed_q && ahead_q == '0) || out_data == word_q)
  `LUOSHU_ASSERT(comes_out, idle_q <= 5'(Depth))
endmodule
`default_nettype wire
