// SPDX-License-Identifier: Apache-2.0
// luoshu_semaphores: no semaphore is taken before it was posted, no post is lost, a command whose semaphores are there gets
// them. One semaphore, chosen freely, is counted: its posts less its takes.
//
// What the users promise: a queue posts again at the earliest after 16 cycles, a command keeps what it waits for until it has
// it, its two semaphores differ, and the chosen one never stands above 15; nobody posts in the 16 cycles after reset.
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
  luoshu_semaphores u_dut (.clk_i, .rst_ni, .want_i, .wait_a_i, .wait_b_i, .take_o(take), .post_i, .advance_i);

  (* anyconst *) logic [3:0] chosen;
  (* anyconst *) logic [1:0] queue;   // whose waiting is timed
  logic        begun_q = 1'b0;
  logic [5:0]  count_q = '0;         // of the chosen semaphore
  logic [5:0]  late_q = '0;          // cycles that the queue alone waits for it and could have it
  logic [2:0]  want_q = '0;
  logic [11:0] wait_a_q, wait_b_q;
  logic [3:0]  since_q [4];          // cycles since the last post, of the queues and the advance
  logic [5:0]  posts, takes;
  logic [2:0]  names, post;
  always_comb begin
    posts = (advance_i && chosen == 4'd15) ? 6'd1 : 6'd0;
    takes = '0;
    for (int u = 0; u < 3; u++) begin
      names[u] = (wait_a_i[4*u +: 4] == chosen) || (wait_b_i[4*u +: 4] == chosen);
      post[u]  = (post_i[4*u +: 4] != 4'd0);
      if (post_i[4*u +: 4] == chosen) posts = posts + 6'd1;
      if (take[u] && names[u]) takes = takes + 6'd1;
    end
  end
  logic alone;
  assign alone = want_i[queue] && wait_a_i[4*queue +: 4] == chosen && wait_b_i[4*queue +: 4] == 4'd0
               && count_q != '0 && (want_i & names & ~(3'd1 << queue)) == '0;
  always_ff @(posedge clk_i) begin
    begun_q  <= begun_q || !rst_ni;
    wait_a_q <= wait_a_i;
    wait_b_q <= wait_b_i;
    if (!rst_ni) begin
      count_q <= '0;
      late_q  <= '0;
      want_q  <= '0;
      for (int u = 0; u < 4; u++) since_q[u] <= '0;
    end else begin
      count_q <= count_q + posts - takes;
      late_q  <= (alone && !take[queue]) ? late_q + 1'b1 : '0;
      want_q  <= want_i & ~take;
      for (int u = 0; u < 4; u++) begin
        if ((u == 3) ? advance_i : post[u % 3]) since_q[u] <= '0;
        else if (since_q[u] != 4'd15) since_q[u] <= since_q[u] + 1'b1;
      end
    end
  end

  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (chosen != 4'd0 && queue != 2'd3);
    assume (count_q + posts <= 6'd15);
    for (int u = 0; u < 3; u++) begin
      assume (wait_a_i[4*u +: 4] != wait_b_i[4*u +: 4] || wait_a_i[4*u +: 4] == 4'd0);
      assume (!post[u] || since_q[u] == 4'd15);
      if (want_q[u]) assume (want_i[u] && wait_a_i[4*u +: 4] == wait_a_q[4*u +: 4] && wait_b_i[4*u +: 4] == wait_b_q[4*u +: 4]);
    end
    assume (!advance_i || since_q[3] == 4'd15);
  end

  `LUOSHU_ASSERT(taken_after_posted, takes <= count_q)
  `LUOSHU_ASSERT(take_is_wanted, (take & ~want_i) == '0)
  `LUOSHU_ASSERT(no_post_lost, late_q <= 6'd48)
endmodule
`default_nettype wire
