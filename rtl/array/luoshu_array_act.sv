// SPDX-License-Identifier: Apache-2.0
// Activations of one column: Groups tokens of Blocks blocks.
//
// Write: a block of 32 activations in 32 / ActLanes parts in order. Read: values one cycle after
// re_i. No reset: what is read was written before.
`default_nettype none

module luoshu_array_act #(
    parameter int Lanes    = 32,
    parameter int Groups   = 2,
    parameter int Blocks   = 256,                         // per token
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32,   // derived
    parameter int GroupBits = (Groups > 1) ? $clog2(Groups) : 1,
    parameter int AddrBits = $clog2(Groups * Blocks * (32 / ActLanes))
) (
    input  wire                     clk_i,
    // write
    input  wire                     we_i,
    input  wire  [31:0]             waddr_i,   // group * Blocks + block
    input  wire  [1:0]              wpart_i,
    input  wire  [ActLanes*12-1:0]  wdata_i,
    // read
    input  wire                     re_i,
    input  wire  [GroupBits-1:0]    rgroup_i,
    input  wire  [15:0]             rblock_i,
    input  wire  [1:0]              rsub_i,    // part of the block (Lanes < 32)
    output logic [ActLanes*12-1:0]  act_o      // one cycle later
);
  localparam int Parts = 32 / ActLanes;
  localparam int Words = Groups * Blocks * Parts;

  logic [31:0] raddr;   // block address
  assign raddr = 32'(rgroup_i) * Blocks + 32'(rblock_i);
  logic [AddrBits-1:0] read_addr, write_addr;
  assign read_addr  = AddrBits'(raddr * Parts + ((Parts > 1) ? 32'(rsub_i) : 32'd0));
  assign write_addr = AddrBits'(waddr_i * Parts + ((Parts > 1) ? 32'(wpart_i) : 32'd0));
  luoshu_ram_1r1w #(.Width(ActLanes*12), .Depth(Words)) u_values (
      .clk_i, .we_i, .waddr_i(write_addr), .wmask_i('0), .wdata_i,
      .re_i, .raddr_i(read_addr), .rdata_o(act_o)
  );
  logic unused_bits;
  assign unused_bits = ^{waddr_i, raddr, rsub_i, wpart_i};
endmodule
`default_nettype wire
