// SPDX-License-Identifier: Apache-2.0
// luoshu_link_rx: whatever words come, what leaves is whole frames and status words. A frame has the sync, a length up to
// MaxPayload and all of its payload, and its checksum was right; of any other frame only a status word leaves.
//
// Bytes are words here (free_words.sv), checksums are free, but never right where the first word has bit 24 (free_crc.sv).
`include "luoshu_assert.svh"
`default_nettype none

module link_rx_proof #(
    parameter int MaxPayload = 4,
    parameter int RingWords  = 8
) (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        rx_valid_i,
    input wire [31:0] rx_data_i,
    input wire        blocked_i,
    input wire        out_ready_i
);
  logic        unused_ready, out_valid;
  logic [31:0] out_data;
  luoshu_link_rx #(.MaxPayload(MaxPayload), .RingWords(RingWords)) u_dut (
      .clk_i, .rst_ni, .rx_valid_i, .rx_ready_o(unused_ready), .rx_data_i, .rx_bytes_i(3'd4), .blocked_i,
      .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  logic        begun_q = 1'b0;
  logic        second_q = 1'b0;       // the next word has the length
  logic [15:0] left_q = '0;           // words of the payload still to come
  logic        first, frame;
  assign first = !second_q && left_q == '0;
  assign frame = (out_data[15:0] == 16'h4C53);
  always_ff @(posedge clk_i) begin
    begun_q <= begun_q || !rst_ni;
    if (!rst_ni) begin
      second_q <= 1'b0;
      left_q   <= '0;
    end else if (out_valid && out_ready_i) begin
      second_q <= first && frame;
      if (second_q) left_q <= (out_data[15:0] + 16'd3) >> 2;
      else if (!first) left_q <= left_q - 1'b1;
    end
  end

  always_comb if (!begun_q) assume (!rst_ni);
  `LUOSHU_ASSERT(status_or_frame, !(out_valid && first) || frame || out_data == 32'd1 || out_data == 32'd2 || out_data == 32'd8)
  `LUOSHU_ASSERT(checksum_right, !(out_valid && first && frame) || !out_data[24])
  `LUOSHU_ASSERT(length_right, !(out_valid && second_q) || out_data[15:0] <= 16'(MaxPayload))
  // What has begun to leave is there whole: nothing else is waited for.
  `LUOSHU_STREAM_STABLE(out_stable, out_valid, out_ready_i, out_data)
endmodule
`default_nettype wire
