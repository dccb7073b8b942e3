// SPDX-License-Identifier: Apache-2.0
// Single-port RAM with byte enables. Maps to block RAM.
//
// In a cycle with req_i the port either writes the bytes whose wmask_i bit is set (we_i = 1) or
// reads. rdata_o shows the word one cycle after a read and is undefined after a write until the
// next read; it holds while req_i is low. The contents and rdata_o are not reset.
// Does not do: asynchronous reads, initial contents, parity.
`include "luoshu_require.svh"
`default_nettype none

module luoshu_ram_1rw #(
    parameter int Width     = 32,   // bits per word, a multiple of 8
    parameter int Depth     = 1024, // words
    // Derived, do not set.
    parameter int AddrWidth = (Depth > 1) ? $clog2(Depth) : 1,
    parameter int MaskWidth = (Width >= 8) ? Width / 8 : 1
) (
    input  wire                  clk_i,
    input  wire                  req_i,    // access in this cycle
    input  wire                  we_i,     // 1: write, 0: read
    input  wire  [AddrWidth-1:0] addr_i,   // address, words
    input  wire  [MaskWidth-1:0] wmask_i,  // byte enables of a write; bit 0 = bits 7:0
    input  wire  [Width-1:0]     wdata_i,  // write data
    output logic [Width-1:0]     rdata_o   // read data, one cycle after the read
);
  `LUOSHU_REQUIRE(gen_legal, Depth >= 1 && Width >= 8 && Width % 8 == 0,
                  "luoshu_ram_1rw: Width must be a multiple of 8, Depth at least 1")

  (* no_rw_check *) logic [Width-1:0] mem[0:Depth-1];

  always_ff @(posedge clk_i) begin
    if (req_i && !we_i) rdata_o <= mem[addr_i];
  end

  always_ff @(posedge clk_i) begin
    if (req_i && we_i) begin
      for (int i = 0; i < MaskWidth; i++) begin
        if (wmask_i[i]) mem[addr_i][i*8+:8] <= wdata_i[i*8+:8];
      end
    end
  end
endmodule

`default_nettype wire
