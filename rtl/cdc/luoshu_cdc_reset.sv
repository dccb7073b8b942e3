// SPDX-License-Identifier: Apache-2.0
// One reset for two clock domains: both are in it together before either leaves it.
//
// rst_ni (in clk_a_i, a pulse of one cycle is enough) puts domain a in reset at once, domain b 2 to
// 3 cycles of clk_b_i later; b leaves it after a has seen it there, a leaves it last, after b has
// left. So pointers that cross between the two are 0 on both sides whenever either starts. While
// clk_b_i stands still, a stays in reset. Registers start in reset where the technology gives them
// initial values (FPGA), so that no pulse is needed there.
`default_nettype none

module luoshu_cdc_reset (
    input  wire  clk_a_i,
    input  wire  rst_ni,      // request, synchronous to clk_a_i, active low
    output logic rst_a_no,    // reset of domain a
    input  wire  clk_b_i,
    output logic rst_b_no     // reset of domain b
);
  logic request_q = 1'b1;     // until b is in reset
  logic a_q = 1'b0, b_q = 1'b0;
  logic request_b, held_a;    // the request in b; b's reset as seen in a
  luoshu_cdc_bits #(.Initial(1)) u_cdc_request (.clk_i(clk_b_i), .d_i(request_q), .q_o(request_b));
  luoshu_cdc_bits u_cdc_held (.clk_i(clk_a_i), .d_i(!b_q), .q_o(held_a));
  always_ff @(posedge clk_b_i) b_q <= !request_b;
  always_ff @(posedge clk_a_i) begin
    if (!rst_ni) request_q <= 1'b1;
    else if (held_a && !a_q) request_q <= 1'b0;
    a_q <= rst_ni && !request_q && !held_a;
  end
  assign rst_a_no = a_q && rst_ni;
  assign rst_b_no = b_q;
endmodule

`default_nettype wire
