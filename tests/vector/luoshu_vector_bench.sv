// SPDX-License-Identifier: Apache-2.0
// The vector unit with its KV writer: the unit under test of vector_test.cc.
`default_nettype none

module luoshu_vector_bench #(
    parameter int L = 32,
    parameter int VL = 4,
    parameter int MaxTokens = 8,
    parameter int MaxD = 512,
    parameter int HeadWords = 256 / VL
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire              hard_rst_ni,
    input  wire              cmd_valid_i,
    output logic             cmd_ready_o,
    input  wire  [255:0]     cmd_i,
    output logic             done_o,
    output logic             busy_o,
    output logic             stall_stream_o,
    output logic             stall_memory_o,
    output logic             kv_written_o,
    input  wire  [6:0]       ctx_tokens_i,
    input  wire  [1:0]       ctx_logits_mode_i,
    input  wire              ctx_write_logits_i,
    output logic             ctx_re_o,
    input  wire              ctx_gnt_i,
    output logic [5:0]       ctx_token_o,
    input  wire  [31:0]      ctx_id_i,
    input  wire  [31:0]      ctx_pos_i,
    input  wire              ax_valid_i,
    output logic             ax_ready_o,
    input  wire  [L*8-1:0]   ax_data_i,
    input  wire              r_valid_i,
    output logic             r_ready_o,
    input  wire  [19:0]      r_row_i,
    input  wire  [5:0]       r_token_i,
    input  wire  [31:0]      r_data_i,
    input  wire              r_last_i,
    output logic             aw_valid_o,
    output logic [5:0]       aw_token_o,
    output logic [15:0]      aw_block_o,
    output logic [383:0]     aw_data_o,
    output logic [8:0]       aw_exp_o,
    output logic [17:0]      aw_sum_o,
    output logic             aw_joined_o,
    output logic             aw_first_o,
    output logic [1:0]       aw_vec_o,
    output logic             qw_valid_o,
    input  wire              qw_ready_i,
    output logic [5:0]       qw_token_o,
    output logic [15:0]      qw_head_o,
    output logic [7:0]       qw_elem_o,
    output logic [VL*12-1:0] qw_data_o,
    output logic             qw_last_o,
    output logic             qw_final_o,
    output logic [7:0]       qw_exp_o,
    output logic             er_valid_o,
    input  wire              er_ready_i,
    output logic [31:0]      er_addr_o,
    output logic [15:0]      er_beats_o,
    input  wire              er_rvalid_i,
    output logic             er_rready_o,
    input  wire  [L*8-1:0]   er_rdata_i,
    output logic             lw_valid_o,
    input  wire              lw_ready_i,
    output logic [31:0]      lw_addr_o,
    output logic [L*8-1:0]   lw_data_o,
    output logic [L-1:0]     lw_strb_o,
    input  wire              lw_bvalid_i,
    output logic             tok_valid_o,
    input  wire              tok_ready_i,
    output logic [5:0]       tok_index_o,
    output logic [31:0]      tok_id_o,
    output logic [31:0]      tok_logit_o,
    input  wire  [31:0]      head_stride_i,
    input  wire              bank_i,        // of the KV writer's context
    output logic             kctx_re_o,
    input  wire              kctx_gnt_i,
    output logic [7:0]       kctx_addr_o,
    input  wire  [127:0]     kctx_data_i,
    output logic             wq_valid_o,
    input  wire              wq_ready_i,
    output logic [31:0]      wq_addr_o,
    output logic [L*8-1:0]   wq_data_o,
    output logic [L-1:0]     wq_strb_o,
    input  wire              wc_bvalid_i
);
  logic             kw_valid, kw_ready, kw_v, kw_last, kw_idle;
  logic [5:0]       kw_token;
  logic [15:0]      kw_head;
  logic [7:0]       kw_elem, kw_exp;
  logic [VL*12-1:0] kw_data;
  logic [31:0]      kw_base;
  logic [3:0]       head_bits;
  // Parts of an activation block are collected; the block shows with the last one.
  localparam int ActLanes = (L < 32) ? L : 32;
  localparam int Parts    = 32 / ActLanes;
  logic                   part_valid;
  logic [1:0]             part;
  logic [ActLanes*12-1:0] part_data;
  logic [383:0]           block_q;
  always_comb begin
    aw_data_o = block_q;
    for (int i = 0; i < Parts; i++) if (i == 32'(part)) aw_data_o[i*ActLanes*12 +: ActLanes*12] =
        part_data;
  end
  always_ff @(posedge clk_i) if (part_valid) block_q <= aw_data_o;
  assign aw_valid_o = part_valid && (32'(part) == Parts - 1);
  // Parameters: what is offered is announced in the same cycle.
  localparam int Reserve = (L < 32) ? 1 : 0;
  logic ax_ready, ax_room, ax_take;
  assign ax_ready_o = (Reserve != 0) ? ax_room : ax_ready;
  assign ax_take    = ax_valid_i && ax_ready_o;
  luoshu_vector #(.L(L), .VL(VL), .MaxTokens(MaxTokens), .MaxD(MaxD), .HeadWords(HeadWords),
      .Reserve(Reserve)) u_vector (
      .ax_valid_i(ax_take), .ax_ready_o(ax_ready), .ax_ask_i(5'(ax_take)), .ax_room_o(ax_room),
      .aw_valid_o(part_valid), .aw_part_o(part), .aw_data_o(part_data),
      .kw_valid_o(kw_valid), .kw_ready_i(kw_ready), .kw_v_o(kw_v), .kw_token_o(kw_token),
      .kw_head_o(kw_head), .kw_elem_o(kw_elem), .kw_data_o(kw_data), .kw_last_o(kw_last),
      .kw_exp_o(kw_exp), .kw_base_o(kw_base), .kw_idle_i(kw_idle), .head_bits_o(head_bits), .*
  );
  luoshu_kv_writer #(.L(L), .VL(VL)) u_writer (
      .clk_i, .rst_ni, .base_i(kw_base), .head_stride_i, .head_bits_i(head_bits), .bank_i,
      .kw_valid_i(kw_valid), .kw_ready_o(kw_ready), .kw_v_i(kw_v), .kw_token_i(kw_token),
      .kw_head_i(kw_head), .kw_elem_i(kw_elem), .kw_data_i(kw_data), .kw_last_i(kw_last),
      .kw_exp_i(kw_exp), .ctx_re_o(kctx_re_o), .ctx_gnt_i(kctx_gnt_i), .ctx_addr_o(kctx_addr_o),
      .ctx_data_i(kctx_data_i), .wq_valid_o, .wq_ready_i, .wq_addr_o, .wq_data_o, .wq_strb_o,
      .wc_bvalid_i, .idle_o(kw_idle)
  );
endmodule
`default_nettype wire
