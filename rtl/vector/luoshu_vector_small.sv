// SPDX-License-Identifier: Apache-2.0
// Small integer times a power of two to fp32, exact (combinational): |i| < 2^16, or -2^16.
`default_nettype none

module luoshu_vector_small (
    input  wire signed [16:0] int_i,
    input  wire        [7:0]  exp_i,  // biased: 127 for 2^0
    output logic       [31:0] r_o
);
  logic [16:0] mag, n8, n4, n2, n1, n0;
  logic        z8, z4, z2, z1;
  luoshu_add_sub #(.Width(17)) u_magnitude (.a_i('0), .b_i(int_i), .sub_i(int_i[16]), .y_o(mag));
  assign z8  = mag[16:9] == 8'd0;
  assign n8  = z8 ? mag << 8 : mag;
  assign z4  = n8[16:13] == 4'd0;
  assign n4  = z4 ? n8 << 4 : n8;
  assign z2  = n4[16:15] == 2'd0;
  assign n2  = z2 ? n4 << 2 : n4;
  assign z1  = !n2[16];
  assign n1  = z1 ? n2 << 1 : n2;
  assign n0  = n1[16] ? n1 : n1 << 1;  // the lowest bit may need a sixteenth shift
  logic [7:0] exponent;
  logic unused_top;
  assign unused_top = n0[16];
  assign exponent = exp_i + 8'd16 - {4'd0, z8, z4, z2, z1} - {7'd0, !n1[16]};
  assign r_o = mag == 17'd0 ? 32'd0 : {int_i[16], exponent, n0[15:0], 7'd0};
endmodule

`default_nettype wire
