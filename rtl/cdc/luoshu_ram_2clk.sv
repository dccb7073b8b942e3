// SPDX-License-Identifier: Apache-2.0
// A RAM with a write port on one clock and a read port on another.
//
// rdata_o shows the word one cycle of rclk_i after re_i and holds it while re_i is low. A word is
// read at the earliest in the second cycle of rclk_i that begins after its write; before, what
// comes is undefined. Nothing is reset. Maps to LUT RAM with a read register or to block RAM, as
// the tool decides by its size.
`default_nettype none

module luoshu_ram_2clk #(
    parameter int Width    = 32,  // bits per word
    parameter int Depth    = 16,  // words, a power of two
    parameter int AddrBits = $clog2(Depth)   // derived
) (
    input  wire                 wclk_i,
    input  wire                 we_i,
    input  wire  [AddrBits-1:0] waddr_i,
    input  wire  [Width-1:0]    wdata_i,
    input  wire                 rclk_i,
    input  wire                 re_i,
    input  wire  [AddrBits-1:0] raddr_i,
    output logic [Width-1:0]    rdata_o
);
  (* no_rw_check *) logic [Width-1:0] mem[0:Depth-1];
  always_ff @(posedge wclk_i) if (we_i) mem[waddr_i] <= wdata_i;
  always_ff @(posedge rclk_i) if (re_i) rdata_o <= mem[raddr_i];
endmodule
`default_nettype wire
