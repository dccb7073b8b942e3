// SPDX-License-Identifier: Apache-2.0
// The pass context: per bank and token {kv_block_offset, kv_seq_offset, position, token id}, 32
// bits each.
//
// Written word by word from the register bus, read by the units through one port each: data in the
// cycle after re_i with gnt_o. In a decode loop advance_i puts the sampled token into token 0 of
// bank_i, moves its position on by one and its KV block offset by block_bytes_i when the position
// enters a new block; advanced_o pulses when the context is valid. An advance and a bus write in
// the same cycle: the advance waits. Reset clears control state only. Shared = 0: a copy for each
// reader, always granted. Shared = 1: one memory, a word per cycle: a read is granted with its
// fourth word (its request and address stay until then), an advance changes a token word by word;
// the highest reader goes first, an advance before reader 0.
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

  logic pending_q, advance;   // an advance waits; is written
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
      logic [Readers-1:0] pick;               // reader whose turn it would be
      logic [Readers-1:0] turn_q;             // of the read in progress
      // a read or an advance is in progress; it is an advance
      logic               busy_q, advance_q;
      logic [1:0]         word_q;
      logic               entered_q;          // the position has entered a new block
      logic               step;
      logic [AddrBits-1:0] place;             // {bank, token}
      logic [31:0]        word, moved;
      logic [127:0]       data_q;
      always_comb begin
        pick  = '0;
        place = {bank_i, {TokenBits{1'b0}}};
        for (int r = 0; r < Readers; r++) begin
          if (re_i[r] && (r > 0 || !pending_q)) pick = Readers'(1) << r;
          if (!advance_q && turn_q[r]) place = {raddr_i[r*8 + 7], raddr_i[r*8 +: TokenBits]};
        end
      end
      assign step    = busy_q && !(advance_q && we_i);
      assign advance = step && advance_q && (word_q == 2'd3);
      assign gnt_o   = (busy_q && !advance_q && word_q == 2'd3) ? turn_q & re_i : '0;
      // word 0 is replaced, 1 goes on by one, 3 by a block
      assign moved   = ((word_q == 2'd0) ? token_i : word)
                     + ((word_q == 2'd1) ? 32'd1 : (word_q == 2'd3 && entered_q) ? block_bytes_i
                         : 32'd0);
      luoshu_ram_small #(.Width(32), .Depth(8 * MaxTokens)) u_ram (
          .clk_i, .we_i(we_i || (step && advance_q)),
          .waddr_i(we_i ? {wbank_i, wtoken_i[TokenBits-1:0], wword_i} : {place, word_q}),
          .wdata_i(we_i ? wdata_i : moved), .raddr_i({place, word_q}), .rdata_o(word)
      );
      always_ff @(posedge clk_i) begin
        if (!rst_ni) busy_q <= 1'b0;
        else if (!busy_q) busy_q <= pending_q || (pick != '0);
        else if (step && word_q == 2'd3) busy_q <= 1'b0;
        if (!busy_q) begin
          turn_q    <= pick;
          advance_q <= (pick == '0);
          word_q    <= '0;
        end else if (step) word_q <= word_q + 2'd1;
        if (step && word_q == 2'd1) entered_q <= (moved[4:0] == 5'd0);
        if (step) data_q <= {word, data_q[127:32]};
      end
      assign rdata_o = {Readers{data_q}};
      logic unused_bits;
      assign unused_bits = ^raddr_i;
    end else begin : gen_copies
      logic [31:0]         old_position, old_offset, position, offset;   // of token 0 of bank_i
      logic [AddrBits-1:0] waddr;
      logic [15:0]         wmask;
      logic [127:0]        wdata;
      assign position = old_position + 32'd1;
      assign offset   = old_offset + ((position[4:0] == 5'd0) ? block_bytes_i : 32'd0);
      assign waddr    = we_i ? {wbank_i, wtoken_i[TokenBits-1:0]} : {bank_i, {TokenBits{1'b0}}};
      assign wmask    = we_i ? (16'h000f << {wword_i, 2'b00}) : 16'hf0ff;
      assign wdata    = we_i ? {4{wdata_i}} : {offset, 32'd0, position, token_i};
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
            .clk_i, .we_i(we_i || advance), .waddr_i(waddr), .wmask_i(wmask), .wdata_i(wdata),
            .re_i(re_i[r]), .raddr_i({raddr[7], raddr[TokenBits-1:0]}),
            .rdata_o(rdata_o[r*128 +: 128])
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
