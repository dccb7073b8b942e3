// SPDX-License-Identifier: Apache-2.0
// Simple dual-port RAM: one write port and one read port on one clock. Maps to block RAM.
//
// Write: in a cycle with we_i, the word (or the bytes whose wmask_i bits are set, ByteWrite > 0) is
// stored.
// Read:  rdata_o shows the word one cycle after re_i and holds it while re_i is low. A read and a
// write of the same address in the same cycle return undefined data on the read port: callers must
// not rely on old or new data. The contents and rdata_o are not reset.
// Does not do: asynchronous reads, two clocks, initial contents, parity.
`include "luoshu_require.svh"
`default_nettype none

module luoshu_ram_1r1w #(
    parameter int Width     = 32,  // bits per word; a multiple of 8 x ByteWrite
    parameter int Depth     = 512, // words
    // wmask_i enables bytes, in groups of so many that are always enabled together; 0: it is
    // ignored
    parameter int ByteWrite = 0,
    // Derived, do not set.
    parameter int AddrWidth = (Depth > 1) ? $clog2(Depth) : 1,
    parameter int MaskWidth = (Width >= 8) ? Width / 8 : 1
) (
    input  wire                  clk_i,
    input  wire                  we_i,     // write enable
    input  wire  [AddrWidth-1:0] waddr_i,  // write address, words
    input  wire  [MaskWidth-1:0] wmask_i,  // byte enables; bit 0 = bits 7:0
    input  wire  [Width-1:0]     wdata_i,  // write data
    input  wire                  re_i,     // read enable
    input  wire  [AddrWidth-1:0] raddr_i,  // read address, words
    output logic [Width-1:0]     rdata_o   // read data, one cycle after re_i
);
  `LUOSHU_REQUIRE(gen_legal, Depth >= 1 && Width >= 1 && ByteWrite >= 0
      && Width % (8 * ByteWrite + ((ByteWrite == 0) ? 1 : 0)) == 0,
                  "luoshu_ram_1r1w: Width must be a multiple of ByteWrite bytes, Depth at least 1")

  (* no_rw_check *) logic [Width-1:0] mem[0:Depth-1];

  always_ff @(posedge clk_i) begin
    if (re_i) rdata_o <= mem[raddr_i];
  end

  generate
    if (ByteWrite != 0) begin : gen_bytes
      always_ff @(posedge clk_i) begin
        if (we_i) begin
          for (int i = 0; i < MaskWidth / ByteWrite; i++) begin
            if (wmask_i[i*ByteWrite]) mem[waddr_i][i*8*ByteWrite+:8*ByteWrite] <=
                wdata_i[i*8*ByteWrite+:8*ByteWrite];
          end
        end
      end
    end else begin : gen_word
      logic unused_wmask;
      assign unused_wmask = ^wmask_i;
      always_ff @(posedge clk_i) begin
        if (we_i) mem[waddr_i] <= wdata_i;
      end
    end
  endgenerate
endmodule

`default_nettype wire
