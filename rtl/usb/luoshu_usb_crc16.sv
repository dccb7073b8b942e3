// SPDX-License-Identifier: Apache-2.0
// CRC16 of data packets, one byte per step: polynomial x^16 + x^15 + x^2 + 1, init ones, bit 0
// first. Combinational. Sent: ~crc, low byte first. A packet whose CRC bytes were stepped over as
// well leaves B001.
`default_nettype none

module luoshu_usb_crc16 (
    input  wire  [15:0] crc_i,
    input  wire  [7:0]  data_i,
    output logic [15:0] crc_o
);
  function automatic logic [15:0] step(input logic [15:0] crc, input logic [7:0] data);
    step = crc;
    for (int i = 0; i < 8; i++) begin
      step = {1'b0, step[15:1]} ^ ((step[0] ^ data[i]) ? 16'hA001 : 16'h0000);
    end
  endfunction
  assign crc_o = step(crc_i, data_i);
endmodule

`default_nettype wire
