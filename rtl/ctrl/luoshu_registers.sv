// SPDX-License-Identifier: Apache-2.0
// The control registers (docs/registers.md): identification, run control, message and event queues,
// sampled tokens, interrupts, watchdog, performance counters.
//
// Bus: reg_req_i with write data in the same cycle; read data one cycle later, 0 in other cycles
// and after a write. Message queue: 64 words (32 with 32 lanes); a message is offered by the link
// only when its CRC was right. Token queue: 64, 16 with up to 8 tokens per pass; the ends of runs
// queue in it behind their tokens. It never overflows: the vector unit and the sequencer wait for
// room, which is no hang to the watchdog. In a decode loop the last pass's token, one of the stop
// ids and the first token after SeqStop end the loop. Event queue: 32 words; with less than 32
// lanes none, the link takes a word as it is written. There the watchdog counts in the place of a
// counter that is always 0, and fires up to a round of the counters late (32 cycles).
// Counters count cycles since CounterClear. Reset: everything to zero, the core held. While
// soft_rst_ni is low tokens, ends of runs and errors are dropped, those that wait as well.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_registers #(
    parameter int Lanes = 32,
    parameter int Columns = 4,
    parameter int Groups = 2,
    parameter int MaxD = 1024,       // elements
    parameter int ActBlocks = 256,   // blocks per token
    parameter int MaxHeads = 32,
    parameter int QElements = 2048,  // q buffer per token
    parameter int VectorLanes = 4,
    parameter int HeadWords = 64,    // words of a head in the vector unit
    parameter int TcmBytes = 16384,
    parameter int MemoryMib = 256,
    parameter int ClockKhz = 50000,
    parameter int InfoBits = 12
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    // low during a soft reset, from the cycle after soft_reset_o on
    input  wire                 soft_rst_ni,
    // bus
    input  wire                 reg_req_i,
    input  wire                 reg_we_i,
    input  wire  [15:0]         reg_addr_i,
    input  wire  [31:0]         reg_wdata_i,
    output logic [31:0]         reg_rdata_o,
    // core
    output logic                core_run_o,
    output logic                irq_o,
    // link messages and events
    input  wire                 msg_valid_i,
    output logic                msg_ready_o,
    output logic                msg_room_o,       // room for a whole message
    input  wire  [31:0]         msg_data_i,
    input  wire                 msg_last_i,
    output logic                evt_valid_o,
    input  wire                 evt_ready_i,
    output logic [31:0]         evt_data_o,
    output logic                evt_last_o,
    // sequencer
    output logic                run_valid_o,
    input  wire                 run_ready_i,
    output logic [31:0]         run_program_o,
    output logic [15:0]         run_count_o,
    output logic [31:0]         run_passes_o,
    output logic [InfoBits-1:0] run_info_o,
    input  wire                 run_done_i,       // only while tok_ready_o, never with a token
    input  wire                 seq_busy_i,
    // the run at work is a decode loop; low between two runs
    input  wire                 loop_i,
    input  wire  [31:0]         loop_passes_i,    // its passes
    output logic                stop_o,
    output logic                soft_reset_o,
    // context
    output logic                ctx_we_o,
    output logic                ctx_wbank_o,
    output logic [6:0]          ctx_wtoken_o,
    output logic [1:0]          ctx_wword_o,
    output logic                ctx_advance_o,
    output logic                ctx_bank_o,
    output logic [31:0]         ctx_token_o,
    output logic [31:0]         kv_head_stride_o,
    output logic [31:0]         kv_block_bytes_o,
    // sampled tokens
    input  wire                 tok_valid_i,
    output logic                tok_ready_o,
    input  wire  [5:0]          tok_index_i,
    input  wire  [31:0]         tok_id_i,        // a row number of the vocabulary: 20 bits
    input  wire  [31:0]         tok_logit_i,
    input  wire                 tok_bank_i,
    // errors and progress
    input  wire                 bus_error_i,
    input  wire                 bad_opcode_i,
    input  wire                 progress_i,      // some unit moved
    // Lanes < 32: registers of the control core (luoshu_message_store)
    input  wire                 rf_re_i,
    input  wire  [6:0]          rf_raddr_i,
    output logic [7:0]          rf_rdata_o,
    input  wire                 rf_we_i,
    input  wire  [6:0]          rf_waddr_i,
    input  wire  [7:0]          rf_wdata_i,
    // counters: array, attention, vector, control: busy, memory stall, dependency stall
    input  wire  [11:0]         count_i,
    input  wire  [3:0]          beats_i          // weights read, KV read, KV written, other
);
  // ---------------------------------------------------------------- plain registers
  logic        core_run_q;
  logic [4:0]  irq_enable_q;
  logic [31:0] watchdog_q, scratch_q;
  logic [31:0] program_q, passes_q;
  logic [15:0] count_q;
  logic [31:0] head_stride_q, block_bytes_q;
  logic [20:0] stop_q [4];   // {none, token id}
  logic [6:0]  tokens_q [2];
  logic        write;
  assign write = reg_req_i && reg_we_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      core_run_q   <= 1'b0;
      irq_enable_q <= '0;
      watchdog_q   <= '0;
      scratch_q    <= '0;
      for (int i = 0; i < 4; i++) stop_q[i] <= '1;
      for (int i = 0; i < 2; i++) tokens_q[i] <= 7'd1;
    end else if (write) begin
      case (reg_addr_i)
        luoshu_defs_pkg::RegCoreControl: core_run_q <= reg_wdata_i[0];
        luoshu_defs_pkg::RegIrqEnable:   irq_enable_q <= reg_wdata_i[4:0];
        luoshu_defs_pkg::RegWatchdog:    watchdog_q <= reg_wdata_i;
        luoshu_defs_pkg::RegScratch:     scratch_q <= reg_wdata_i;
        default: ;
      endcase
      for (int i = 0; i < 4; i++) if (reg_addr_i == luoshu_defs_pkg::RegStopId
          + 16'(4*i)) stop_q[i] <= {reg_wdata_i[31:20] != '0, reg_wdata_i[19:0]};
      for (int i = 0; i < 2; i++) if (reg_addr_i == luoshu_defs_pkg::RegContextTokens
          + 16'(4*i)) tokens_q[i] <= reg_wdata_i[6:0];
    end
    if (write) begin
      case (reg_addr_i)
        luoshu_defs_pkg::RegSeqProgram:   program_q <= reg_wdata_i;
        luoshu_defs_pkg::RegSeqCount:     count_q <= reg_wdata_i[15:0];
        luoshu_defs_pkg::RegSeqPasses:    passes_q <= reg_wdata_i;
        luoshu_defs_pkg::RegKvHeadStride: head_stride_q <= reg_wdata_i;
        luoshu_defs_pkg::RegKvBlockBytes: block_bytes_q <= reg_wdata_i;
        default: ;
      endcase
    end
  end
  assign core_run_o       = core_run_q;
  assign kv_head_stride_o = head_stride_q;
  assign kv_block_bytes_o = block_bytes_q;
  assign soft_reset_o     = write && (reg_addr_i == luoshu_defs_pkg::RegSoftReset);

  // ---------------------------------------------------------------- run control
  logic [31:0] number_q;   // number, from 1, of the next token that the decode loop samples
  logic        ending_q;   // SeqStop: it is the last one
  logic        loop_last, loop_end, stop_id, take_token;
  assign run_valid_o   = write && (reg_addr_i == luoshu_defs_pkg::RegSeqRun);
  assign run_program_o = program_q;
  assign run_count_o   = count_q;
  assign run_passes_o  = passes_q;
  assign run_info_o    = {tokens_q[reg_wdata_i[3]], reg_wdata_i[4:0]};

  always_comb begin
    stop_id = 1'b0;
    for (int i = 0; i < 4; i++) if ({1'b0, tok_id_i[19:0]} == stop_q[i]) stop_id = 1'b1;
  end
  assign take_token = tok_valid_i && tok_ready_o;
  assign loop_last  = (number_q == loop_passes_i);
  assign loop_end   = loop_last || stop_id || ending_q;
  always_ff @(posedge clk_i) begin
    if (!loop_i) begin
      number_q <= 32'd1;
      ending_q <= 1'b0;
    end else begin
      if (take_token) number_q <= number_q + 32'd1;
      if (write && reg_addr_i == luoshu_defs_pkg::RegSeqStop) ending_q <= 1'b1;
    end
    stop_o        <= rst_ni && take_token && loop_i && loop_end && !loop_last;
    ctx_advance_o <= rst_ni && take_token && loop_i && !loop_end;
    if (take_token) begin  // held until the context has taken it
      ctx_bank_o  <= tok_bank_i;
      ctx_token_o <= tok_id_i;
    end
  end
  assign ctx_we_o     = write && (reg_addr_i[15:12] == 4'h1);
  assign ctx_wbank_o  = reg_addr_i[11];
  assign ctx_wtoken_o = reg_addr_i[10:4];
  assign ctx_wword_o  = reg_addr_i[3:2];

  // ---------------------------------------------------------------- queues
  logic        keep, clear;
  assign keep  = rst_ni && soft_rst_ni && !soft_reset_o;
  assign clear = write && (reg_addr_i == luoshu_defs_pkg::RegIrqClear);
  logic        msg_valid, msg_pop, msg_last;
  logic [31:0] msg_data;
  logic        evt_space, evt_push;
  logic        tok_valid, tok_space;
  logic [31:0] tok_logit, tok_cycle;
  logic [19:0] tok_id;
  logic [8:0]  tok_flags;   // {end of a run, stop id, last of its loop, index}
  localparam int MessageDepth = (Lanes == 32) ? 32 : 64;   // lab saves a block RAM
  logic [$clog2(MessageDepth):0] msg_count;
  // Tokens wait for the firmware: two passes of them and more.
  localparam int TokenDepth = (Columns * Groups > 8) ? 64 : 16;
  logic [$clog2(TokenDepth):0] unused_tok;
  logic [63:0] cycle_q;

  assign msg_room_o = (32'(msg_count) <= MessageDepth - 16);
  assign msg_pop  = reg_req_i && !reg_we_i && (reg_addr_i == luoshu_defs_pkg::RegMessageData);
  generate
    if (Lanes < 32) begin : gen_store
      luoshu_message_store #(.Depth(MessageDepth)) u_messages (
          .clk_i, .rst_ni, .in_valid_i(msg_valid_i), .in_ready_o(msg_ready_o),
          .in_data_i({msg_last_i, msg_data_i}), .out_valid_o(msg_valid), .out_ready_i(msg_pop),
          .out_data_o({msg_last, msg_data}), .count_o(msg_count), .rf_re_i, .rf_raddr_i,
          .rf_rdata_o, .rf_we_i, .rf_waddr_i, .rf_wdata_i
      );
    end else begin : gen_messages
      logic unused_rf;
      assign unused_rf  = ^{rf_re_i, rf_raddr_i, rf_we_i, rf_waddr_i, rf_wdata_i};
      assign rf_rdata_o = '0;
      luoshu_fifo #(.Width(33), .Depth(MessageDepth)) u_messages (
          .clk_i, .rst_ni, .in_valid_i(msg_valid_i), .in_ready_o(msg_ready_o),
          .in_data_i({msg_last_i, msg_data_i}), .out_valid_o(msg_valid), .out_ready_i(msg_pop),
          .out_data_o({msg_last, msg_data}), .count_o(msg_count)
      );
    end
  endgenerate
  assign evt_push = write && (reg_addr_i == luoshu_defs_pkg::RegEventData
      || reg_addr_i == luoshu_defs_pkg::RegEventLast);
  generate
    if (Lanes < 32) begin : gen_events
      assign {evt_valid_o, evt_last_o, evt_data_o} =
          {evt_push, reg_addr_i == luoshu_defs_pkg::RegEventLast, reg_wdata_i};
      assign evt_space = evt_ready_i;
    end else begin : gen_event_queue
      logic [5:0] unused_evt;
      luoshu_fifo #(.Width(33), .Depth(32)) u_events (
          .clk_i, .rst_ni, .in_valid_i(evt_push), .in_ready_o(evt_space),
          .in_data_i({reg_addr_i == luoshu_defs_pkg::RegEventLast, reg_wdata_i}),
          .out_valid_o(evt_valid_o), .out_ready_i(evt_ready_i),
          .out_data_o({evt_last_o, evt_data_o}), .count_o(unused_evt)
      );
    end
  endgenerate
  logic is_token, is_done;
  assign is_token    = tok_valid && !tok_flags[8];
  assign is_done     = tok_valid && tok_flags[8];
  assign tok_ready_o = tok_space;
  luoshu_fifo #(.Width(93), .Depth(TokenDepth), .UseRam((TokenDepth > 16) ? 1 : 0)) u_tokens (
      .clk_i, .rst_ni(keep), .in_valid_i(tok_valid_i || run_done_i), .in_ready_o(tok_space),
      .in_data_i({cycle_q[31:0], tok_logit_i, tok_id_i[19:0], run_done_i, stop_id,
      loop_i && loop_end, tok_index_i}), .out_valid_o(tok_valid),
      .out_ready_i((write && reg_addr_i == luoshu_defs_pkg::RegTokenPop && is_token)
      || (clear && reg_wdata_i[2] && is_done)),
          .out_data_o({tok_cycle, tok_logit, tok_id, tok_flags}), .count_o(unused_tok)
  );
  `LUOSHU_ASSERT(done_fits, !run_done_i || !keep || (tok_space && !tok_valid_i))

  // ---------------------------------------------------------------- errors, watchdog, interrupts
  logic        dog_q, error_q;
  logic [7:0]  error_code_q;
  logic        bark;        // the watchdog's time is over
  // a program runs, nothing moves, and not because the token queue is full
  logic        quiet;
  assign quiet = seq_busy_i && !progress_i && tok_space;
  always_ff @(posedge clk_i) begin
    if (!keep) begin
      dog_q        <= 1'b0;
      error_q      <= 1'b0;
      error_code_q <= 8'd0;
    end else begin
      if (clear && reg_wdata_i[3]) dog_q <= 1'b0;
      else if (watchdog_q != 32'd0 && bark) begin
        dog_q <= 1'b1;
        if (!error_q) error_code_q <= 8'(luoshu_defs_pkg::ErrWatchdog);
      end
      if (clear && reg_wdata_i[4]) error_q <= 1'b0;
      else if (bus_error_i || bad_opcode_i) begin
        error_q <= 1'b1;
        if (!error_q) error_code_q <= bad_opcode_i ? 8'(luoshu_defs_pkg::ErrBadOpcode)
            : 8'(luoshu_defs_pkg::ErrBusError);
      end
    end
  end
  // public: names what the firmware serves in a timeline
  logic [4:0] pending /*verilator public_flat_rd*/;
  assign pending = {error_q, dog_q, is_done, is_token, msg_valid};
  always_ff @(posedge clk_i) irq_o <= rst_ni && ((pending & irq_enable_q) != 5'd0);

  // ---------------------------------------------------------------- counters
  // Sixteen sums in a small RAM, visited in turn; what happens between two visits of a sum waits in
  // a small counter. A read takes the place of a visit and adds both, so it is exact: the core
  // reads in every second cycle at most, the link in every third, so a round of visits takes at
  // most 96 cycles; the small core and the serial link read in every fourth at most, so there it is
  // below 32. A cleared sum counts as 0 until its next visit, the watchdog's as what is missing to
  // 2^32.
  localparam int Recent = (Lanes < 32) ? 5 : 7;   // bits
  localparam logic [3:0] DogAt = 4'd10;           // Lanes < 32: the place of the watchdog
  logic [15:0] events, clears;
  logic [3:0]  visit_q, visit;
  logic [Recent-1:0] recent_q [16];
  logic [15:0] kept_q;           // the sum in the RAM counts
  logic [31:0] old_sum, new_sum, first_sum;
  logic        over;             // the sum passes 2^32
  logic        event_now, unused_low;   // an event in the cycle of the visit
  logic        is_counter, counter_read;
  logic [31:0] cycle_high_q;
  logic        clear_counters;
  assign clear_counters = write && (reg_addr_i == luoshu_defs_pkg::RegCounterClear);
  generate
    if (Lanes < 32) begin : gen_dog_sum
      logic unused_count;
      assign unused_count = count_i[DogAt];
      assign events    = {beats_i, count_i[11], quiet, count_i[9:0]};
      assign clears    = {{5{clear_counters}}, !quiet, {10{clear_counters}}};
      assign first_sum = (visit == DogAt) ? ~watchdog_q : 32'd0;
      assign bark      = over && !counter_read && visit_q == DogAt;
    end else begin : gen_dog
      logic [31:0] dog_count_q;
      logic        unused_over;
      assign unused_over = over;
      assign events    = {beats_i, count_i};
      assign clears    = {16{clear_counters}};
      assign first_sum = 32'd0;
      assign bark      = (dog_count_q == watchdog_q);
      always_ff @(posedge clk_i) dog_count_q <= (!rst_ni || soft_reset_o || !quiet) ? 32'd0
          : dog_count_q + 32'd1;
    end
  endgenerate
  always_comb begin
    is_counter = 1'b0;
    for (int i = 0; i < 4; i++) if (reg_addr_i[15:4] == luoshu_defs_pkg::RegCounterArray[15:4]
        + 12'(i)) is_counter = 1'b1;
  end
  assign counter_read  = reg_req_i && !reg_we_i && is_counter;
  assign visit         = counter_read ? reg_addr_i[5:2] - luoshu_defs_pkg::RegCounterArray[5:2]
      : visit_q;
  assign event_now     = events[visit] && !counter_read;
  assign {over, new_sum, unused_low} = {1'b0, kept_q[visit] ? old_sum : first_sum, event_now}
                                       // one carry chain
                                       + {{33-Recent{1'b0}}, recent_q[visit], event_now};
  luoshu_ram_small #(.Width(32), .Depth(16)) u_sums (
      .clk_i, .we_i(!counter_read), .waddr_i(visit_q), .wdata_i(new_sum), .raddr_i(visit),
      .rdata_o(old_sum)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_ni) cycle_q <= '0;
    else cycle_q <= cycle_q + 64'd1;
    if (reg_req_i && reg_addr_i == luoshu_defs_pkg::RegCycleLow) cycle_high_q <= cycle_q[63:32];
    if (!rst_ni) visit_q <= '0;
    else if (!counter_read) visit_q <= visit_q + 4'd1;
    for (int i = 0; i < 16; i++) begin
      if (!rst_ni || clears[i]) begin
        kept_q[i]   <= 1'b0;
        recent_q[i] <= '0;
      end else begin
        if (!counter_read && visit_q == 4'(i)) begin
          kept_q[i]   <= 1'b1;
          recent_q[i] <= '0;
        end else if (events[i]) recent_q[i] <= recent_q[i] + 1'b1;
      end
    end
  end

  logic [15:0] full;   // a small counter has no room for an event
  always_comb for (int i = 0; i < 16; i++) full[i] = (recent_q[i] == '1)
      && (counter_read || visit_q != 4'(i));
  `LUOSHU_ASSERT(counters_fit, (events & full) == '0)

  // ---------------------------------------------------------------- read multiplexer
  // Three registers, each 0 where another one answers: eight words, the sums, and what is constant
  // or has a few bits.
  logic [2:0]  pick;
  logic        is_word, read;
  logic [31:0] word, few, word_q, sum_q, few_q;
  assign read = reg_req_i && !reg_we_i;
  always_comb begin
    is_word = 1'b1;
    pick    = 3'd0;
    case (reg_addr_i)
      luoshu_defs_pkg::RegWatchdog:    pick = 3'd0;
      luoshu_defs_pkg::RegScratch:     pick = 3'd1;
      luoshu_defs_pkg::RegMessageData: pick = 3'd2;
      luoshu_defs_pkg::RegTokenId:     pick = 3'd3;
      luoshu_defs_pkg::RegTokenLogit:  pick = 3'd4;
      luoshu_defs_pkg::RegTokenCycle:  pick = 3'd5;
      luoshu_defs_pkg::RegCycleLow:    pick = 3'd6;
      luoshu_defs_pkg::RegCycleHigh:   pick = 3'd7;
      default: is_word = 1'b0;
    endcase
    few = '0;
    case (reg_addr_i)
      luoshu_defs_pkg::RegIdMagic:       few = luoshu_defs_pkg::Magic;
      luoshu_defs_pkg::RegIdVersion:     few = luoshu_defs_pkg::Version;
      luoshu_defs_pkg::RegIdLanes:       few = 32'(Lanes);
      luoshu_defs_pkg::RegIdColumns:     few = 32'(Columns);
      luoshu_defs_pkg::RegIdGroups:      few = 32'(Groups);
      luoshu_defs_pkg::RegIdMaxD:        few = 32'(MaxD);
      luoshu_defs_pkg::RegIdActBlocks:   few = 32'(ActBlocks);
      luoshu_defs_pkg::RegIdMaxHeads:    few = 32'(MaxHeads);
      luoshu_defs_pkg::RegIdTcmBytes:    few = 32'(TcmBytes);
      luoshu_defs_pkg::RegIdMemoryMib:   few = 32'(MemoryMib);
      luoshu_defs_pkg::RegIdClockKhz:    few = 32'(ClockKhz);
      luoshu_defs_pkg::RegIdQBytes:      few = 32'(QElements);
      luoshu_defs_pkg::RegIdVector:      few = {16'(HeadWords), 16'(VectorLanes)};
      luoshu_defs_pkg::RegCoreControl:   few = 32'(core_run_q);
      luoshu_defs_pkg::RegIrqPending:    few = 32'(pending);
      luoshu_defs_pkg::RegIrqEnable:     few = 32'(irq_enable_q);
      luoshu_defs_pkg::RegError:         few = 32'(error_code_q);
      luoshu_defs_pkg::RegSeqStatus:     few = {30'd0, !run_ready_i, seq_busy_i};
      luoshu_defs_pkg::RegMessageStatus: few = {30'd0, msg_last, msg_valid};
      luoshu_defs_pkg::RegEventStatus:   few = {31'd0, evt_space};
      luoshu_defs_pkg::RegTokenStatus:   few = {18'd0, tok_flags[5:0], 5'd0, tok_flags[6],
          tok_flags[7], is_token};
      default: ;
    endcase
  end
  assign word = pick[2] ? (pick[1] ? (pick[0] ? cycle_high_q : cycle_q[31:0])
      : (pick[0] ? tok_cycle : tok_logit))
                        : (pick[1] ? (pick[0] ? 32'(tok_id) : msg_data)
                            : (pick[0] ? scratch_q : watchdog_q));
  always_ff @(posedge clk_i) begin
    word_q <= (read && is_word) ? word : 32'd0;
    sum_q  <= (read && is_counter && !(Lanes < 32 && visit == DogAt)) ? new_sum : 32'd0;
    few_q  <= read ? few : 32'd0;
  end
  assign reg_rdata_o = word_q | sum_q | few_q;

  logic unused_tokens;
  assign unused_tokens = ^unused_tok;
endmodule
`default_nettype wire
