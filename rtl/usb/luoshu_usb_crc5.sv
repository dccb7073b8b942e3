// SPDX-License-Identifier: Apache-2.0
// CRC5 of a token: ok_o when the 16 bits behind the PID (11 of address and endpoint or frame
// number, then the CRC, first bit at 0) are consistent. Polynomial x^5 + x^2 + 1, init ones, sent
// inverted. Combinational.
`default_nettype none

module luoshu_usb_crc5 (
    input  wire  [15:0] bits_i,
    output logic        ok_o
);
  function automatic logic [4:0] residue(input logic [15:0] bits);
    residue = 5'h1F;
    for (int i = 0; i < 16; i++) begin
      residue = {1'b0, residue[4:1]} ^ ((residue[0] ^ bits[i]) ? 5'h14 : 5'h00);
    end
  endfunction
  assign ok_o = (residue(bits_i) == 5'h06);
endmodule

`default_nettype wire
