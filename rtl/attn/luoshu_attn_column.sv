// SPDX-License-Identifier: Apache-2.0
// Attention memories at one MAC column: the operands of its query head, and its raw dot products.
//
// operands ld_*: q (chunks of L lanes) of two sets; the MAC column asks with op_*, op_b_o follows
// one cycle later.
//              Softmax weights are read by luoshu_attn_weights, which is asked at the same time.
// K results sum_*: sums of 8 lanes, added up to the raw dot products of a row of max(1, L / hp)
// keys. They wait in L / 8 banks,
// key k in bank k % (L / 8), for two items: one is written while the one before is read. raw_*
// reads all banks,
//              one cycle latency.
// An item is a block of 32 keys of a set; a set is the query heads that the columns hold. hp =
// padded head_dim = 2^hpb_i.
// Reset: of the sum over chunks only; all other state is written before it is read.
`default_nettype none

module luoshu_attn_column #(
    parameter int Lanes    = 32,   // L
    parameter int MetaBits = 16
) (
    input  wire                      clk_i,
    input  wire                      rst_ni,
    input  wire  [3:0]               hpb_i,         // log2 of the padded head_dim, 3..8
    // operands
    input  wire                      ld_we_i,
    input  wire  [5:0]               ld_addr_i,     // {lowest bit of the set slot, chunk}
    input  wire  [Lanes*12-1:0]      ld_data_i,
    input  wire                      op_valid_i,
    input  wire  [MetaBits-1:0]      op_meta_i,
    // one cycle later: weights of the keys of a V beat
    input  wire  [(Lanes/8)*16-1:0]  p_row_i,
    output logic [Lanes*17-1:0]      op_b_o,        // one cycle later
    // K results
    input  wire                      sum_valid_i,
    input  wire  [MetaBits-1:0]      sum_meta_i,
    input  wire  [(Lanes/8)*29-1:0]  sum_i,
    // raw dot products
    input  wire                      raw_re_i,
    input  wire                      raw_item_i,    // lowest bit of the item slot
    input  wire  [4:0]               raw_key_i,
    output logic [(Lanes/8)*32-1:0]  raw_row_o      // of keys raw_key_i / (L / 8) * (L / 8) + bank
);
  localparam int L = Lanes;
  localparam int LB = $clog2(L);
  localparam int Groups8 = L / 8;
  // meta: row[4:0], chunk[9:5], set slot[11:10], item slot[13:12], acc[14], last[15] (dot: of a
  // key's chunks; acc: of a chunk)

  localparam int Chunks = (L >= 128) ? 2 : 256 / L;   // of the widest head
  localparam int ChunkBits = $clog2(Chunks);

  // ---------------------------------------------------------------- operands of the MAC column
  logic [L*12-1:0] q_word;
  logic            op_valid_q, op_acc_q;
  luoshu_ram_clear #(.Width(L*12), .Depth(2*Chunks)) u_q (
      .clk_i, .we_i(ld_we_i), .waddr_i({ld_addr_i[5], ld_addr_i[ChunkBits-1:0]}),
      .wdata_i(ld_data_i), .re_i(op_valid_i), .clear_i(op_valid_i && op_meta_i[14]),
      .raddr_i({op_meta_i[10], op_meta_i[5 +: ChunkBits]}), .rdata_o(q_word)
  );
  generate
    // q or weights, the other is 0: no multiplexer, so that the choice between the array's clients
    // takes the same LUT
    for (genvar g = 0; g < Groups8; g++) begin : gen_b
      logic [4:0]  segment;   // key within the row that the group of 8 lanes belongs to
      assign segment = 5'((32'(g) << 3) >> hpb_i);
      always_comb begin : join_operands
        logic [15:0] p;
        op_b_o[g*8*17 +: 8*17] = 'x;   // a simulator does nothing for an idle column
        p = 'x;
        if (op_valid_q) begin
          p = p_row_i[16*32'(segment) +: 16] & {16{op_acc_q}};
          for (int j = 0; j < 8; j++)
            op_b_o[(g*8+j)*17 +: 17] = {1'b0, p} | {{5{q_word[(g*8+j)*12+11]}},
                q_word[(g*8+j)*12 +: 12]};
        end
      end
    end
  endgenerate
  always_ff @(posedge clk_i) begin
    op_valid_q <= op_valid_i;
    if (op_valid_i) op_acc_q <= op_meta_i[14];
  end

  // -------------------------------------------------- K results: raw dot products of a row of keys
  logic [Groups8*32-1:0] row;        // of the key that belongs into the bank
  logic [31:0]           partial_q;  // hp > L: sum of the key's chunks so far
  logic [2:0]            seg_bits;   // log2 of keys per row: LB - hpb where hp < L, else 0
  logic [4:0]            key;        // first key of the row
  assign seg_bits = (LB > 3 && hpb_i < 4'(LB)) ? 3'(4'(LB) - hpb_i) : 3'd0;
  assign key      = sum_meta_i[4:0] << seg_bits;

  // A tree: level v has the sums of 2^v groups of 8 lanes, which are the keys' where hp = 8 << v.
  // The keys of a row repeat over the banks.
  localparam int Levels = LB - 2;
  function automatic logic [Groups8*32-1:0] key_sums(input logic [Groups8*29-1:0] sums,
      input logic [3:0] hpb, input logic [31:0] partial);
    logic [Levels*Groups8*32-1:0] tree;   // level by level
    tree = '0;
    for (int g = 0; g < Groups8; g++) tree[g*32 +: 32] = 32'($signed(sums[g*29 +: 29]));
    for (int v = 1; v < Levels; v++) begin
      for (int g = 0; g < (Groups8 >> v); g++)
        tree[(v*Groups8 + g)*32 +: 32] = tree[((v-1)*Groups8 + 2*g)*32 +: 32]
            + tree[((v-1)*Groups8 + 2*g + 1)*32 +: 32];
    end
    if (LB == 3 || hpb >= 4'(LB)) begin
      key_sums = {Groups8{tree[(Levels-1)*Groups8*32 +: 32] + partial}};
    end else begin
      key_sums = tree[Groups8*32-1:0];
      for (int v = 1; v < Levels - 1; v++) begin
        for (int g = 0; g < Groups8; g++)
          if (32'(hpb) == v + 3) key_sums[g*32 +: 32] =
              tree[(v*Groups8 + g % (Groups8 >> v))*32 +: 32];
      end
    end
  endfunction
  always_comb begin
    row = 'x;   // a simulator adds nothing up without a valid sum
    if (sum_valid_i) row = key_sums(sum_i, hpb_i, partial_q);
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni || (sum_valid_i && sum_meta_i[15])) partial_q <= '0;
    else if (sum_valid_i) partial_q <= row[31:0];
  end
  localparam int BankBits = LB - 3;   // log2 of the banks
  generate
    for (genvar b = 0; b < Groups8; b++) begin : gen_raw
      logic here;   // the row has a key of the bank
      assign here = ((32'(key) ^ b) & (Groups8 - 1)) >> seg_bits == 0;
      luoshu_ram_1r1w #(.Width(32), .Depth(64 / Groups8)) u_raw (
          .clk_i, .we_i(sum_valid_i && sum_meta_i[15] && here),
          .waddr_i({sum_meta_i[12], key[4:BankBits]}), .wmask_i('0), .wdata_i(row[b*32 +: 32]),
          .re_i(raw_re_i), .raddr_i({raw_item_i, raw_key_i[4:BankBits]}),
          .rdata_o(raw_row_o[b*32 +: 32])
      );
    end
  endgenerate

  logic unused_bits;
  assign unused_bits = ^{sum_meta_i, op_meta_i, ld_addr_i, raw_key_i, key};
endmodule
`default_nettype wire
