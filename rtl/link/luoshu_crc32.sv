// SPDX-License-Identifier: Apache-2.0
// CRC-32 (IEEE 802.3, reflected, as zlib's crc32) of one more little-endian word. Combinational.
// Start with all ones; the checksum is the complement of the last crc_o.
`default_nettype none

module luoshu_crc32 (
    input  wire  [31:0] crc_i,
    input  wire  [31:0] data_i,
    output logic [31:0] crc_o
);
  always_comb begin
    crc_o = crc_i;
    for (int b = 0; b < 32; b++) begin
      crc_o = {1'b0, crc_o[31:1]} ^ ((crc_o[0] ^ data_i[b]) ? 32'hEDB88320 : 32'd0);
    end
  end
endmodule
`default_nettype wire
