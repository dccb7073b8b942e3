// SPDX-License-Identifier: Apache-2.0
// Stands in for luoshu_ram_small in proofs: one word, chosen freely, is kept; any other reads as
// anything.
`default_nettype none

module luoshu_ram_small #(
    parameter int Width     = 32,
    parameter int Depth     = 8,
    parameter int AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
    input  wire                  clk_i,
    input  wire                  we_i,
    input  wire  [AddrWidth-1:0] waddr_i,
    input  wire  [Width-1:0]     wdata_i,
    input  wire  [AddrWidth-1:0] raddr_i,
    output logic [Width-1:0]     rdata_o
);
  (* anyconst *) logic [AddrWidth-1:0] tracked;
  (* anyseq *) logic [Width-1:0] any;
  logic [Width-1:0] word_q;
  assign rdata_o = (raddr_i == tracked) ? word_q : any;
  always_ff @(posedge clk_i) if (we_i && waddr_i == tracked) word_q <= wdata_i;
endmodule
`default_nettype wire
