// SPDX-License-Identifier: Apache-2.0
// Activations of one column: Groups tokens of Blocks blocks, their exponents and sums, the largest exponent per vector.
//
// Write: one block of 32 activations; with fewer than 32 lanes it takes 32 / Lanes cycles (busy_o), and the caller keeps
// two writes that far apart. Read: values one cycle after re_i; exponent and sum two cycles after re_i, in time for the
// block sum of the MAC array. Distance A - ae comes with the exponent. No reset: what is read was written before.
`default_nettype none

module luoshu_array_act #(
    parameter int Lanes    = 32,
    parameter int Groups   = 2,
    parameter int Blocks   = 320,                         // per token
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32,   // derived
    parameter int GroupBits = (Groups > 1) ? $clog2(Groups) : 1
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    // write
    input  wire                     we_i,
    input  wire  [GroupBits-1:0]    wgroup_i,
    input  wire  [15:0]             wblock_i,
    input  wire  [383:0]            wdata_i,
    input  wire  [8:0]              wexp_i,    // signed LSB exponent
    input  wire  [17:0]             wsum_i,    // signed sum of the block
    input  wire                     wfirst_i,  // first block of its vector
    input  wire  [1:0]              wvec_i,
    output logic                    busy_o,
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
  localparam int AddrBits = $clog2(Words);
  localparam int ExpBits = $clog2(Groups * Blocks);

  // A block at a time; the parts of a block follow each other.
  logic                part_we;
  logic [AddrBits-1:0] part_addr;
  logic [ActLanes*12-1:0] part_data;
  logic [31:0]         waddr, raddr;   // block addresses
  assign waddr = 32'(wgroup_i) * Blocks + 32'(wblock_i);
  assign raddr = 32'(rgroup_i) * Blocks + 32'(rblock_i);
  generate
    if (Parts == 1) begin : gen_whole
      assign part_we   = we_i;
      assign part_addr = waddr[AddrBits-1:0];
      assign part_data = wdata_i;
      assign busy_o    = 1'b0;
      logic unused_reset;
      assign unused_reset = ^{rst_ni, rsub_i};
    end else begin : gen_parts
      localparam int PartBits = $clog2(Parts);
      logic [PartBits:0]   left_q;   // parts still to write
      logic [383:0]        data_q;
      logic [AddrBits-1:0] addr_q;
      assign busy_o    = (left_q != '0);
      assign part_we   = busy_o;
      assign part_addr = addr_q;
      assign part_data = data_q[ActLanes*12-1:0];
      always_ff @(posedge clk_i) begin
        if (!rst_ni) left_q <= '0;
        else if (we_i) left_q <= (PartBits+1)'(Parts);
        else if (busy_o) left_q <= left_q - 1'b1;
        if (we_i) begin
          data_q <= wdata_i;
          addr_q <= AddrBits'(waddr << PartBits);
        end else if (busy_o) begin
          data_q <= data_q >> (ActLanes * 12);
          addr_q <= addr_q + 1'b1;
        end
      end
    end
  endgenerate

  logic [AddrBits-1:0] read_addr;
  assign read_addr = AddrBits'(raddr * Parts + ((Parts > 1) ? 32'(rsub_i) : 32'd0));
  luoshu_ram_1r1w #(.Width(ActLanes*12), .Depth(Words)) u_values (
      .clk_i, .we_i(part_we), .waddr_i(part_addr), .wmask_i('0), .wdata_i(part_data),
      .re_i, .raddr_i(read_addr), .rdata_o(act_o)
  );

  logic [26:0] exp_word;
  luoshu_ram_1r1w #(.Width(27), .Depth(Groups * Blocks)) u_exponents (
      .clk_i, .we_i, .waddr_i(waddr[ExpBits-1:0]), .wmask_i('0), .wdata_i({wsum_i, wexp_i}),
      .re_i, .raddr_i(raddr[ExpBits-1:0]), .rdata_o(exp_word)
  );

  // The largest exponent of each vector: 4 x Groups numbers.
  logic signed [8:0]   largest_q [4 << GroupBits];
  logic [GroupBits+1:0] wslot, rslot_q;
  logic                re_q;
  logic signed [9:0]   distance;
  assign wslot = {wgroup_i, wvec_i};
  assign a_o   = largest_q[{agroup_i, avec_i}];
  assign distance = 10'(largest_q[rslot_q]) - 10'($signed(exp_word[8:0]));
  always_ff @(posedge clk_i) begin
    if (we_i && (wfirst_i || $signed(wexp_i) > largest_q[wslot])) largest_q[wslot] <= $signed(wexp_i);
    re_q <= re_i;
    if (re_i) rslot_q <= {rgroup_i, rvec_i};
    if (re_q) begin
      drop_o <= distance;
      sum_o  <= $signed(exp_word[26:9]);
    end
  end
  logic unused_bits;
  assign unused_bits = ^{waddr, raddr};
endmodule
`default_nettype wire
