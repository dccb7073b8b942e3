// SPDX-License-Identifier: Apache-2.0
// Stands in for luoshu_ram_1r1w in proofs: one word, chosen freely, is kept; any other reads as
// anything, and so does a word that is written in the cycle of its read.
`default_nettype none

module luoshu_ram_1r1w #(
    parameter int Width     = 32,
    parameter int Depth     = 512,
    parameter int ByteWrite = 0,
    parameter int AddrWidth = (Depth > 1) ? $clog2(Depth) : 1,
    parameter int MaskWidth = (Width >= 8) ? Width / 8 : 1
) (
    input  wire                  clk_i,
    input  wire                  we_i,
    input  wire  [AddrWidth-1:0] waddr_i,
    input  wire  [MaskWidth-1:0] wmask_i,
    input  wire  [Width-1:0]     wdata_i,
    input  wire                  re_i,
    input  wire  [AddrWidth-1:0] raddr_i,
    output logic [Width-1:0]     rdata_o
);
  (* anyconst *) logic [AddrWidth-1:0] tracked;
  (* anyseq *) logic [Width-1:0] any;
  logic [Width-1:0] word_q;
  always_ff @(posedge clk_i) begin
    if (re_i) rdata_o <= (raddr_i == tracked && !(we_i && waddr_i == raddr_i)) ? word_q : any;
    if (we_i && waddr_i == tracked) word_q <= wdata_i;
  end
endmodule
`default_nettype wire
