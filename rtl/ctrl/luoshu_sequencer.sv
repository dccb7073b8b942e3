// SPDX-License-Identifier: Apache-2.0
// The sequencer: fetches the command program of a run from device memory, pass after pass, and
// pushes each command to the queues of its units (docs/architecture/sequencer.md). It never waits
// for results, so the weight stream runs ahead over operators, layers and passes.
//
// Runs are queued two deep: one at work, one behind it; what is offered while run_ready_o is low
// changes nothing. A run is finished (run_done_o pulses) when all its commands are done, memory has
// answered everything that they asked for, so that its errors are known, and there is room for the
// report (done_ready_i, which stays until the pulse). In a decode loop (flag 4) the first command
// that needs the sampled token (Embed) of every pass but the first waits for semaphore 15, which
// the context posts with each token (advance_i). stop_i (the token that was sampled is the last)
// ends the loop early: the dispatch halts, and when memory is idle the units are reset (unit_rst_no
// low for 4 cycles or more), which drops what ran ahead.
// Semaphores: 15, counting to 15. A post beyond 15 is an error of the program (assertion).
// Latency: run to first request 2 cycles (Lanes < 32: 3); a fetched beat's command is in its queue
// after 3 cycles and offered after 4; one command per cycle. Lanes < 32: no queue of beats, the
// next command is requested when the one before has gone to the queues, and goes there beat by
// beat; the queues have a command each and get semaphores in turn (luoshu_semaphores); one segment
// waits in front of the weight stream.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_sequencer #(
    parameter int Lanes     = 32,  // bytes per beat
    parameter int FetchDepth = 16, // beats, a power of two
    parameter int InfoBits  = 12   // {tokens[6:0], loop, bank, write_logits, logits_mode[1:0]}
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    // runs
    input  wire                  run_valid_i,
    output logic                 run_ready_o,
    input  wire  [31:0]          run_program_i,  // byte address of the program, beat aligned
    input  wire  [15:0]          run_count_i,    // commands of a pass, >= 1
    input  wire  [31:0]          run_passes_i,   // >= 1
    input  wire  [InfoBits-1:0]  run_info_i,
    output logic                 run_done_o,     // pulse
    input  wire                  done_ready_i,   // there is room for the report of a finished run
    output logic                 busy_o,
    output logic                 loop_o,         // the run at work is a decode loop
    output logic [31:0]          loop_passes_o,  // its passes
    input  wire                  stop_i,         // pulse: end the decode loop
    input  wire                  advance_i,      // pulse: the context holds the next pass's token
    output logic                 bad_opcode_o,   // pulse: unknown command (it is skipped)
    output logic                 halt_o,         // the weight stream makes no more requests
    output logic                 unit_rst_no,    // reset of queues, streams and units
    input  wire                  memory_idle_i,
    output logic                 queue_full_o,   // a command waits for a full queue
    // memory port read client
    output logic                 rq_valid_o,
    input  wire                  rq_ready_i,
    output logic [31:0]          rq_addr_o,
    output logic [7:0]           rq_beats_o,
    input  wire                  rc_valid_i,
    input  wire  [Lanes*8-1:0]   rc_data_i,
    // weight stream segments
    output logic                 seg_valid_o,
    input  wire                  seg_ready_i,
    output logic                 seg_aux_o,
    output logic [31:0]          seg_addr_o,
    output logic [31:0]          seg_beats_o,
    output logic [2:0]           seg_mode_o,
    // units: 0 array, 1 vector, 2 attention
    output logic [2:0]                 cmd_valid_o,
    input  wire  [2:0]                 cmd_ready_i,
    output logic [3*256-1:0]           cmd_o,
    output logic [3*InfoBits-1:0]      cmd_info_o,
    input  wire  [2:0]                 early_i,      // see luoshu_command_queue
    input  wire  [2:0]                 done_i,
    output logic [2:0]                 waiting_o
);
  localparam int BeatBits = $clog2(Lanes);
  localparam int PerBeat  = (Lanes >= 32) ? Lanes / 32 : 1;   // commands per beat
  localparam int Beats    = (Lanes >= 32) ? 1 : 32 / Lanes;   // beats per command
  localparam int CmdPart  = 256 / Beats;                      // what a queue takes in a cycle
  localparam int InfoPart = InfoBits / Beats;
  // of the commands at the units: at most 8 waiting and 4 accepted each
  localparam int OpenBits = 6;

  // ---------------------------------------------------------------- runs
  // One at work, one behind it. While idle it is the next one that shows; Lanes < 32 takes a cycle
  // (Load) instead.
  localparam int RunBits = 32 + 16 + InfoBits;
  logic                run_valid, run_start;
  logic [RunBits-1:0]  next_q, run_q;
  logic                load;          // a run may begin after this cycle
  logic [31:0]         program_addr, passes, run_passes_q;
  logic [15:0]         count;
  logic [InfoBits-1:0] info;
  assign run_ready_o = !run_valid;
  assign run_start   = (state_q == Idle) && run_valid;
  assign {program_addr, count, info} = (Lanes >= 32 && state_q == Idle) ? next_q : run_q;
  assign load = (state_q == ((Lanes >= 32) ? Idle : Load));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) run_valid <= 1'b0;
    else run_valid <= run_valid ? !run_start : run_valid_i;
    if (run_ready_o) begin
      next_q <= {run_program_i, run_count_i, run_info_i};
      passes <= run_passes_i;
    end
    if (run_start) run_q <= next_q;
    if (load) run_passes_q <= passes;
  end

  typedef enum logic [2:0] {
    Idle,      // no run
    Load,      // Lanes < 32: counters and addresses get their start
    Dispatch,  // fetching and pushing commands
    Drain,     // all commands pushed, waiting for the units and memory
    Halt,      // stopped: waiting for memory
    Clear      // resetting the units
  } state_e;
  state_e      state_q;
  logic [31:0] pass_q;        // number of the pass that is dispatched, from 1
  logic        first_pass_q;
  // number of the command that is dispatched, from 0; and of the next
  logic [15:0] command_q, command_next;
  logic [OpenBits-1:0] open_q;   // commands pushed to units and not done
  logic [1:0]  clear_q;
  logic [4:0]  idle_q;        // cycles that memory has been idle while halted
  logic        push, push_unit;
  logic        last_command, stop_q;

  assign command_next  = command_q + 16'd1;
  assign last_command  = (command_next == count);
  assign busy_o  = (state_q != Idle) || run_valid;
  assign loop_o  = (state_q != Idle) && info[4];
  assign loop_passes_o = run_passes_q;
  assign halt_o  = (state_q == Halt) || (state_q == Clear);

  always_ff @(posedge clk_i) begin
    run_done_o  <= 1'b0;
    unit_rst_no <= 1'b1;
    if (!rst_ni) begin
      state_q     <= Idle;
      unit_rst_no <= 1'b0;
      stop_q      <= 1'b0;
      idle_q      <= '0;
      clear_q     <= '0;
    end else begin
      if (stop_i && (state_q == Dispatch || state_q == Drain) && info[4]) stop_q <= 1'b1;
      case (state_q)
        Idle: if (run_valid) state_q <= (Lanes >= 32) ? Dispatch : Load;
        Load: state_q <= Dispatch;
        Dispatch:
          if (stop_q) state_q <= Halt;
          else if (push && last_command && pass_q == run_passes_q) state_q <= Drain;
        Drain:
          if (stop_q) state_q <= Halt;
          else if (open_q == '0 && memory_idle_i && done_ready_i) begin
            state_q    <= Idle;
            run_done_o <= 1'b1;
            stop_q     <= 1'b0;
          end
        // a request may still be on its way to the port: wait until it has been idle for a while
        Halt: begin
          idle_q <= memory_idle_i ? idle_q + 5'd1 : 5'd0;
          if (idle_q == 5'd31) state_q <= Clear;
        end
        Clear: begin
          unit_rst_no <= 1'b0;
          idle_q      <= '0;
          if (clear_q != 2'd3) clear_q <= clear_q + 2'd1;
          else if (done_ready_i) begin
            clear_q    <= '0;
            state_q    <= Idle;
            run_done_o <= 1'b1;
            stop_q     <= 1'b0;
          end
        end
        default: state_q <= Idle;
      endcase
    end
  end

  // ---------------------------------------------------------------- fetch
  logic                    request, room;   // there is more to ask for, and room for it
  logic                    fetch_rst_n;

  assign fetch_rst_n = rst_ni && unit_rst_no;
  assign rq_valid_o  = (state_q == Dispatch) && !stop_q && room;
  assign rq_beats_o  = 8'(Beats);
  assign request     = rq_valid_o && rq_ready_i;


  // ---------------------------------------------------------------- beats to commands
  logic         have_q;      // a command is held
  // public: read by the timeline of the simulation
  logic [255:0] held_q /*verilator public_flat_rd*/;
  // Lanes > 32: command within the beat; Lanes < 32: beat within the command
  logic [1:0]   part_q;
  logic [1:0]   send_q;      // Lanes < 32: beats of the command that the queues have not got yet
  logic [2:0]   send_to_q;   // the queue that gets them
  generate
    if (Lanes >= 32) begin : gen_wide
      logic                        beat_valid, beat_pop, fetch_space;
      logic [Lanes*8-1:0]          beat;
      logic [$clog2(FetchDepth):0] unused_fetch;
      logic [$clog2(FetchDepth):0] free_q;
      logic [255:0]                command_d;
      logic                        take;    // the held command may be replaced
      logic [15:0]                 left_q;  // commands of this pass not yet taken from beats
      logic                        beat_end;
      // Beats are asked for ahead of the dispatch, over passes.
      logic [15:0] beats, beats_q;
      logic [31:0] passes_q, fetch_addr_q;
      assign beats = 16'((32'(count) + 32'(PerBeat) - 1) / PerBeat);   // of a pass
      assign room  = (free_q != '0) && (passes_q != 32'd0);
      assign rq_addr_o = fetch_addr_q;
      always_ff @(posedge clk_i) begin
        if (state_q == Idle) begin
          fetch_addr_q <= program_addr;
          beats_q <= beats;
          passes_q     <= passes;
        end else if (request) begin
          fetch_addr_q <= (beats_q == 16'd1) ? program_addr : fetch_addr_q + 32'(Lanes);
          beats_q <= (beats_q == 16'd1) ? beats : beats_q - 16'd1;
          if (beats_q == 16'd1) passes_q <= passes_q - 32'd1;
        end
        if (!fetch_rst_n) free_q <= ($clog2(FetchDepth) + 1)'(FetchDepth);
        else free_q <= free_q + ($clog2(FetchDepth) + 1)'(beat_pop) - ($clog2(FetchDepth)
            + 1)'(request);
      end
      luoshu_fifo #(.Width(Lanes*8), .Depth(FetchDepth)) u_beats (
          .clk_i, .rst_ni(fetch_rst_n), .in_valid_i(rc_valid_i), .in_ready_o(fetch_space),
          .in_data_i(rc_data_i), .out_valid_o(beat_valid), .out_ready_i(beat_pop),
          .out_data_o(beat), .count_o(unused_fetch)
      );
      `LUOSHU_ASSERT(fetch_fits, !rc_valid_i || fetch_space)
      assign take = !have_q || push;
      assign send_q    = 2'd0;
      assign send_to_q = 3'd0;
      assign command_d = beat[256*32'(part_q) +: 256];
      assign beat_end  = (32'(part_q) == PerBeat - 1) || (left_q == 16'd1);
      assign beat_pop  = beat_valid && take && beat_end;
      always_ff @(posedge clk_i) begin
        if (!fetch_rst_n || state_q == Idle) begin
          have_q <= 1'b0;
          part_q <= '0;
          left_q <= count;
        end else begin
          if (push) have_q <= 1'b0;
          if (beat_valid && take) begin
            have_q <= 1'b1;
            part_q <= beat_end ? 2'd0 : part_q + 2'd1;
            left_q <= (left_q == 16'd1) ? count : left_q - 16'd1;
          end
        end
        if (beat_valid && take) held_q <= command_d;
      end
    end else begin : gen_narrow
      logic asked_q;   // for a command
      assign room = !asked_q && !have_q && (send_q == 2'd0);
      assign rq_addr_o = program_addr + {11'd0, command_q, 5'd0};
      always_ff @(posedge clk_i) begin
        if (!fetch_rst_n || state_q == Idle) begin
          asked_q <= 1'b0;
          have_q  <= 1'b0;
          part_q  <= '0;
        end else begin
          if (request) asked_q <= 1'b1;
          if (push) have_q <= 1'b0;
          if (rc_valid_i) begin
            part_q <= part_q + 2'd1;
            if (32'(part_q) == Beats - 1) begin
              asked_q <= 1'b0;
              have_q  <= 1'b1;
              part_q  <= '0;
            end
          end
        end
        if (!fetch_rst_n) send_q <= '0;
        else if (q_valid != '0) send_q <= 2'(Beats - 1);
        else if (send_q != 2'd0) send_q <= send_q - 2'd1;
        if (send_q == 2'd0) send_to_q <= q_valid;
        if (rc_valid_i || q_valid != '0 || send_q != 2'd0) held_q <=
            {rc_data_i, held_q[255:CmdPart]};
      end
    end
  endgenerate

  // ---------------------------------------------------------------- dispatch
  logic [7:0]   op;
  logic         skip, to_ws, to_ar, to_vu, to_at, known;
  logic [2:0]   q_ready, q_valid /*verilator public_flat_rd*/;
  logic         ws_ready;
  logic         to_unit;

  assign op    = held_q[7:0];
  assign skip  = held_q[luoshu_defs_pkg::CmdIfLogitsLsb] && (info[1:0] == 2'd0);
  assign to_ar = (op == 8'(luoshu_defs_pkg::OpMatmul));
  assign to_at = (op == 8'(luoshu_defs_pkg::OpAttn));
  assign to_vu = (op == 8'(luoshu_defs_pkg::OpEmbed)) || (op == 8'(luoshu_defs_pkg::OpNorm))
      || (op == 8'(luoshu_defs_pkg::OpQkv)) || (op == 8'(luoshu_defs_pkg::OpResid))
      || (op == 8'(luoshu_defs_pkg::OpSwiglu)) || (op == 8'(luoshu_defs_pkg::OpLogits))
      || (op == 8'(luoshu_defs_pkg::OpRope));
  assign to_unit = to_ar || to_at || to_vu;
  assign known = to_unit || to_ws;
  assign to_ws = (op == 8'(luoshu_defs_pkg::OpMatmul)) || (op == 8'(luoshu_defs_pkg::OpNorm))
      || (op == 8'(luoshu_defs_pkg::OpAux)) || (op == 8'(luoshu_defs_pkg::OpRope));

  // in a decode loop every Embed but the first waits for the sampled token
  logic wait_token;
  assign wait_token  = (op == 8'(luoshu_defs_pkg::OpEmbed)) && info[4] && !first_pass_q;

  // what the queues get: the command, or its next beat and as much of the run information
  logic [InfoPart+CmdPart-1:0] out_part;
  logic [InfoPart-1:0]         out_info;
  assign out_info = info[32'((Beats - 32'(send_q)) & (Beats - 1)) * InfoPart +: InfoPart];
  assign out_part = {out_info, held_q[CmdPart-1:16], (wait_token && send_q == 2'd0) ? 4'd15
      : held_q[15:12], held_q[11:0]};

  logic         ready_all, active;
  assign active    = have_q && (state_q == Dispatch) && !stop_q;
  assign ready_all = (!to_ws || ws_ready) && (!to_ar || q_ready[0]) && (!to_vu || q_ready[1])
      && (!to_at || q_ready[2]);
  assign push      = active && (skip || !known || ready_all);
  assign push_unit = push && !skip && known;
  assign q_valid   = {push_unit && to_at, push_unit && to_vu, push_unit && to_ar};
  assign queue_full_o = active && !push;

  logic signed [2:0] open_change;
  assign open_change = 3'(push_unit && to_unit) - 3'(done_i[0]) - 3'(done_i[1]) - 3'(done_i[2]);
  always_ff @(posedge clk_i) begin
    bad_opcode_o <= rst_ni && push && !known;
    if (load) begin
      pass_q       <= 32'd1;
      first_pass_q <= 1'b1;
      command_q    <= 16'd0;
    end else if (push) begin
      command_q <= last_command ? 16'd0 : command_next;
      if (last_command) begin
        pass_q       <= pass_q + 32'd1;
        first_pass_q <= 1'b0;
      end
    end
    if (!fetch_rst_n) open_q <= '0;
    else open_q <= open_q + OpenBits'(open_change);
  end

  // segments queue up in front of the weight stream
  logic [67:0] seg_in;
  logic [31:0] aux_beats;
  assign aux_beats = held_q[luoshu_defs_pkg::CmdAuxBytesLsb +: 32] >> BeatBits;
  assign seg_in = (op == 8'(luoshu_defs_pkg::OpMatmul))
      ? {1'b0, held_q[luoshu_defs_pkg::CmdMatmulModeLsb +: 3],
          held_q[luoshu_defs_pkg::CmdMatmulBeatsLsb +: 32],
         held_q[luoshu_defs_pkg::CmdAddressLsb +: 32]}
      : {1'b1, 3'd0, aux_beats,
         held_q[luoshu_defs_pkg::CmdAddressLsb +: 32]};
  generate
    if (Beats > 1) begin : gen_segment
      assign ws_ready = !seg_valid_o;
      always_ff @(posedge clk_i) begin
        if (!fetch_rst_n) seg_valid_o <= 1'b0;
        else if (!seg_valid_o) seg_valid_o <= push_unit && to_ws;
        else if (seg_ready_i) seg_valid_o <= 1'b0;
        if (!seg_valid_o) {seg_aux_o, seg_mode_o, seg_beats_o, seg_addr_o} <= seg_in;
      end
    end else begin : gen_segments
      logic [3:0] unused_segments;
      luoshu_fifo #(.Width(68), .Depth(8), .UseRam(0)) u_segments (
          .clk_i, .rst_ni(fetch_rst_n), .in_valid_i(push_unit && to_ws), .in_ready_o(ws_ready),
          .in_data_i(seg_in), .out_valid_o(seg_valid_o), .out_ready_i(seg_ready_i),
          .out_data_o({seg_aux_o, seg_mode_o, seg_beats_o, seg_addr_o}), .count_o(unused_segments)
      );
    end
  endgenerate

  // ---------------------------------------------------------------- unit queues and semaphores
  logic [15:0] sem;                  // above zero
  logic [11:0] take_a, take_b, post;
  logic [2:0]  taken;
  generate
    for (genvar u = 0; u < 3; u++) begin : gen_queues
      luoshu_command_queue #(.InfoBits(InfoBits), .Parts(Beats)) u_queue (
          .clk_i, .rst_ni(fetch_rst_n),
          .in_valid_i(q_valid[u] || (send_q != 2'd0 && send_to_q[u])), .in_ready_o(q_ready[u]),
          .in_data_i(out_part), .taken_i(taken[u]), .sem_i(sem), .take_a_o(take_a[u*4 +: 4]),
          .take_b_o(take_b[u*4 +: 4]), .post_o(post[u*4 +: 4]), .cmd_valid_o(cmd_valid_o[u]),
          .cmd_ready_i(cmd_ready_i[u]), .cmd_o(cmd_o[u*256 +: 256]),
          .info_o(cmd_info_o[u*InfoBits +: InfoBits]), .early_i(early_i[u]), .done_i(done_i[u]),
          .waiting_o(waiting_o[u])
      );
    end
    if (Beats > 1) begin : gen_turns
      luoshu_semaphores u_semaphores (
          .clk_i, .rst_ni(fetch_rst_n), .want_i(waiting_o), .wait_a_i(take_a), .wait_b_i(take_b),
          .take_o(taken), .post_i(post), .advance_i
      );
      assign sem = '0;
    end else begin : gen_counters
      assign taken  = '0;
      assign sem[0] = 1'b1;
      for (genvar s = 1; s < 16; s++) begin : gen_sem
        logic [3:0] count_q, up, down;
        assign sem[s] = (count_q != 4'd0);
        assign up = 4'(post[3:0] == s) + 4'(post[7:4] == s) + 4'(post[11:8] == s)
            + 4'(advance_i && s == 15);
        always_comb begin
          down = '0;
          for (int t = 0; t < 3; t++) down = down + 4'(take_a[t*4 +: 4] == s)
              + 4'(take_b[t*4 +: 4] == s);
        end
        always_ff @(posedge clk_i) begin
          if (!fetch_rst_n) count_q <= '0;
          else count_q <= count_q + up - down;
        end
        `LUOSHU_ASSERT(no_overflow, !fetch_rst_n || 32'(count_q) + 32'(up) - 32'(down) <= 32'd15)
      end
    end
  endgenerate
endmodule
`default_nettype wire
