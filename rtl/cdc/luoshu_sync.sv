// SPDX-License-Identifier: Apache-2.0
// Two flip-flops against metastability, for single bits and Gray-coded numbers of another clock.
//
// d_i comes from a register of the other clock. q_o follows two to three cycles of clk_i later; of several bits only one may
// change at a time (Gray code). A board's constraints keep both flip-flops together and the path to the first untimed.
// Reset: synchronous, to Init.
`default_nettype none

module luoshu_sync #(
    parameter int               Width = 1,
    parameter logic [Width-1:0] Init  = '0
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire  [Width-1:0] d_i,
    output logic [Width-1:0] q_o
);
  (* keep *) logic [Width-1:0] first_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= Init;
      q_o     <= Init;
    end else begin
      first_q <= d_i;
      q_o     <= first_q;
    end
  end
endmodule
`default_nettype wire
