// SPDX-License-Identifier: Apache-2.0
// In place of rtl/cdc/luoshu_cdc_bits.sv: each bit that has just changed arrives now or one cycle
// later, by chance, as metastability has it. For simulation only.
`default_nettype none

module luoshu_cdc_bits #(
    parameter int Width   = 1,
    parameter int Initial = 0
) (
    input  wire              clk_i,
    input  wire  [Width-1:0] d_i,
    output logic [Width-1:0] q_o
);
  logic [Width-1:0] meta_q, late, sampled_q;
  logic [31:0]      chance;
  always_ff @(posedge clk_i) begin
    chance = $urandom;
    late   = (d_i ^ sampled_q) & chance[Width-1:0];
    sampled_q <= d_i;
    meta_q    <= d_i ^ late;
    q_o       <= meta_q;
  end
  localparam int unused_initial = Initial;
endmodule

`default_nettype wire
