// SPDX-License-Identifier: Apache-2.0
// CRC-32 (IEEE 802.3, reflected, as zlib's crc32) of a stream of little-endian words: crc_o is the checksum of the words so far.
//
// clear_i starts again, with the word of the same cycle where there is one. A word is taken with valid_i && ready_o.
// Serial = 0: always ready, crc_o follows in the next cycle. Serial = 1: a byte per cycle; crc_o counts while ready_o is high.
// Reset: ready; the checksum is undefined until the first clear_i.
`default_nettype none

module luoshu_crc32 #(
    parameter int Serial = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         clear_i,
    input  wire         valid_i,
    output logic        ready_o,
    input  wire  [31:0] data_i,
    output logic [31:0] crc_o
);
  localparam int Bits = (Serial != 0) ? 8 : 32;   // per cycle
  // The step is linear in the sum of both inputs: output bit i is the parity of some of its bits. Row i of the matrix as
  // a constant keeps the parity trees flat, a third of the logic of 32 steps in a chain.
  function automatic logic [1023:0] matrix();
    logic [31:0] crc;
    matrix = '0;
    for (int j = 0; j < 32; j++) begin
      crc = 32'd1 << j;
      for (int b = 0; b < Bits; b++) crc = {1'b0, crc[31:1]} ^ (crc[0] ? 32'hEDB88320 : 32'd0);
      for (int i = 0; i < 32; i++) matrix[i*32 + j] = crc[i];
    end
  endfunction
  localparam logic [1023:0] Matrix = matrix();
  function automatic logic [31:0] step(input logic [31:0] sum);
    for (int i = 0; i < 32; i++) step[i] = ^(sum & Matrix[i*32 +: 32]);
  endfunction
  logic [31:0] crc_q;
  assign crc_o = ~crc_q;

  generate
    if (Serial != 0) begin : gen_serial
      logic [2:0]  left_q;    // bytes of the word
      logic [31:0] word_q;
      logic        take;
      assign ready_o = (left_q == 3'd0);
      assign take    = valid_i && ready_o;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) left_q <= 3'd0;
        else if (take) left_q <= 3'd4;
        else if (!ready_o) left_q <= left_q - 3'd1;
        if (clear_i) crc_q <= '1;
        else if (!ready_o) crc_q <= step(crc_q ^ {24'd0, word_q[7:0]});
        if (take) word_q <= data_i;
        else word_q <= word_q >> 8;
      end
    end else begin : gen_whole
      assign ready_o = 1'b1;
      always_ff @(posedge clk_i) begin
        if (valid_i) crc_q <= step((clear_i ? 32'hffffffff : crc_q) ^ data_i);
        else if (clear_i) crc_q <= '1;
      end
      logic unused_reset;
      assign unused_reset = rst_ni;
    end
  endgenerate
endmodule
`default_nettype wire
