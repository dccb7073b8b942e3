// SPDX-License-Identifier: Apache-2.0
// luoshu_command_queue: commands start in order, each once, only when both of its semaphores are
// there; each posts once, what it names, when it is done or before. One command, chosen freely, is
// followed on its way.
//
// What the users promise: the words of a command come in successive cycles (Parts > 1), done_i and
// early_i are of commands that have started, early_i at most once for each, and what is taken is
// taken for the command that waits.
`include "luoshu_assert.svh"
`default_nettype none

module command_queue_proof #(
    parameter int Parts = 1,
    parameter int Depth = 4
) (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        in_valid_i,
    input wire [11:0] in_fields_i,   // {post, wait b, wait a}
    input wire        taken_i,
    input wire [15:0] sem_i,
    input wire        cmd_ready_i,
    input wire        early_i,
    input wire        done_i,
    input wire        follow_i
);
  localparam int CmdPart = 256 / Parts, InfoPart = 16 / Parts;
  localparam int WaitA = luoshu_defs_pkg::CmdWaitALsb, WaitB = luoshu_defs_pkg::CmdWaitBLsb,
      Post = luoshu_defs_pkg::CmdPostLsb;
  logic              in_ready, cmd_valid, waiting;
  logic [3:0]        take_a, take_b, post;
  logic [255:0]      cmd, whole;
  logic [15:0]       unused_info;
  logic [CmdPart-1:0] part;
  logic [3:0]        word_q = '0;    // words of the command that have come (Parts > 1)
  logic [11:0]       fields_q = '0;  // of the command that comes
  logic [11:0]       fields;
  assign fields = (word_q == '0) ? in_fields_i : fields_q;
  always_comb begin
    whole = '0;
    whole[WaitA +: 4] = fields[3:0];
    whole[WaitB +: 4] = fields[7:4];
    whole[Post +: 4]  = fields[11:8];
    part = whole[CmdPart*32'(word_q) +: CmdPart];
  end
  luoshu_command_queue #(.Depth(Depth), .InfoBits(16), .Parts(Parts)) u_dut (
      .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .in_data_i({{InfoPart{1'b0}}, part}),
      .taken_i, .sem_i, .take_a_o(take_a), .take_b_o(take_b), .post_o(post),
      .cmd_valid_o(cmd_valid), .cmd_ready_i, .cmd_o(cmd), .info_o(unused_info), .early_i, .done_i,
      .waiting_o(waiting)
  );

  logic        begun_q = 1'b0, taken_q = 1'b0, early_q = 1'b0;
  // commands that wait; that have started and are not done
  logic [3:0]  inside_q = '0, running_q = '0;
  logic        followed_q = 1'b0, started_q = 1'b0;
  // commands to start, then to be done, before the one that is followed
  logic [3:0]  ahead_q = '0;
  logic [11:0] its_q = '0;
  logic        enters, start;
  assign enters = in_valid_i && in_ready && (Parts == 1)
      || (Parts > 1 && in_valid_i && 32'(word_q) == Parts - 1);
  assign start  = cmd_valid && cmd_ready_i;
  always_ff @(posedge clk_i) begin
    begun_q <= begun_q || !rst_ni;
    if (!rst_ni) begin
      word_q     <= '0;
      inside_q   <= '0;
      running_q  <= '0;
      taken_q    <= 1'b0;
      early_q    <= 1'b0;
      followed_q <= 1'b0;
      started_q  <= 1'b0;
    end else begin
      if (Parts > 1 && in_valid_i) begin
        word_q   <= (32'(word_q) == Parts - 1) ? '0 : word_q + 1'b1;
        fields_q <= fields;
      end
      inside_q  <= inside_q + 4'(enters) - 4'(start);
      running_q <= running_q + 4'(start) - 4'(done_i);
      taken_q   <= taken_i || (taken_q && !start);
      early_q   <= !done_i && (early_i || early_q);
      if (enters && follow_i && !followed_q) begin
        followed_q <= 1'b1;
        started_q  <= 1'b0;
        ahead_q    <= inside_q - 4'(start);
        its_q      <= fields;
      end else if (followed_q && !started_q && start) begin
        started_q <= (ahead_q == '0);
        ahead_q   <= (ahead_q == '0) ? running_q - 4'(done_i) : ahead_q - 1'b1;
      end else if (followed_q && started_q && done_i) begin
        followed_q <= (ahead_q != '0);
        ahead_q    <= ahead_q - 1'b1;
      end
    end
  end
  // the command that is followed is the next to start; is the oldest that runs
  logic next, oldest;
  assign next   = followed_q && !started_q && ahead_q == '0;
  assign oldest = followed_q && started_q && ahead_q == '0;

  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (sem_i[0]);
    assume (!(done_i || early_i) || running_q != '0);
    assume (!early_i || !early_q);
    assume (!taken_i || (waiting && Parts > 1));
    if (Parts > 1) assume (in_valid_i == (word_q != '0) || (in_valid_i && in_ready));
  end

  `LUOSHU_ASSERT(no_command_from_nothing, !cmd_valid || inside_q != '0)
  `LUOSHU_ASSERT(never_too_many, running_q <= 4'd4)
  `LUOSHU_ASSERT(in_order, !(next && cmd_valid)
                 || {cmd[Post +: 4], cmd[WaitB +: 4], cmd[WaitA +: 4]} == its_q)
  `LUOSHU_ASSERT(waits, !(next && cmd_valid) || ((Parts > 1) ? taken_q : sem_i[its_q[3:0]]
      && sem_i[its_q[7:4]]))
  `LUOSHU_ASSERT(takes, Parts > 1 || {take_b, take_a} == (start ? {cmd[WaitB +: 4], cmd[WaitA +: 4]}
      : 8'd0))
  `LUOSHU_ASSERT(posts_its_own, !oldest || post == ((early_i || (done_i && !early_q)) ? its_q[11:8]
      : 4'd0))
  `LUOSHU_ASSERT(posts_only_then, early_i || done_i || post == 4'd0)
endmodule
`default_nettype wire
