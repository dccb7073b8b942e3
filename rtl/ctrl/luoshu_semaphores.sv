// SPDX-License-Identifier: Apache-2.0
// The semaphores 1 to 15 of the command queues in a small RAM, one step of one queue per cycle: for
// configurations whose sequencer sends commands in parts (luoshu_sequencer).
//
// A rotation of 16 cycles serves each queue in turn: what it has posted goes up by one, then both
// semaphores that its command waits for are looked at, and if both are above zero they go down and
// take_o pulses. Semaphore 0 means none. advance_i posts 15. A queue posts again at the earliest
// after a rotation. Reset: all semaphores 0, after 16 cycles in which nothing is taken.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_semaphores (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire  [2:0]  want_i,      // a command waits for its semaphores, until take_o
    input  wire  [11:0] wait_a_i,    // 4 bits per queue
    input  wire  [11:0] wait_b_i,
    output logic [2:0]  take_o,
    input  wire  [11:0] post_i,      // pulse, 0 = none
    input  wire         advance_i    // pulse
);
  logic        clear_q;
  // {queue, 3 for the advance; step: post, look at a, take b, take a}
  logic [3:0]  at_q;
  logic [3:0]  pending_q;            // posts that wait, of the queues and the advance
  logic [11:0] post_q;
  logic [15:0] post, wait_a, wait_b;
  logic [3:0]  want, posted, here, index, count;
  logic        ok_q, there, up, down;
  assign here   = 4'd1 << at_q[3:2];
  assign want   = {1'b0, want_i};
  assign post   = {4'd15, post_q};
  assign posted = {advance_i, post_i[11:8] != 4'd0, post_i[7:4] != 4'd0, post_i[3:0] != 4'd0};
  assign wait_a = {4'd0, wait_a_i};
  assign wait_b = {4'd0, wait_b_i};
  always_comb begin
    case (at_q[1:0])
      2'd0:    index = post[4*32'(at_q[3:2]) +: 4];
      2'd2:    index = wait_b[4*32'(at_q[3:2]) +: 4];
      default: index = wait_a[4*32'(at_q[3:2]) +: 4];
    endcase
    if (clear_q) index = at_q;
  end
  assign there  = (index == 4'd0) || (count != 4'd0);
  assign up     = (at_q[1:0] == 2'd0) && ((pending_q & here) != '0);
  assign down   = (at_q[1:0] == 2'd2 && ok_q && there) || (at_q[1:0] == 2'd3 && ok_q);
  assign take_o = (at_q[1:0] == 2'd3 && ok_q) ? here[2:0] : 3'd0;
  luoshu_ram_small #(.Width(4), .Depth(16)) u_counts (
      .clk_i, .we_i(clear_q || up || down), .waddr_i(index),
      .wdata_i(clear_q ? 4'd0 : count + {{3{down}}, 1'b1}), .raddr_i(index), .rdata_o(count)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      clear_q   <= 1'b1;
      at_q      <= '0;
      pending_q <= '0;
      ok_q      <= 1'b0;
    end else begin
      at_q <= at_q + 4'd1;
      if (at_q == 4'd15) clear_q <= 1'b0;
      if (at_q[1:0] == 2'd1) ok_q <= !clear_q && ((want & here) != '0) && there;
      else if (at_q[1:0] == 2'd2) ok_q <= ok_q && there;
      pending_q <= posted | ((up && !clear_q) ? pending_q & ~here : pending_q);
    end
    for (int u = 0; u < 3; u++) if (posted[u]) post_q[4*u +: 4] <= post_i[4*u +: 4];
  end
  `LUOSHU_ASSERT(no_overflow, clear_q || !up || count != 4'd15)
  `LUOSHU_ASSERT(no_post_lost, (posted & pending_q & ~(up ? here : 4'd0)) == '0)
endmodule
`default_nettype wire
