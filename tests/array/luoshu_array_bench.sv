// SPDX-License-Identifier: Apache-2.0
// The matrix engine on its MAC array, with client K open: the unit under test of array_test.cc.
`default_nettype none

module luoshu_array_bench #(
    parameter int Lanes = 32,
    parameter int Columns = 4,
    parameter int Groups = 2,
    parameter int ActBlocks = 64
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       cmd_valid_i,
    output logic                      cmd_ready_o,
    input  wire  [255:0]              cmd_i,
    input  wire  [11:0]               info_i,
    output logic                      done_o,
    input  wire                       value_valid_i,
    output logic                      value_ready_o,
    input  wire  [Lanes*8-1:0]        value_data_i,
    input  wire                       scale_valid_i,
    output logic                      scale_ready_o,
    input  wire  [Lanes*8-1:0]        scale_data_i,
    input  wire                       aw_valid_i,
    output logic                      aw_ready_o,
    input  wire  [5:0]                aw_token_i,
    input  wire  [15:0]               aw_block_i,
    input  wire  [383:0]              aw_data_i,
    input  wire  [8:0]                aw_exp_i,
    input  wire  [17:0]               aw_sum_i,
    input  wire                       aw_joined_i,
    input  wire                       aw_first_i,
    input  wire  [1:0]                aw_vec_i,
    output logic                      r_valid_o,
    input  wire                       r_ready_i,
    output logic [19:0]               r_row_o,
    output logic [5:0]                r_token_o,
    output logic [31:0]               r_data_o,
    output logic                      r_last_o,
    output logic                      busy_o,
    output logic                      stall_memory_o,
    output logic                      stall_wait_o,
    input  wire                       k_valid_i,
    output logic                      k_ready_o,
    input  wire  [Lanes*12-1:0]       k_a_i,
    input  wire                       k_acc_i,
    input  wire                       k_last_i,
    input  wire  [Columns-1:0]        k_cols_i,
    input  wire  [15:0]               k_meta_i,
    output logic [Columns-1:0]        k_op_valid_o,
    output logic [Columns*16-1:0]     k_op_meta_o,
    input  wire  [Columns*Lanes*17-1:0] k_b_i,
    output logic [Columns-1:0]        k_sum_valid_o,
    output logic [Columns*16-1:0]     k_sum_meta_o,
    output logic [Columns*(Lanes/8)*29-1:0] k_sum_o,
    output logic [Columns-1:0]        k_accv_o,
    output logic [Columns*16-1:0]     k_acc_meta_o,
    output logic [Columns*Lanes*32-1:0] k_acc_o
);
  localparam int ActLanes = (Lanes < 32) ? Lanes : 32;
  localparam int Slots = (Lanes < 32) ? 1 : Lanes / 32;
  logic                            mac_valid, mac_ready;
  logic [Lanes*8-1:0]              mac_a;
  logic [1:0]                      mac_mode;
  logic [Columns-1:0]              mac_cols;
  logic [Columns*ActLanes*12-1:0]  mac_b;
  logic [Columns*Slots*26-1:0]     mac_sum;
  // A block is cut into the parts that the array takes, one per cycle.
  localparam int Parts = 32 / ActLanes;
  logic [1:0]                      part_q;
  assign aw_ready_o = (32'(part_q) == Parts - 1);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) part_q <= '0;
    else if (aw_valid_i) part_q <= aw_ready_o ? 2'd0 : part_q + 2'd1;
  end
  luoshu_array #(.Lanes(Lanes), .Columns(Columns), .Groups(Groups), .ActBlocks(ActBlocks)) u_array (
      .aw_part_i(part_q), .aw_data_i(aw_data_i[32'(part_q)*ActLanes*12 +: ActLanes*12]),
      .mac_valid_o(mac_valid), .mac_ready_i(mac_ready), .mac_a_o(mac_a), .mac_mode_o(mac_mode),
      .mac_cols_o(mac_cols), .mac_b_o(mac_b), .mac_sum_i(mac_sum), .*
  );
  luoshu_mac_array #(.Lanes(Lanes), .Columns(Columns)) u_mac (
      .w_valid_i(mac_valid), .w_ready_o(mac_ready), .w_a_i(mac_a), .w_mode_i(mac_mode),
      .w_cols_i(mac_cols), .w_b_i(mac_b), .w_sum_o(mac_sum), .*
  );
endmodule
`default_nettype wire
