// SPDX-License-Identifier: Apache-2.0
// The semaphores of luoshu_sequencer where commands come whole (Lanes >= 32): nothing is taken
// before it was posted, no post is lost, and a semaphore is shown as long as it stands above zero.
// Each is counted: its posts less its takes since the units were reset.
//
// What programs promise: one queue at a time takes a semaphore, and none stands above 15. The
// queues take whatever is shown whenever they like (free_command_queue.sv).
`include "luoshu_assert.svh"
`default_nettype none

module counters_proof (
    input wire         clk_i,
    input wire         rst_ni,
    input wire         run_valid_i,
    input wire [31:0]  run_program_i,
    input wire [15:0]  run_count_i,
    input wire [31:0]  run_passes_i,
    input wire [11:0]  run_info_i,
    input wire         done_ready_i,
    input wire         stop_i,
    input wire         advance_i,
    input wire         memory_idle_i,
    input wire         rq_ready_i,
    input wire         rc_valid_i,
    input wire [255:0] rc_data_i,
    input wire         seg_ready_i,
    input wire [2:0]   cmd_ready_i,
    input wire [2:0]   early_i,
    input wire [2:0]   done_i
);
  logic        unit_rst_n;
  logic        unused_run_ready, unused_run_done, unused_busy, unused_loop, unused_opcode;
  logic        unused_halt, unused_full, unused_rq, unused_seg, unused_aux;
  logic [31:0] unused_passes, unused_rq_addr, unused_seg_addr, unused_seg_beats;
  logic [7:0]  unused_rq_beats;
  logic [2:0]  unused_mode, unused_cmd_valid, unused_waiting;
  logic [3*256-1:0] unused_cmd;
  logic [35:0] unused_info;
  luoshu_sequencer u_dut (
      .clk_i, .rst_ni, .run_valid_i, .run_ready_o(unused_run_ready), .run_program_i, .run_count_i,
      .run_passes_i, .run_info_i, .run_done_o(unused_run_done), .done_ready_i,
      .busy_o(unused_busy), .loop_o(unused_loop), .loop_passes_o(unused_passes), .stop_i,
      .advance_i, .bad_opcode_o(unused_opcode), .halt_o(unused_halt), .unit_rst_no(unit_rst_n),
      .memory_idle_i, .queue_full_o(unused_full), .rq_valid_o(unused_rq), .rq_ready_i,
      .rq_addr_o(unused_rq_addr), .rq_beats_o(unused_rq_beats), .rc_valid_i, .rc_data_i,
      .seg_valid_o(unused_seg), .seg_ready_i, .seg_aux_o(unused_aux),
      .seg_addr_o(unused_seg_addr), .seg_beats_o(unused_seg_beats), .seg_mode_o(unused_mode),
      .cmd_valid_o(unused_cmd_valid), .cmd_ready_i, .cmd_o(unused_cmd),
      .cmd_info_o(unused_info), .early_i, .done_i, .waiting_o(unused_waiting)
  );
  (* hierconn *) wire [11:0] \u_dut.take_a ;
  (* hierconn *) wire [11:0] \u_dut.take_b ;
  (* hierconn *) wire [11:0] \u_dut.post ;
  (* hierconn *) wire [15:0] \u_dut.sem ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[1].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[2].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[3].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[4].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[5].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[6].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[7].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[8].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[9].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[10].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[11].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[12].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[13].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[14].count_q ;
  (* hierconn *) wire [3:0] \u_dut.gen_counters.gen_sem[15].count_q ;
  logic [63:0] counts;
  assign counts = {\u_dut.gen_counters.gen_sem[15].count_q ,
      \u_dut.gen_counters.gen_sem[14].count_q , \u_dut.gen_counters.gen_sem[13].count_q ,
      \u_dut.gen_counters.gen_sem[12].count_q , \u_dut.gen_counters.gen_sem[11].count_q ,
      \u_dut.gen_counters.gen_sem[10].count_q , \u_dut.gen_counters.gen_sem[9].count_q ,
      \u_dut.gen_counters.gen_sem[8].count_q , \u_dut.gen_counters.gen_sem[7].count_q ,
      \u_dut.gen_counters.gen_sem[6].count_q , \u_dut.gen_counters.gen_sem[5].count_q ,
      \u_dut.gen_counters.gen_sem[4].count_q , \u_dut.gen_counters.gen_sem[3].count_q ,
      \u_dut.gen_counters.gen_sem[2].count_q , \u_dut.gen_counters.gen_sem[1].count_q , 4'd0};

  logic        begun_q = 1'b0;
  logic [4:0]  count_q [16];
  logic [4:0]  posts, takes;
  logic [15:0] covered, one_taker, bounded, shown, same;
  logic [4:0]  count_d [16];
  always_comb begin
    for (int s = 0; s < 16; s++) begin
      posts = (advance_i && s == 15) ? 5'd1 : 5'd0;
      takes = '0;
      for (int u = 0; u < 3; u++) begin
        if (\u_dut.post [4*u +: 4] == 4'(s)) posts = posts + 5'd1;
        if (\u_dut.take_a [4*u +: 4] == 4'(s)) takes = takes + 5'd1;
        if (\u_dut.take_b [4*u +: 4] == 4'(s)) takes = takes + 5'd1;
      end
      count_d[s]   = count_q[s] + posts - takes;
      one_taker[s] = (s == 0) || takes <= 5'd1;
      bounded[s]   = (s == 0) || count_d[s] <= 5'd15 || takes > count_q[s];
      covered[s]   = (s == 0) || takes <= count_q[s];
      shown[s]     = (s == 0) || count_q[s] != '0;
      same[s]      = (s == 0) || count_q[s] == {1'b0, counts[4*s +: 4]};
    end
  end
  always_ff @(posedge clk_i) begin
    begun_q <= begun_q || !rst_ni;
    for (int s = 0; s < 16; s++) count_q[s] <= (!rst_ni || !unit_rst_n) ? 5'd0 : count_d[s];
  end
  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (one_taker == '1 && bounded == '1);
  end
  `LUOSHU_ASSERT(taken_after_posted, !unit_rst_n || covered == '1)
  `LUOSHU_ASSERT(as_counted, \u_dut.sem == shown)
  `LUOSHU_ASSERT(same_counts, same == '1)
endmodule
`default_nettype wire
