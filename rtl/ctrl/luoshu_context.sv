// SPDX-License-Identifier: Apache-2.0
// The pass context: per bank and token {kv_block_offset, kv_seq_offset, position, token id}, 32 bits each.
//
// Written word by word from the register bus, read by the units through one port each: data in the cycle after re_i with gnt_o.
// In a decode loop advance_i puts the sampled token into token 0 of bank_i, moves its position on by one and its KV
// block offset by block_bytes_i when the position enters a new block; advanced_o pulses when the context is valid.
// An advance and a bus write in the same cycle: the advance waits. Reset clears control state only.
// Shared = 0: a copy for each reader, always granted. Shared = 1: one copy, the highest reader first, an advance before reader 0;
// an advance takes two cycles, as it reads what it moves on.
`default_nettype none

module luoshu_context #(
    parameter int MaxTokens = 8,  // tokens per bank, a power of two
    parameter int Readers   = 2,
    parameter int Shared    = 0
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
    output logic [Readers-1:0]      gnt_o,
    input  wire  [Readers*8-1:0]    raddr_i,
    output logic [Readers*128-1:0]  rdata_o
);
  localparam int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1;
  localparam int AddrBits = TokenBits + 1;

  logic                pending_q;
  logic [31:0]         old_position, old_offset, position, offset;   // of token 0 of bank_i
  logic                write;
  logic [AddrBits-1:0] waddr;
  logic [15:0]         wmask;
  logic [127:0]        wdata;
  logic                advance;

  assign position = old_position + 32'd1;
  assign offset   = old_offset + ((position[4:0] == 5'd0) ? block_bytes_i : 32'd0);
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
  end

  generate
    if (Shared != 0) begin : gen_shared
      logic         want, read, read_q;   // an advance wants its token; reads it; has it
      logic [7:0]   raddr;                // {bank, token[6:0]}
      logic [127:0] word, word_q;
      assign want    = pending_q && !read_q;
      assign advance = read_q && !we_i;
      assign read    = want && !(|re_i[Readers-1:1]);
      always_comb begin
        gnt_o = '0;
        raddr = want ? {bank_i, 7'd0} : raddr_i[7:0];
        gnt_o[0] = re_i[0] && !want;
        for (int r = 1; r < Readers; r++) begin
          if (re_i[r]) begin
            gnt_o    = '0;
            gnt_o[r] = 1'b1;
            raddr    = raddr_i[r*8 +: 8];
          end
        end
      end
      for (genvar w = 0; w < 4; w++) begin : gen_word
        luoshu_ram_small #(.Width(32), .Depth(2*MaxTokens)) u_ram (
            .clk_i, .we_i(write && wmask[w*4]), .waddr_i(waddr), .wdata_i(wdata[w*32 +: 32]),
            .raddr_i({raddr[7], raddr[TokenBits-1:0]}), .rdata_o(word[w*32 +: 32])
        );
      end
      always_ff @(posedge clk_i) begin
        read_q <= rst_ni && read;
        word_q <= word;
      end
      assign old_position = word_q[63:32];
      assign old_offset   = word_q[127:96];
      assign rdata_o      = {Readers{word_q}};
      logic unused_bits;
      assign unused_bits = ^{raddr, wmask};
    end else begin : gen_copies
      logic [31:0] position_q [2];   // of token 0, per bank
      logic [31:0] offset_q [2];
      assign advance      = pending_q && !we_i;
      assign old_position = position_q[bank_i];
      assign old_offset   = offset_q[bank_i];
      assign gnt_o        = re_i;
      always_ff @(posedge clk_i) begin
        if (we_i && wtoken_i == 7'd0 && wword_i == 2'd1) position_q[wbank_i] <= wdata_i;
        else if (advance) position_q[bank_i] <= position;
        if (we_i && wtoken_i == 7'd0 && wword_i == 2'd3) offset_q[wbank_i] <= wdata_i;
        else if (advance) offset_q[bank_i] <= offset;
      end
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
    end
  endgenerate
  logic unused_token;
  assign unused_token = ^wtoken_i;
endmodule
`default_nettype wire
