// SPDX-License-Identifier: Apache-2.0
// Small RAM with one write port and an asynchronous read port on one clock. Maps to the RAM in LUTs
// (16 words of 4 bits take about 6 LUTs), so it is for at most 16 words, or for very narrow ones.
//
// Write: in a cycle with we_i, the word is stored. Read: rdata_o shows the word at raddr_i in the
// same cycle; a word that is being written is seen in the next cycle. The contents are not reset.
// Does not do: byte enables, two clocks, initial contents. Larger memories: luoshu_ram_1r1w.
`default_nettype none

module luoshu_ram_small #(
    parameter int Width     = 32,  // bits per word
    parameter int Depth     = 8,   // words
    // Derived, do not set.
    parameter int AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
    input  wire                  clk_i,
    input  wire                  we_i,     // write enable
    input  wire  [AddrWidth-1:0] waddr_i,  // write address, words
    input  wire  [Width-1:0]     wdata_i,  // write data
    input  wire  [AddrWidth-1:0] raddr_i,  // read address, words
    output logic [Width-1:0]     rdata_o   // read data, the same cycle
);
  logic [Width-1:0] mem[0:Depth-1];
  assign rdata_o = mem[raddr_i];
  always_ff @(posedge clk_i) if (we_i) mem[waddr_i] <= wdata_i;
endmodule

`default_nettype wire
