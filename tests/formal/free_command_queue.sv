// SPDX-License-Identifier: Apache-2.0
// Stands in for luoshu_command_queue in proofs of its user: it takes whatever semaphores are there
// whenever it likes, two that differ, and posts any.
`default_nettype none

module luoshu_command_queue #(
    parameter int Depth    = 8,
    parameter int InfoBits = 12,
    parameter int Parts    = 1,
    parameter int CmdPart  = 256 / Parts,
    parameter int InfoPart = InfoBits / Parts
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       in_valid_i,
    output logic                      in_ready_o,
    input  wire  [InfoPart+CmdPart-1:0] in_data_i,
    input  wire                       taken_i,
    input  wire  [15:0]               sem_i,
    output logic [3:0]                take_a_o,
    output logic [3:0]                take_b_o,
    output logic [3:0]                post_o,
    output logic                      cmd_valid_o,
    input  wire                       cmd_ready_i,
    output logic [255:0]              cmd_o,
    output logic [InfoBits-1:0]       info_o,
    input  wire                       early_i,
    input  wire                       done_i,
    output logic                      waiting_o
);
  (* anyseq *) logic [3:0] a, b, post;
  (* anyseq *) logic       ready, valid, waiting, start;
  (* anyseq *) logic [255:0] cmd;
  (* anyseq *) logic [InfoBits-1:0] info;
  logic take;
  assign take        = start && sem_i[a] && sem_i[b] && (a != b || a == 4'd0);
  assign take_a_o    = take ? a : 4'd0;
  assign take_b_o    = take ? b : 4'd0;
  assign post_o      = post;
  assign in_ready_o  = ready;
  assign cmd_valid_o = valid;
  assign waiting_o   = waiting;
  assign cmd_o       = cmd;
  assign info_o      = info;
endmodule
`default_nettype wire
