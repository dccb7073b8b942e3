// SPDX-License-Identifier: Apache-2.0
// Simple dual-port RAM as luoshu_ram_1r1w, whose read data can be cleared. Maps to block RAM, small
// ones to the RAM in LUTs.
//
// Write: in a cycle with we_i, the word is stored. Read: rdata_o shows the word one cycle after
// re_i, or 0 one cycle after clear_i (which goes first), and holds it otherwise. A read and a write
// of the same address in the same cycle return undefined data. The contents and rdata_o are not
// reset.
// Does not do: byte enables, asynchronous reads, two clocks, initial contents.
`default_nettype none

module luoshu_ram_clear #(
    parameter int Width     = 32,  // bits per word
    parameter int Depth     = 512, // words
    // Derived, do not set.
    parameter int AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
    input  wire                  clk_i,
    input  wire                  we_i,     // write enable
    input  wire  [AddrWidth-1:0] waddr_i,  // write address, words
    input  wire  [Width-1:0]     wdata_i,  // write data
    input  wire                  re_i,     // read enable
    input  wire                  clear_i,  // read data become 0
    input  wire  [AddrWidth-1:0] raddr_i,  // read address, words
    output logic [Width-1:0]     rdata_o   // read data, one cycle after re_i
);
  (* no_rw_check *) logic [Width-1:0] mem[0:Depth-1];
  always_ff @(posedge clk_i) begin
    if (clear_i) rdata_o <= '0;
    else if (re_i) rdata_o <= mem[raddr_i];
  end
  always_ff @(posedge clk_i) if (we_i) mem[waddr_i] <= wdata_i;
endmodule

`default_nettype wire
