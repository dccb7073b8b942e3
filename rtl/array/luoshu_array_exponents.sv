// SPDX-License-Identifier: Apache-2.0
// Exponents and sums of the activation blocks of Slots tokens, and the largest exponent of each
// vector.
//
// Read: one block per cycle; distance and sum two cycles after re_i. No reset: what is read was
// written before.
`default_nettype none

module luoshu_array_exponents #(
    parameter int Slots     = 2,
    parameter int Blocks    = 256,                               // per slot
    parameter int SlotBits  = (Slots > 1) ? $clog2(Slots) : 1    // derived
) (
    input  wire                     clk_i,
    // write
    input  wire                     we_i,
    input  wire  [SlotBits-1:0]     wslot_i,
    input  wire  [15:0]             wblock_i,
    input  wire  [8:0]              wexp_i,    // signed LSB exponent
    input  wire  [17:0]             wsum_i,    // signed sum of the block
    input  wire                     wfirst_i,  // first block of its vector
    input  wire  [1:0]              wvec_i,
    // read
    input  wire                     re_i,
    input  wire  [SlotBits-1:0]     rslot_i,
    input  wire  [15:0]             rblock_i,
    input  wire  [1:0]              rvec_i,
    output logic [9:0]              drop_o,    // A - ae, unsigned
    output logic signed [17:0]      sum_o,
    // largest exponent of a vector, for the tail
    input  wire  [SlotBits-1:0]     aslot_i,
    input  wire  [1:0]              avec_i,
    output logic signed [8:0]       a_o        // the same cycle
);
  localparam int AddrBits = $clog2(Slots * Blocks);
  logic [26:0] word;
  luoshu_ram_1r1w #(.Width(27), .Depth(Slots * Blocks)) u_blocks (
      .clk_i, .we_i, .waddr_i(AddrBits'(32'(wslot_i) * Blocks + 32'(wblock_i))), .wmask_i('0),
      .wdata_i({wsum_i, wexp_i}), .re_i,
      .raddr_i(AddrBits'(32'(rslot_i) * Blocks + 32'(rblock_i))), .rdata_o(word)
  );

  logic signed [8:0]   largest_q [4 << SlotBits];
  logic [SlotBits+1:0] wplace, rplace_q;
  logic                re_q;
  assign wplace = {wslot_i, wvec_i};
  assign a_o    = largest_q[{aslot_i, avec_i}];
  always_ff @(posedge clk_i) begin
    if (we_i && (wfirst_i || $signed(wexp_i) > largest_q[wplace])) largest_q[wplace] <=
        $signed(wexp_i);
    re_q <= re_i;
    if (re_i) rplace_q <= {rslot_i, rvec_i};
    if (re_q) begin
      drop_o <= 10'(largest_q[rplace_q]) - 10'($signed(word[8:0]));
      sum_o  <= $signed(word[26:9]);
    end
  end
endmodule
`default_nettype wire
