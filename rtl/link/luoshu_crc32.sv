// SPDX-License-Identifier: Apache-2.0
// CRC-32 (IEEE 802.3, reflected, as zlib's crc32) of a stream of little-endian words, or of bytes:
// crc_o is the checksum so far.
//
// Word: clear_i starts again, with the word of the same cycle where there is one. Byte: clear_i
// starts again, data of that cycle do not count. crc_o follows in the next cycle. Reset: none; the
// checksum is undefined until the first clear_i.
`default_nettype none

module luoshu_crc32 #(
    parameter int Bits = 32   // per cycle: 32, a word, or 8, a byte
) (
    input  wire             clk_i,
    input  wire             clear_i,
    input  wire             valid_i,
    input  wire  [Bits-1:0] data_i,
    output logic [31:0]     crc_o
);
  // The step is linear in the sum of both inputs: output bit i is the parity of some of its bits.
  // Row i of the matrix as a constant keeps the parity trees flat, a third of the logic of 32 steps
  // in a chain.
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
  logic [31:0] crc_q;   // as it is shown: the complement of what the step knows
  assign crc_o = crc_q;
  generate
    if (Bits < 32) begin : gen_byte
      always_ff @(posedge clk_i) begin
        if (clear_i) crc_q <= '0;
        else if (valid_i) crc_q <= ~step(~crc_q ^ 32'(data_i));
      end
    end else begin : gen_word
      always_ff @(posedge clk_i) begin
        if (valid_i) crc_q <= ~step((clear_i ? 32'hffffffff : ~crc_q) ^ data_i);
        else if (clear_i) crc_q <= '0;
      end
    end
  endgenerate
endmodule
`default_nettype wire
