// SPDX-License-Identifier: Apache-2.0
// Synchroniser: each bit of d_i, from any clock or from none, into clk_i through two flip-flops.
//
// Latency 2 to 3 cycles of clk_i. The bits are independent: two that change together may arrive one
// cycle apart, so d_i is single-bit levels, pins, or a Gray-coded number. A level shorter than one
// cycle may be lost. Constraint: the path to the first stage (instances u_cdc_*, register meta_q)
// is a false path; for a Gray-coded number its skew stays below one period of the faster clock.
// meta_q and q_o are placed together. No reset: q_o is d_i after three cycles; before, Initial
// where the technology gives registers initial values (FPGA).
`default_nettype none

module luoshu_cdc_bits #(
    parameter int Width   = 1,
    parameter int Initial = 0    // of every bit
) (
    input  wire              clk_i,
    input  wire  [Width-1:0] d_i,
    output logic [Width-1:0] q_o
);
  (* keep *) logic [Width-1:0] meta_q = (Initial != 0) ? '1 : '0;
  logic [Width-1:0] settled_q = (Initial != 0) ? '1 : '0;
  always_ff @(posedge clk_i) begin
    meta_q    <= d_i;
    settled_q <= meta_q;
  end
  assign q_o = settled_q;
endmodule

`default_nettype wire
