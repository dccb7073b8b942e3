// SPDX-License-Identifier: Apache-2.0
// The command queue of one unit: holds commands in order, offers the head once its semaphores are
// there, posts when the unit is done.
//
// cmd_valid_o rises when both semaphores that the head names are available; the handshake takes
// them (take_*_o, one cycle). The unit pulses done_i once per accepted command, in order; the
// command's post index is then posted in that cycle, or before, with early_i (at most once per
// command), where what the waiting command needs is there earlier. At most 4 commands may be
// accepted and not done. Latency: push to cmd_valid_o 1 cycle. Reset empties it. Parts > 1, for
// small configurations: a command comes in that many words in successive cycles (in_ready_o: there
// is none yet) and is put together in a register, no other waits. Its semaphores are taken by the
// user before the handshake: waiting_o and take_*_o name them until taken_i.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_command_queue #(
    parameter int Depth    = 8,   // commands, a power of two; Parts = 1
    parameter int InfoBits = 12,  // run information that travels with a command
    parameter int Parts    = 1,   // words of a command, a power of two that divides InfoBits
    parameter int CmdPart  = 256 / Parts,       // derived
    parameter int InfoPart = InfoBits / Parts   // derived
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       in_valid_i,
    output logic                      in_ready_o,
    // {info, command}, of each the next part from the low end
    input  wire  [InfoPart+CmdPart-1:0] in_data_i,
    input  wire                       taken_i,        // Parts > 1: pulse, the semaphores are taken
    // Parts = 1: semaphore n is above zero (bit 0 is always 1)
    input  wire  [15:0]               sem_i,
    // taken in this cycle (Parts > 1: to be taken), 0 = none
    output logic [3:0]                take_a_o,
    output logic [3:0]                take_b_o,
    output logic [3:0]                post_o,         // posted in this cycle, 0 = none
    output logic                      cmd_valid_o,
    input  wire                       cmd_ready_i,
    output logic [255:0]              cmd_o,
    output logic [InfoBits-1:0]       info_o,
    // pulse: post of the oldest command, before its done_i
    input  wire                       early_i,
    input  wire                       done_i,
    output logic                      waiting_o       // a command waits for a semaphore
);
  logic                head_valid;
  logic [3:0]          wait_a, wait_b;
  logic                start;
  logic                posts_ready, posts_valid;
  logic [3:0]          post;
  logic [2:0]          unused_posts;

  assign wait_a   = cmd_o[luoshu_defs_pkg::CmdWaitALsb +: 4];
  assign wait_b   = cmd_o[luoshu_defs_pkg::CmdWaitBLsb +: 4];
  assign start    = cmd_valid_o && cmd_ready_i;
  generate
    if (Parts > 1) begin : gen_parts
      logic                   taken_q;
      logic [$clog2(Parts):0] loaded_q;   // words in the register
      assign in_ready_o  = (loaded_q == '0);
      assign head_valid  = loaded_q[$clog2(Parts)];
      assign take_a_o    = wait_a;
      assign take_b_o    = wait_b;
      assign cmd_valid_o = taken_q && posts_ready;
      assign waiting_o   = head_valid && !taken_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          loaded_q <= '0;
          taken_q  <= 1'b0;
        end else begin
          loaded_q <= start ? '0 : loaded_q + ($clog2(Parts)+1)'(in_valid_i);
          taken_q  <= taken_i || (taken_q && !start);
        end
        if (in_valid_i) begin
          cmd_o  <= {in_data_i[CmdPart-1:0], cmd_o[255:CmdPart]};
          info_o <= {in_data_i[InfoPart+CmdPart-1:CmdPart], info_o[InfoBits-1:InfoPart]};
        end
      end
      logic unused_sem;
      assign unused_sem = ^sem_i;
      `LUOSHU_ASSERT(words_fit, !in_valid_i || !head_valid)
    end else begin : gen_whole
      logic [$clog2(Depth):0] unused_count;
      logic                   there, unused_taken;   // both semaphores are
      assign there        = sem_i[wait_a] && sem_i[wait_b];
      assign take_a_o     = start ? wait_a : 4'd0;
      assign take_b_o     = start ? wait_b : 4'd0;
      assign unused_taken = taken_i;
      luoshu_fifo #(.Width(InfoBits + 256), .Depth(Depth), .UseRam(0)) u_commands (
          .clk_i, .rst_ni, .in_valid_i, .in_ready_o, .in_data_i,
          .out_valid_o(head_valid), .out_ready_i(start), .out_data_o({info_o, cmd_o}),
          .count_o(unused_count)
      );
      assign cmd_valid_o = head_valid && there && posts_ready;
      assign waiting_o   = head_valid && !there;
    end
  endgenerate

  luoshu_fifo #(.Width(4), .Depth(4), .UseRam(0)) u_posts (
      .clk_i, .rst_ni, .in_valid_i(start), .in_ready_o(posts_ready),
      .in_data_i(cmd_o[luoshu_defs_pkg::CmdPostLsb +: 4]),
      .out_valid_o(posts_valid), .out_ready_i(done_i), .out_data_o(post), .count_o(unused_posts)
  );
  logic posted_q;   // the oldest command has posted
  assign post_o = (early_i || (done_i && !posted_q)) ? post : 4'd0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || done_i) posted_q <= 1'b0;
    else if (early_i) posted_q <= 1'b1;
  end
  `LUOSHU_ASSERT(done_has_command, !(done_i || early_i) || posts_valid)
  `LUOSHU_ASSERT(posts_once, !early_i || !posted_q)
endmodule
`default_nettype wire
