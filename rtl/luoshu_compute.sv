// SPDX-License-Identifier: Apache-2.0
// The compute units around the MAC array: matrix engine, attention, vector unit, KV writer,
// embedding reader.
//
// Commands 0 array, 1 vector, 2 attention; rst_ni drops everything in the units (never with a
// memory request in flight) but what the set-up program loaded, the RoPE steps: hard_rst_ni, low
// only together with rst_ni, drops these too.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_compute #(
    parameter int Lanes       = 32,
    parameter int Columns     = 4,
    parameter int Groups      = 2,
    parameter int VectorLanes = 4,
    parameter int MaxD        = 2048,
    parameter int ActBlocks   = 256,
    parameter int MaxHeads    = 32,
    parameter int QElements   = 2048,
    parameter int HeadWords   = 64,
    parameter int InfoBits    = 12
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   hard_rst_ni,
    input  wire  [2:0]            cmd_valid_i,
    output logic [2:0]            cmd_ready_o,
    input  wire  [3*256-1:0]      cmd_i,
    input  wire  [3*InfoBits-1:0] info_i,
    output logic [2:0]            done_o,
    // pulse: K and V of the QKV that the vector unit executes are in memory
    output logic                  kv_written_o,
    output logic [InfoBits-1:0]   vector_info_o,  // of the command that the vector unit executes
    input  wire  [31:0]           kv_head_stride_i,
    // context readers: 0 vector, 1 KV writer, 2 attention
    output logic [2:0]            ctx_re_o,
    input  wire  [2:0]            ctx_gnt_i,
    output logic [3*8-1:0]        ctx_addr_o,
    input  wire  [3*128-1:0]      ctx_data_i,
    // weight stream
    input  wire                   value_valid_i,
    output logic                  value_ready_o,
    input  wire  [Lanes*8-1:0]    value_data_i,
    input  wire                   scale_valid_i,
    output logic                  scale_ready_o,
    input  wire  [Lanes*8-1:0]    scale_data_i,
    input  wire                   aux_valid_i,
    output logic                  aux_ready_o,
    input  wire  [Lanes*8-1:0]    aux_data_i,
    input  wire  [4:0]            aux_ask_i,       // Lanes < 32: announced beats, and room for more
    output logic                  aux_room_o,
    // memory port: KV reads, embedding reads, writes (0 KV, 1 logits)
    output logic                  kv_rq_valid_o,
    input  wire                   kv_rq_ready_i,
    output logic [31:0]           kv_rq_addr_o,
    output logic [7:0]            kv_rq_beats_o,
    input  wire                   kv_rc_valid_i,
    output logic                  er_rq_valid_o,
    input  wire                   er_rq_ready_i,
    output logic [31:0]           er_rq_addr_o,
    output logic [7:0]            er_rq_beats_o,
    input  wire                   er_rc_valid_i,
    input  wire  [Lanes*8-1:0]    rc_data_i,
    output logic [1:0]            wq_valid_o,
    input  wire  [1:0]            wq_ready_i,
    output logic [63:0]           wq_addr_o,
    output logic [2*Lanes*8-1:0]  wq_data_o,
    output logic [2*Lanes-1:0]    wq_strb_o,
    input  wire  [1:0]            wc_bvalid_i,
    // sampled tokens
    output logic                  tok_valid_o,
    input  wire                   tok_ready_i,
    output logic [5:0]            tok_index_o,
    output logic [31:0]           tok_id_o,
    output logic [31:0]           tok_logit_o,
    // array, attention, vector: busy, memory stall, dependency stall
    output logic [8:0]            count_o
);
  localparam int MaxTokens = Columns * Groups;
  localparam int ActLanes  = (Lanes < 32) ? Lanes : 32;
  localparam int Slots     = (Lanes < 32) ? 1 : Lanes / 32;
  localparam int Groups8   = Lanes / 8;
  localparam int MetaBits  = 16;
  localparam int Step      = (Lanes < 32) ? 1 : 2;   // keys per softmax step and column

  // ---------------------------------------------------------------- MAC array
  logic                            w_valid, w_ready, k_valid, k_ready, k_acc, k_last;
  logic [Lanes*8-1:0]              w_a;
  logic [1:0]                      w_mode;
  logic [Columns-1:0]              w_cols, k_cols, k_op_valid, k_sum_valid, k_accv;
  logic [Columns*ActLanes*12-1:0]  w_b;
  logic [Columns*Slots*26-1:0]     w_sum;
  logic [Lanes*12-1:0]             k_a;
  logic [MetaBits-1:0]             k_meta;
  logic [Columns*MetaBits-1:0]     k_op_meta, k_sum_meta, k_acc_meta;
  logic [Columns*Lanes*17-1:0]     k_b;
  logic [Columns*Groups8*29-1:0]   k_sum;
  logic [Columns*Lanes*32-1:0]     k_accs;
  luoshu_mac_array #(.Lanes(Lanes), .Columns(Columns), .MetaBits(MetaBits)) u_mac (
      .clk_i, .rst_ni, .w_valid_i(w_valid), .w_ready_o(w_ready), .w_a_i(w_a), .w_mode_i(w_mode),
      .w_cols_i(w_cols), .w_b_i(w_b), .w_sum_o(w_sum), .k_valid_i(k_valid), .k_ready_o(k_ready),
      .k_a_i(k_a), .k_acc_i(k_acc), .k_last_i(k_last), .k_cols_i(k_cols), .k_meta_i(k_meta),
      .k_op_valid_o(k_op_valid), .k_op_meta_o(k_op_meta), .k_b_i(k_b), .k_sum_valid_o(k_sum_valid),
      .k_sum_meta_o(k_sum_meta), .k_sum_o(k_sum), .k_accv_o(k_accv), .k_acc_meta_o(k_acc_meta),
      .k_acc_o(k_accs)
  );

  // ------------------------------------------------------- activations: the vector unit goes first
  logic                   v_aw_valid, a_aw_valid;
  logic [5:0]             v_aw_token, a_aw_token, aw_token;
  logic [15:0]            v_aw_block, a_aw_block, aw_block;
  logic [1:0]             v_aw_part, a_aw_part, aw_part, v_aw_vec, a_aw_vec, aw_vec;
  logic [ActLanes*12-1:0] v_aw_data, a_aw_data, aw_data;
  logic [8:0]             v_aw_exp, a_aw_exp, aw_exp;
  logic [17:0]            v_aw_sum, a_aw_sum, aw_sum;
  logic                   v_aw_joined, a_aw_joined, aw_joined, v_aw_first, a_aw_first, aw_first;
  assign {aw_token, aw_block, aw_part, aw_data, aw_exp, aw_sum, aw_joined, aw_first, aw_vec} =
      v_aw_valid
      ? {v_aw_token, v_aw_block, v_aw_part, v_aw_data, v_aw_exp, v_aw_sum, v_aw_joined, v_aw_first,
          v_aw_vec}
      : {a_aw_token, a_aw_block, a_aw_part, a_aw_data, a_aw_exp, a_aw_sum, a_aw_joined, a_aw_first,
          a_aw_vec};

  // ---------------------------------------------------------------- matrix engine
  logic        r_valid, r_ready, r_last;
  logic [19:0] r_row;
  logic [5:0]  r_token;
  logic [31:0] r_data;
  luoshu_array #(
      .Lanes(Lanes), .Columns(Columns), .Groups(Groups), .ActBlocks(ActBlocks),
      .InfoBits(InfoBits), .TileBits((Lanes < 32) ? 3 : 4)
  ) u_array (
      .clk_i, .rst_ni, .cmd_valid_i(cmd_valid_i[0]), .cmd_ready_o(cmd_ready_o[0]),
      .cmd_i(cmd_i[255:0]), .info_i(info_i[InfoBits-1:0]), .done_o(done_o[0]), .value_valid_i,
      .value_ready_o, .value_data_i, .scale_valid_i, .scale_ready_o, .scale_data_i,
      .mac_valid_o(w_valid), .mac_ready_i(w_ready), .mac_a_o(w_a), .mac_mode_o(w_mode),
      .mac_cols_o(w_cols), .mac_b_o(w_b), .mac_sum_i(w_sum), .aw_valid_i(v_aw_valid || a_aw_valid),
      .aw_token_i(aw_token), .aw_block_i(aw_block), .aw_part_i(aw_part), .aw_data_i(aw_data),
      .aw_exp_i(aw_exp), .aw_sum_i(aw_sum), .aw_joined_i(aw_joined), .aw_first_i(aw_first),
      .aw_vec_i(aw_vec), .r_valid_o(r_valid), .r_ready_i(r_ready), .r_row_o(r_row),
      .r_token_o(r_token), .r_data_o(r_data), .r_last_o(r_last), .busy_o(count_o[0]),
      .stall_memory_o(count_o[1]), .stall_wait_o(count_o[2])
  );

  // -------------------------------------------------------------- what a command was accepted with
  logic [InfoBits-1:0] vector_info_q, attention_info_q, attention_info;
  logic clk_info;
  luoshu_clock_gate u_info_gate (.clk_i, .en_i((cmd_valid_i[2:1] & cmd_ready_o[2:1]) != 2'd0),
      .clk_o(clk_info));
  always_ff @(posedge clk_info) begin
    if (cmd_valid_i[1] && cmd_ready_o[1]) vector_info_q <= info_i[InfoBits +: InfoBits];
    if (cmd_valid_i[2] && cmd_ready_o[2]) attention_info_q <= info_i[2*InfoBits +: InfoBits];
  end
  assign vector_info_o  = vector_info_q;
  assign attention_info = (cmd_valid_i[2] && cmd_ready_o[2]) ? info_i[2*InfoBits +: InfoBits]
      : attention_info_q;

  // ------------------------------------------------------ vector unit, KV writer, embedding reader
  logic                      qw_valid, qw_last, qw_final, kw_valid, kw_ready, kw_v, kw_last,
      kw_idle;
  logic [5:0]                v_token, qw_token, kw_token;
  logic [15:0]               qw_head, kw_head, er_beats;
  logic [7:0]                qw_elem, qw_exp, kw_elem, kw_exp;
  logic [VectorLanes*12-1:0] qw_data, kw_data;
  logic [31:0]               kw_base, er_addr;
  logic [3:0]                head_bits;
  logic                      er_valid, er_ready, er_rvalid, er_rready;
  logic [Lanes*8-1:0]        er_rdata;
  // Parameters: two norms of the widest model; where block RAM is scarce, one.
  localparam int NormWords = (MaxD + VectorLanes - 1) / VectorLanes;
  luoshu_vector #(
      .L(Lanes), .VL(VectorLanes), .MaxTokens(MaxTokens), .MaxD(MaxD), .MaxHeads(MaxHeads),
      .HeadWords(HeadWords), .SlotBits((Lanes < 32) ? 1 : 2),
      .ParamWords((Lanes > 32) ? 2 * NormWords : 1 << $clog2(NormWords)),
      .Reserve((Lanes < 32) ? 1 : 0)
  ) u_vector (
      .clk_i, .rst_ni, .hard_rst_ni, .cmd_valid_i(cmd_valid_i[1]), .cmd_ready_o(cmd_ready_o[1]),
      .cmd_i(cmd_i[511:256]), .done_o(done_o[1]), .kv_written_o,
      .busy_o(count_o[6]), .stall_memory_o(count_o[7]), .stall_stream_o(count_o[8]),
      .ctx_tokens_i(vector_info_q[11:5]), .ctx_logits_mode_i(vector_info_q[1:0]),
      .ctx_write_logits_i(vector_info_q[2]), .ctx_re_o(ctx_re_o[0]), .ctx_gnt_i(ctx_gnt_i[0]),
      .ctx_token_o(v_token), .ctx_id_i(ctx_data_i[31:0]), .ctx_pos_i(ctx_data_i[63:32]),
      .ax_valid_i(aux_valid_i), .ax_ready_o(aux_ready_o), .ax_data_i(aux_data_i),
      .ax_ask_i(aux_ask_i), .ax_room_o(aux_room_o), .r_valid_i(r_valid), .r_ready_o(r_ready),
      .r_row_i(r_row), .r_token_i(r_token), .r_data_i(r_data), .r_last_i(r_last),
      .aw_valid_o(v_aw_valid), .aw_token_o(v_aw_token), .aw_block_o(v_aw_block),
      .aw_part_o(v_aw_part), .aw_data_o(v_aw_data), .aw_exp_o(v_aw_exp), .aw_sum_o(v_aw_sum),
      .aw_joined_o(v_aw_joined), .aw_first_o(v_aw_first), .aw_vec_o(v_aw_vec),
      .qw_valid_o(qw_valid), .qw_ready_i(1'b1), .qw_token_o(qw_token), .qw_head_o(qw_head),
      .qw_elem_o(qw_elem), .qw_data_o(qw_data), .qw_last_o(qw_last), .qw_final_o(qw_final),
      .qw_exp_o(qw_exp), .kw_valid_o(kw_valid), .kw_ready_i(kw_ready), .kw_v_o(kw_v),
      .kw_token_o(kw_token), .kw_head_o(kw_head), .kw_elem_o(kw_elem), .kw_data_o(kw_data),
      .kw_last_o(kw_last), .kw_exp_o(kw_exp), .kw_base_o(kw_base), .kw_idle_i(kw_idle),
      .head_bits_o(head_bits), .er_valid_o(er_valid), .er_ready_i(er_ready), .er_addr_o(er_addr),
      .er_beats_o(er_beats), .er_rvalid_i(er_rvalid), .er_rready_o(er_rready),
      .er_rdata_i(er_rdata), .lw_valid_o(wq_valid_o[1]), .lw_ready_i(wq_ready_i[1]),
      .lw_addr_o(wq_addr_o[63:32]), .lw_data_o(wq_data_o[2*Lanes*8-1:Lanes*8]),
      .lw_strb_o(wq_strb_o[2*Lanes-1:Lanes]), .lw_bvalid_i(wc_bvalid_i[1]), .tok_valid_o,
      .tok_ready_i, .tok_index_o, .tok_id_o, .tok_logit_o
  );
  assign ctx_addr_o[7:0] = {vector_info_q[3], 1'b0, v_token};

  logic clk_kv_writer;
  luoshu_clock_gate u_kv_writer_gate (.clk_i, .en_i(!rst_ni || !kw_idle), .clk_o(clk_kv_writer));
  luoshu_kv_writer #(.L(Lanes), .VL(VectorLanes)) u_kv_writer (
      .clk_i(clk_kv_writer), .rst_ni, .base_i(kw_base), .head_stride_i(kv_head_stride_i),
      .head_bits_i(head_bits), .bank_i(vector_info_q[3]), .kw_valid_i(kw_valid),
      .kw_ready_o(kw_ready), .kw_v_i(kw_v), .kw_token_i(kw_token), .kw_head_i(kw_head),
      .kw_elem_i(kw_elem), .kw_data_i(kw_data), .kw_last_i(kw_last), .kw_exp_i(kw_exp),
      .ctx_re_o(ctx_re_o[1]), .ctx_gnt_i(ctx_gnt_i[1]), .ctx_addr_o(ctx_addr_o[15:8]),
      .ctx_data_i(ctx_data_i[255:128]), .wq_valid_o(wq_valid_o[0]), .wq_ready_i(wq_ready_i[0]),
      .wq_addr_o(wq_addr_o[31:0]), .wq_data_o(wq_data_o[Lanes*8-1:0]),
      .wq_strb_o(wq_strb_o[Lanes-1:0]), .wc_bvalid_i(wc_bvalid_i[0]), .idle_o(kw_idle)
  );

  generate
    if (Lanes < 32) begin : gen_embedding_beats
      luoshu_beat_reader #(.Lanes(Lanes)) u_embedding (
          .clk_i, .rst_ni, .rd_valid_i(er_valid), .rd_ready_o(er_ready), .rd_addr_i(er_addr),
          .rd_beats_i(er_beats), .rq_valid_o(er_rq_valid_o), .rq_ready_i(er_rq_ready_i),
          .rq_addr_o(er_rq_addr_o), .rq_beats_o(er_rq_beats_o), .rc_valid_i(er_rc_valid_i),
          .rc_data_i, .kv_valid_o(er_rvalid), .kv_ready_i(er_rready), .kv_data_o(er_rdata)
      );
    end else begin : gen_embedding_queue
      luoshu_kv_reader #(.Lanes(Lanes), .Depth((Lanes > 32) ? 32 : 16)) u_embedding (
          .clk_i, .rst_ni, .rd_valid_i(er_valid), .rd_ready_o(er_ready), .rd_addr_i(er_addr),
          .rd_beats_i(er_beats), .rq_valid_o(er_rq_valid_o), .rq_ready_i(er_rq_ready_i),
          .rq_addr_o(er_rq_addr_o), .rq_beats_o(er_rq_beats_o), .rc_valid_i(er_rc_valid_i),
          .rc_data_i, .kv_valid_o(er_rvalid), .kv_ready_i(er_rready), .kv_data_o(er_rdata)
      );
    end
  endgenerate

  // ----------------------------------------------------------- attention: stopped between commands
  logic clk_attention;
  luoshu_clock_gate u_attention_gate (
      .clk_i, .en_i(!rst_ni || count_o[3] || cmd_valid_i[2] || qw_valid), .clk_o(clk_attention)
  );
  luoshu_attention #(
      .Lanes(Lanes), .Columns(Columns), .VectorLanes(VectorLanes), .MaxTokens(MaxTokens),
      .QElements(QElements), .MaxHeads(MaxHeads), .Step(Step), .InfoBits(InfoBits),
      .MetaBits(MetaBits)
  ) u_attention (
      .clk_i(clk_attention), .rst_ni, .cmd_valid_i(cmd_valid_i[2]), .cmd_ready_o(cmd_ready_o[2]),
      .cmd_i(cmd_i[767:512]), .info_i(attention_info), .done_o(done_o[2]), .ctx_re_o(ctx_re_o[2]),
      .ctx_gnt_i(ctx_gnt_i[2]), .ctx_addr_o(ctx_addr_o[23:16]), .ctx_data_i(ctx_data_i[383:256]),
      .qw_valid_i(qw_valid), .qw_token_i(qw_token), .qw_head_i(qw_head[8:0]), .qw_elem_i(qw_elem),
      .qw_data_i(qw_data), .qw_last_i(qw_last), .qw_final_i(qw_final), .qw_exp_i(qw_exp),
      .qw_hpb_i(head_bits), .rq_valid_o(kv_rq_valid_o), .rq_ready_i(kv_rq_ready_i),
      .rq_addr_o(kv_rq_addr_o), .rq_beats_o(kv_rq_beats_o), .rc_valid_i(kv_rc_valid_i), .rc_data_i,
      .k_valid_o(k_valid), .k_ready_i(k_ready), .k_a_o(k_a), .k_acc_o(k_acc), .k_last_o(k_last),
      .k_cols_o(k_cols), .k_meta_o(k_meta), .k_op_valid_i(k_op_valid), .k_op_meta_i(k_op_meta),
      .k_b_o(k_b), .k_sum_valid_i(k_sum_valid), .k_sum_meta_i(k_sum_meta), .k_sum_i(k_sum),
      .k_accv_i(k_accv), .k_acc_meta_i(k_acc_meta), .k_acc_i(k_accs), .aw_valid_o(a_aw_valid),
      .aw_ready_i(!v_aw_valid), .aw_token_o(a_aw_token), .aw_block_o(a_aw_block),
      .aw_part_o(a_aw_part), .aw_data_o(a_aw_data), .aw_exp_o(a_aw_exp), .aw_sum_o(a_aw_sum),
      .aw_joined_o(a_aw_joined), .aw_first_o(a_aw_first), .aw_vec_o(a_aw_vec), .busy_o(count_o[3]),
      .stall_memory_o(count_o[4]), .stall_wait_o(count_o[5])
  );
  logic unused_bits;
  assign unused_bits = ^{qw_head[15:9], ctx_data_i};
endmodule
`default_nettype wire
