// SPDX-License-Identifier: Apache-2.0
// The pass context: per bank and token {kv_block_offset, kv_seq_offset, position, token id}, 32 bits each.
//
// Written word by word from the register bus, read by the units through one port each (data one cycle after re_i, held).
// In a decode loop advance_i puts the sampled token into token 0 of bank_i, moves its position on by one and its KV
// block offset by block_bytes_i when the position enters a new block; advanced_o pulses when the context is valid.
// An advance and a bus write in the same cycle: the advance waits. Reset clears control state only.
`default_nettype none

module luoshu_context #(
    parameter int MaxTokens = 8,  // tokens per bank, a power of two
    parameter int Readers   = 2
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    // register bus
    input  wire                     we_i,
    input  wire                     wbank_i,
    input  wire  [6:0]              wtoken_i,
    input  wire  [1:0]              wword_i,
    input  wire  [31:0]             wdata_i,
    // decode loop
    input  wire                     advance_i,
    input  wire                     bank_i,
    input  wire  [31:0]             token_i,
    input  wire  [31:0]             block_bytes_i,
    output logic                    advanced_o,
    // units: address {bank, token}
    input  wire  [Readers-1:0]      re_i,
    input  wire  [Readers*8-1:0]    raddr_i,
    output logic [Readers*128-1:0]  rdata_o
);
  localparam int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1;
  localparam int AddrBits = TokenBits + 1;

  logic [31:0]         position_q [2];  // of token 0, per bank
  logic [31:0]         offset_q [2];
  logic                pending_q;
  logic [31:0]         position, offset;
  logic                write;
  logic [AddrBits-1:0] waddr;
  logic [15:0]         wmask;
  logic [127:0]        wdata;
  logic                advance;

  assign advance  = pending_q && !we_i;
  assign position = position_q[bank_i] + 32'd1;
  assign offset   = offset_q[bank_i] + ((position[4:0] == 5'd0) ? block_bytes_i : 32'd0);
  assign write    = we_i || advance;
  assign waddr    = we_i ? {wbank_i, wtoken_i[TokenBits-1:0]} : {bank_i, {TokenBits{1'b0}}};
  assign wmask    = we_i ? (16'h000f << {wword_i, 2'b00}) : 16'hf0ff;
  assign wdata    = we_i ? {4{wdata_i}} : {offset, 32'd0, position, token_i};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pending_q  <= 1'b0;
      advanced_o <= 1'b0;
    end else begin
      advanced_o <= advance;
      if (advance_i) pending_q <= 1'b1;
      else if (advance) pending_q <= 1'b0;
    end
    if (we_i && wtoken_i == 7'd0 && wword_i == 2'd1) position_q[wbank_i] <= wdata_i;
    else if (advance) position_q[bank_i] <= position;
    if (we_i && wtoken_i == 7'd0 && wword_i == 2'd3) offset_q[wbank_i] <= wdata_i;
    else if (advance) offset_q[bank_i] <= offset;
  end

  generate
    for (genvar r = 0; r < Readers; r++) begin : gen_reader
      logic [7:0] raddr;
      assign raddr = raddr_i[r*8 +: 8];  // {bank, token[6:0]}
      luoshu_ram_1r1w #(.Width(128), .Depth(2*MaxTokens), .ByteWrite(4)) u_ram (
          .clk_i, .we_i(write), .waddr_i(waddr), .wmask_i(wmask), .wdata_i(wdata),
          .re_i(re_i[r]), .raddr_i({raddr[7], raddr[TokenBits-1:0]}), .rdata_o(rdata_o[r*128 +: 128])
      );
      logic unused_address;
      assign unused_address = ^raddr;
    end
  endgenerate
  logic unused_token;
  assign unused_token = ^wtoken_i;
endmodule
`default_nettype wire
