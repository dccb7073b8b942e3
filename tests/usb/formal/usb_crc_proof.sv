// SPDX-License-Identifier: Apache-2.0
// For every value: what is sent behind data leaves the residue of CRC16; CRC5 accepts what the
// textbook's division gives, and nothing that differs from it in one or two bits. Broken = 1
// asserts it of a sender that swaps the bytes.
`default_nettype none

module usb_crc_proof #(
    parameter Broken = 0
) (
    input wire [15:0] crc_i,
    input wire [10:0] field_i,
    input wire [15:0] error_i
);
  wire [15:0] low, both;
  luoshu_usb_crc16 u_low (.crc_i(crc_i), .data_i(Broken ? ~crc_i[15:8] : ~crc_i[7:0]), .crc_o(low));
  luoshu_usb_crc16 u_both (.crc_i(low), .data_i(Broken ? ~crc_i[7:0] : ~crc_i[15:8]), .crc_o(both));

  // Division by x^5 + x^2 + 1 as USB 2.0 section 8.3.5 has it.
  reg [4:0] remainder;
  reg       feedback;
  integer   i;
  always @* begin
    remainder = 5'b11111;
    for (i = 0; i < 11; i = i + 1) begin
      feedback  = remainder[4] ^ field_i[i];
      remainder = {remainder[3:0], 1'b0} ^ (feedback ? 5'b00101 : 5'b00000);
    end
  end
  wire [15:0] token = {~remainder[0], ~remainder[1], ~remainder[2], ~remainder[3], ~remainder[4],
      field_i};
  wire        right, wrong;
  luoshu_usb_crc5 u_right (.bits_i(token), .ok_o(right));
  luoshu_usb_crc5 u_wrong (.bits_i(token ^ error_i), .ok_o(wrong));

  // One or two bits: clearing the lowest bit twice leaves nothing.
  wire [15:0] rest = error_i & (error_i - 16'd1);
  wire        few  = (error_i != 16'd0) && ((rest & (rest - 16'd1)) == 16'd0);
  always @* begin
    assert (both == 16'hB001);
    assert (right);
    assert (!few || !wrong);
  end
endmodule

`default_nettype wire
