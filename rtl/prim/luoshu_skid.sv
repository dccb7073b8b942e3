// SPDX-License-Identifier: Apache-2.0
// Skid buffer: cuts the valid, data and ready paths of a stream with registers.
//
// Handshake: valid/ready on both sides; no combinational path from any input to any output.
// Latency 1 cycle, throughput 1 word per cycle, holds up to 2 words, keeps order.
// Reset empties it; in_ready_o is high in reset, words offered in reset are lost.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_skid #(
    parameter int Width = 32  // bits per word
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire              in_valid_i,
    output logic             in_ready_o,
    input  wire  [Width-1:0] in_data_i,
    output logic             out_valid_o,
    input  wire              out_ready_i,
    output logic [Width-1:0] out_data_o
);
  logic             out_valid_q;  // the output register holds a word
  logic             skid_full_q;  // the skid register holds a (younger) word
  logic [Width-1:0] out_data_q;
  logic [Width-1:0] skid_data_q;

  logic push, advance;
  assign push    = in_valid_i && in_ready_o;
  assign advance = out_ready_i || !out_valid_q;

  assign in_ready_o  = !skid_full_q;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
      skid_full_q <= 1'b0;
    end else if (advance) begin
      out_valid_q <= push || skid_full_q;
      skid_full_q <= 1'b0;
    end else if (push) begin
      skid_full_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (advance && (push || skid_full_q)) out_data_q <= skid_full_q ? skid_data_q : in_data_i;
    if (!advance && push) skid_data_q <= in_data_i;
  end

  `LUOSHU_STREAM_STABLE(out_stable, out_valid_o, out_ready_i, out_data_o)
  `LUOSHU_ASSERT(skid_only_behind_output, !skid_full_q || out_valid_q)
endmodule

`default_nettype wire
