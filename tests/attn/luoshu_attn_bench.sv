// SPDX-License-Identifier: Apache-2.0
// The attention unit on its MAC array: the unit under test of attn_test.cc.
`default_nettype none

module luoshu_attn_bench #(
    parameter int Lanes = 32,
    parameter int Columns = 4,
    parameter int VectorLanes = 4,
    parameter int MaxTokens = 8,
    parameter int QElements = 1024,
    parameter int MaxHeads = 16,
    parameter int Step = 2
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       cmd_valid_i,
    output logic                      cmd_ready_o,
    input  wire  [255:0]              cmd_i,
    input  wire  [11:0]               info_i,
    output logic                      done_o,
    output logic                      busy_o,
    output logic                      stall_memory_o,
    output logic                      stall_wait_o,
    output logic                      ctx_re_o,
    input  wire                       ctx_gnt_i,
    output logic [7:0]                ctx_addr_o,
    input  wire  [127:0]              ctx_data_i,
    input  wire                       qw_valid_i,
    input  wire  [5:0]                qw_token_i,
    input  wire  [8:0]                qw_head_i,
    input  wire  [7:0]                qw_elem_i,
    input  wire  [VectorLanes*12-1:0] qw_data_i,
    input  wire                       qw_last_i,
    input  wire                       qw_final_i,
    input  wire  [7:0]                qw_exp_i,
    input  wire  [3:0]                qw_hpb_i,
    output logic                      rq_valid_o,
    input  wire                       rq_ready_i,
    output logic [31:0]               rq_addr_o,
    output logic [7:0]                rq_beats_o,
    input  wire                       rc_valid_i,
    input  wire  [Lanes*8-1:0]        rc_data_i,
    output logic                      aw_valid_o,
    input  wire                       aw_ready_i,
    output logic [5:0]                aw_token_o,
    output logic [15:0]               aw_block_o,
    output logic [383:0]              aw_data_o,
    output logic [8:0]                aw_exp_o,
    output logic [17:0]               aw_sum_o,
    output logic                      aw_first_o,
    output logic                      aw_joined_o,
    output logic [1:0]                aw_vec_o,
    input  wire                       w_valid_i   // client W takes the array's idle cycles
);
  localparam int ActLanes = (Lanes < 32) ? Lanes : 32;
  localparam int Slots = (Lanes < 32) ? 1 : Lanes / 32;
  logic                            k_valid, k_ready, k_acc, k_last, w_ready;
  logic [Columns-1:0]              k_cols, k_op_valid, k_sum_valid, k_accv;
  logic [Lanes*12-1:0]             k_a;
  logic [15:0]                     k_meta;
  logic [Columns*16-1:0]           k_op_meta, k_sum_meta, k_acc_meta;
  logic [Columns*Lanes*17-1:0]     k_b;
  logic [Columns*(Lanes/8)*29-1:0] k_sum;
  logic [Columns*Lanes*32-1:0]     k_accs;
  logic [Columns*Slots*26-1:0]     w_sum;
  luoshu_mac_array #(.Lanes(Lanes), .Columns(Columns)) u_mac (
      .clk_i, .rst_ni, .w_valid_i, .w_ready_o(w_ready), .w_a_i({Lanes{8'h55}}), .w_mode_i(2'd0),
      .w_cols_i({Columns{1'b1}}), .w_b_i({Columns*ActLanes{12'h123}}), .w_sum_o(w_sum),
      .k_valid_i(k_valid), .k_ready_o(k_ready), .k_a_i(k_a), .k_acc_i(k_acc), .k_last_i(k_last),
      .k_cols_i(k_cols), .k_meta_i(k_meta), .k_op_valid_o(k_op_valid), .k_op_meta_o(k_op_meta),
      .k_b_i(k_b), .k_sum_valid_o(k_sum_valid), .k_sum_meta_o(k_sum_meta), .k_sum_o(k_sum),
      .k_accv_o(k_accv), .k_acc_meta_o(k_acc_meta), .k_acc_o(k_accs)
  );
  // Parts of an activation block are collected; the block shows with the last one.
  localparam int Parts = 32 / ActLanes;
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
  luoshu_attention #(
      .Lanes(Lanes), .Columns(Columns), .VectorLanes(VectorLanes), .MaxTokens(MaxTokens),
      .QElements(QElements), .MaxHeads(MaxHeads), .Step(Step)
  ) u_attention (
      .aw_valid_o(part_valid), .aw_part_o(part), .aw_data_o(part_data),
      .k_valid_o(k_valid), .k_ready_i(k_ready), .k_a_o(k_a), .k_acc_o(k_acc), .k_last_o(k_last),
      .k_cols_o(k_cols), .k_meta_o(k_meta), .k_op_valid_i(k_op_valid), .k_op_meta_i(k_op_meta),
      .k_b_o(k_b), .k_sum_valid_i(k_sum_valid), .k_sum_meta_i(k_sum_meta), .k_sum_i(k_sum),
      .k_accv_i(k_accv), .k_acc_meta_i(k_acc_meta), .k_acc_i(k_accs), .*
  );
endmodule
`default_nettype wire
