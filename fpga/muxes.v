// SPDX-License-Identifier: Apache-2.0
// For yosys: multiplexers of 8 and 16 inputs as LUTs of two inputs and the multiplexers of the slices. abc9 knows those only as parts
// of a wider LUT and takes a quarter more.
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

`ifndef ECP5
(* techmap_celltype = "$_MUX16_" *)
module luoshu_techmap_mux16 (A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, S, T, U, V, Y);
  input A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, S, T, U, V;
  output Y;
  wire [15:0] in = {P, O, N, M, L, K, J, I, H, G, F, E, D, C, B, A};
  wire [7:0] two;
  wire [3:0] four;
  wire [1:0] eight;
  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : pair_at
      LUT3 #(.INIT(8'hCA)) lut (.I0(in[2*i]), .I1(in[2*i+1]), .I2(S), .F(two[i]));
    end
    for (i = 0; i < 4; i = i + 1) begin : four_at
      MUX2_LUT5 mux (.I0(two[2*i]), .I1(two[2*i+1]), .S0(T), .O(four[i]));
    end
    for (i = 0; i < 2; i = i + 1) begin : eight_at
      MUX2_LUT6 mux (.I0(four[2*i]), .I1(four[2*i+1]), .S0(U), .O(eight[i]));
    end
  endgenerate
  MUX2_LUT7 mux (.I0(eight[0]), .I1(eight[1]), .S0(V), .O(Y));
endmodule
`endif
