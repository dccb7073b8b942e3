// SPDX-License-Identifier: Apache-2.0
// Activations of one column: Groups tokens of Blocks blocks, their exponents and sums, the largest exponent per vector.
//
// Write: a block of 32 activations in 32 / ActLanes parts in order, its exponent and sum with the last. Read: values one cycle
// after re_i; exponent and sum two cycles after re_i, in time for the block sum of the MAC array. Distance A - ae comes with the
// exponent. No reset: what is read was written before.
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
    input  wire  [GroupBits-1:0]    wgroup_i,
    input  wire  [31:0]             waddr_i,   // group * Blocks + block
    input  wire  [1:0]              wpart_i,
    input  wire  [ActLanes*12-1:0]  wdata_i,
    input  wire  [8:0]              wexp_i,    // signed LSB exponent
    input  wire  [17:0]             wsum_i,    // signed sum of the block
    input  wire                     wfirst_i,  // first block of its vector
    input  wire  [1:0]              wvec_i,
    // read
    input  wire                     re_i,
    input  wire  [GroupBits-1:0]    rgroup_i,
    input  wire  [15:0]             rblock_i,
    input  wire  [1:0]              rsub_i,    // part of the block (Lanes < 32)
    input  wire  [1:0]              rvec_i,
    output logic [ActLanes*12-1:0]  act_o,     // one cycle later
    output logic [9:0]              drop_o,    // two cycles later: A - ae, unsigned
    output logic signed [17:0]      sum_o,     // two cycles later
    // largest exponent of a vector, for the tail
    input  wire  [GroupBits-1:0]    agroup_i,
    input  wire  [1:0]              avec_i,
    output logic signed [8:0]       a_o
);
  localparam int Parts = 32 / ActLanes;
  localparam int Words = Groups * Blocks * Parts;
  localparam int ExpBits = $clog2(Groups * Blocks);

  logic [31:0] raddr;   // block address
  assign raddr = 32'(rgroup_i) * Blocks + 32'(rblock_i);
  logic [AddrBits-1:0] read_addr, write_addr;
  logic                wlast;
  assign read_addr  = AddrBits'(raddr * Parts + ((Parts > 1) ? 32'(rsub_i) : 32'd0));
  assign write_addr = AddrBits'(waddr_i * Parts + ((Parts > 1) ? 32'(wpart_i) : 32'd0));
  assign wlast      = we_i && (Parts == 1 || wpart_i == 2'(Parts - 1));
  luoshu_ram_1r1w #(.Width(ActLanes*12), .Depth(Words)) u_values (
      .clk_i, .we_i, .waddr_i(write_addr), .wmask_i('0), .wdata_i,
      .re_i, .raddr_i(read_addr), .rdata_o(act_o)
  );

  logic [26:0] exp_word;
  luoshu_ram_1r1w #(.Width(27), .Depth(Groups * Blocks)) u_exponents (
      .clk_i, .we_i(wlast), .waddr_i(waddr_i[ExpBits-1:0]), .wmask_i('0), .wdata_i({wsum_i, wexp_i}),
      .re_i, .raddr_i(raddr[ExpBits-1:0]), .rdata_o(exp_word)
  );

  // The largest exponent of each vector: 4 x Groups numbers.
  logic signed [8:0]   largest_q [4 << GroupBits];
  logic [GroupBits+1:0] wslot, rslot_q;
  logic                re_q;
  assign wslot = {wgroup_i, wvec_i};
  assign a_o   = largest_q[{agroup_i, avec_i}];
  always_ff @(posedge clk_i) begin
    if (wlast && (wfirst_i || $signed(wexp_i) > largest_q[wslot])) largest_q[wslot] <= $signed(wexp_i);
    re_q <= re_i;
    if (re_i) rslot_q <= {rgroup_i, rvec_i};
    if (re_q) begin
      drop_o <= 10'(largest_q[rslot_q]) - 10'($signed(exp_word[8:0]));
      sum_o  <= $signed(exp_word[26:9]);
    end
  end
  logic unused_bits;
  assign unused_bits = ^{waddr_i, raddr, rsub_i, wpart_i};
endmodule
`default_nettype wire
