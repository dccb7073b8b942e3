// SPDX-License-Identifier: Apache-2.0
// luoshu_semaphores: nothing is taken before it was posted, no post is lost, and a command whose
// semaphores are there gets them. One semaphore, chosen freely, is counted: its posts less its
// takes. Of the counts only its own is kept (tracked_ram_small.sv), so what is proven holds for
// each.
//
// What the users promise: a queue posts again at the earliest after 16 cycles, and first when the
// counts are cleared; a command keeps what it waits for until it has it; its two semaphores
// differ; the chosen one never stands above 15.
`include "luoshu_assert.svh"
`default_nettype none

module semaphores_proof (
    input wire        clk_i,
    input wire        rst_ni,
    input wire [2:0]  want_i,
    input wire [11:0] wait_a_i,
    input wire [11:0] wait_b_i,
    input wire [11:0] post_i,
    input wire        advance_i
);
  logic [2:0] take;
  luoshu_semaphores u_dut (
      .clk_i, .rst_ni, .want_i, .wait_a_i, .wait_b_i, .take_o(take), .post_i, .advance_i
  );
  // inside the unit
  (* hierconn *) wire [3:0]  \u_dut.u_counts.tracked ;
  (* hierconn *) wire [3:0]  \u_dut.u_counts.word_q ;
  (* hierconn *) wire [3:0]  \u_dut.at_q ;
  (* hierconn *) wire        \u_dut.clear_q ;
  (* hierconn *) wire        \u_dut.ok_q ;
  (* hierconn *) wire [3:0]  \u_dut.pending_q ;
  (* hierconn *) wire [11:0] \u_dut.post_q ;
  logic [3:0]  chosen, inside, at;
  logic        clear, ok;
  logic [3:0]  pending;
  logic [15:0] pending_post;
  assign chosen       = \u_dut.u_counts.tracked ;
  assign inside       = \u_dut.u_counts.word_q ;
  assign at           = \u_dut.at_q ;
  assign clear        = \u_dut.clear_q ;
  assign ok           = \u_dut.ok_q ;
  assign pending      = \u_dut.pending_q ;
  assign pending_post = {4'd15, \u_dut.post_q };

  (* anyconst *) logic [1:0] queue;   // whose waiting is timed
  logic        begun_q = 1'b0;
  logic [4:0]  count_q = '0;          // of the chosen semaphore
  logic [5:0]  late_q = '0;           // cycles that only this queue waits for it and could have it
  logic [4:0]  there_q = '0;          // of these, with the semaphore counted
  logic [2:0]  want_q = '0;
  logic [11:0] wait_a_q, wait_b_q;
  logic [3:0]  since_q [4];           // cycles since the last post, of the queues and the advance
  logic [4:0]  posts, takes, waiting_posts, half_taken;
  logic [2:0]  post;
  logic [3:0]  posted;
  logic        alone;
  always_comb begin
    posts         = (advance_i && chosen == 4'd15) ? 5'd1 : 5'd0;
    takes         = '0;
    waiting_posts = '0;
    alone         = want_i[queue] && wait_a_i[4*32'(queue) +: 4] == chosen
        && wait_b_i[4*32'(queue) +: 4] == 4'd0 && count_q != '0;
    for (int u = 0; u < 3; u++) begin
      post[u] = (post_i[4*u +: 4] != 4'd0);
      if (post_i[4*u +: 4] == chosen) posts = posts + 5'd1;
      if (take[u] && (wait_a_i[4*u +: 4] == chosen || wait_b_i[4*u +: 4] == chosen))
        takes = takes + 5'd1;
      if (2'(u) != queue && want_i[u]
          && (wait_a_i[4*u +: 4] == chosen || wait_b_i[4*u +: 4] == chosen)) alone = 1'b0;
    end
    for (int u = 0; u < 4; u++)
      if (pending[u] && pending_post[4*u +: 4] == chosen) waiting_posts = waiting_posts + 5'd1;
    // the second of two semaphores goes down a cycle before the first and the take
    half_taken = (at[1:0] == 2'd3 && ok && wait_b_i[4*32'(at[3:2]) +: 4] == chosen) ? 5'd1 : 5'd0;
  end
  assign posted = {advance_i, post};
  always_ff @(posedge clk_i) begin
    begun_q  <= begun_q || !rst_ni;
    wait_a_q <= wait_a_i;
    wait_b_q <= wait_b_i;
    if (!rst_ni) begin
      count_q <= '0;
      late_q  <= '0;
      there_q <= '0;
      want_q  <= '0;
      for (int u = 0; u < 4; u++) since_q[u] <= '0;
    end else begin
      count_q <= count_q + posts - takes;
      late_q  <= (alone && !take[queue]) ? late_q + 1'b1 : '0;
      there_q <= (alone && !take[queue] && inside != '0) ? there_q + 1'b1 : '0;
      want_q  <= want_i & ~take;
      for (int u = 0; u < 4; u++) begin
        if (posted[u]) since_q[u] <= '0;
        else if (since_q[u] != 4'd15) since_q[u] <= since_q[u] + 4'd1;
      end
    end
  end

  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (chosen != 4'd0 && queue != 2'd3);
    assume (count_q + posts <= 5'd15);
    for (int u = 0; u < 3; u++) begin
      assume (wait_a_i[4*u +: 4] != wait_b_i[4*u +: 4] || wait_a_i[4*u +: 4] == 4'd0);
      if (want_q[u]) assume (want_i[u] && wait_a_i[4*u +: 4] == wait_a_q[4*u +: 4]
          && wait_b_i[4*u +: 4] == wait_b_q[4*u +: 4]);
    end
    for (int u = 0; u < 4; u++) assume (!posted[u] || since_q[u] == 4'd15);
  end

  `LUOSHU_ASSERT(taken_after_posted, takes <= count_q)
  `LUOSHU_ASSERT(take_is_wanted, (take & ~want_i) == '0)
  `LUOSHU_ASSERT(one_take, (take & (take - 3'd1)) == '0)
  `LUOSHU_ASSERT(gets_it, late_q <= 6'd33)

  // Why: the count, with the posts that wait for their turn, is that of the posts and takes; a post
  // is added before the next may come; ok stands for a command that still waits and for a semaphore
  // that is there.
  logic [3:0] as_cleared, in_time, old_enough, until_turn, since_look;
  always_comb begin
    for (int u = 0; u < 4; u++) begin
      until_turn    = 4'(4*u) - at;
      as_cleared[u] = (since_q[u] == at);
      in_time[u]    = !pending[u] || {1'b0, since_q[u]} + {1'b0, until_turn} <= 5'd15;
      old_enough[u] = pending[u] && pending_post[4*u +: 4] == chosen
          && {2'd0, since_q[u]} >= late_q;
    end
    since_look = at - {queue, 2'd2};   // cycles since the queue's semaphores were looked at, less 1
  end
  `LUOSHU_ASSERT(counted, clear || 5'(inside) + waiting_posts == count_q - half_taken)
  `LUOSHU_ASSERT(cleared, !clear || (pending == '0 && count_q == '0
      && (at <= chosen || inside == '0)))
  `LUOSHU_ASSERT(not_ok, !clear || !(ok && at[1]))
  `LUOSHU_ASSERT(none_early, !clear || as_cleared == '1)
  `LUOSHU_ASSERT(all_in_time, in_time == '1)
  `LUOSHU_ASSERT(ok_wanted, !(ok && at[1]) || (at[3:2] != 2'd3 && want_q[at[3:2]]))
  `LUOSHU_ASSERT(ok_there, !(ok && at[1] && wait_a_q[4*32'(at[3:2]) +: 4] == chosen)
      || inside != '0)
  // a semaphore for which a queue waits comes from a post that is as old as the wait; once it is
  // there, it is taken when the queue has its turn
  `LUOSHU_ASSERT(post_on_its_way, inside != '0 || late_q == '0 || clear || old_enough != '0)
  `LUOSHU_ASSERT(late_then_there, late_q <= 6'(there_q) + ((inside == '0) ? 6'd15 : 6'd16))
  `LUOSHU_ASSERT(looked_at, there_q <= 5'(since_look)
      || (since_look <= 4'd1 && ok && there_q <= 5'd16 + 5'(since_look)))
endmodule
`default_nettype wire
