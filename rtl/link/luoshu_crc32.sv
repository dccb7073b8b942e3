// SPDX-License-Identifier: Apache-2.0
// CRC-32 (IEEE 802.3, reflected, as zlib's crc32) of one more little-endian word. Combinational.
// Start with all ones; the checksum is the complement of the last crc_o.
`default_nettype none

module luoshu_crc32 (
    input  wire  [31:0] crc_i,
    input  wire  [31:0] data_i,
    output logic [31:0] crc_o
);
  // The step is linear in the sum of both inputs: output bit i is the parity of some of its bits. Row i of the matrix as
  // a constant keeps the parity trees flat, a third of the logic of 32 steps in a chain.
  function automatic logic [1023:0] matrix();
    logic [31:0] crc;
    matrix = '0;
    for (int j = 0; j < 32; j++) begin
      crc = 32'd1 << j;
      for (int b = 0; b < 32; b++) crc = {1'b0, crc[31:1]} ^ (crc[0] ? 32'hEDB88320 : 32'd0);
      for (int i = 0; i < 32; i++) matrix[i*32 + j] = crc[i];
    end
  endfunction
  localparam logic [1023:0] Matrix = matrix();
  logic [31:0] sum;
  assign sum = crc_i ^ data_i;
  generate
    for (genvar i = 0; i < 32; i++) begin : gen_bit
      assign crc_o[i] = ^(sum & Matrix[i*32 +: 32]);
    end
  endgenerate
endmodule
`default_nettype wire
