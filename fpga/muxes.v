// SPDX-License-Identifier: Apache-2.0
// For yosys: a multiplexer of eight inputs as four LUTs and the multiplexers of their slices. abc9 knows those only as parts of a
// wider LUT and takes five.
(* techmap_celltype = "$_MUX8_" *)
module luoshu_techmap_mux8 (A, B, C, D, E, F, G, H, S, T, U, Y);
  input A, B, C, D, E, F, G, H, S, T, U;
  output Y;
  wire [7:0] in = {H, G, F, E, D, C, B, A};
  wire [3:0] two;
  wire [1:0] four;
  genvar i;
  generate
    for (i = 0; i < 4; i = i + 1) begin : pair_at
`ifdef ECP5
      LUT4 #(.INIT(16'hCACA)) lut (.A(in[2*i]), .B(in[2*i+1]), .C(S), .D(1'b0), .Z(two[i]));
`else
      LUT3 #(.INIT(8'hCA)) lut (.I0(in[2*i]), .I1(in[2*i+1]), .I2(S), .F(two[i]));
`endif
    end
`ifdef ECP5
    for (i = 0; i < 2; i = i + 1) begin : four_at
      PFUMX mux (.ALUT(two[2*i+1]), .BLUT(two[2*i]), .C0(T), .Z(four[i]));
    end
    L6MUX21 mux (.D0(four[0]), .D1(four[1]), .SD(U), .Z(Y));
`else
    for (i = 0; i < 2; i = i + 1) begin : four_at
      MUX2_LUT5 mux (.I0(two[2*i]), .I1(two[2*i+1]), .S0(T), .O(four[i]));
    end
    MUX2_LUT6 mux (.I0(four[0]), .I1(four[1]), .S0(U), .O(Y));
`endif
  endgenerate
endmodule
