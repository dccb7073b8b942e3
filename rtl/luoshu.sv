// SPDX-License-Identifier: Apache-2.0
// The whole chip: link endpoint, control core with its bus and registers, sequencer, streams,
// matrix engine, attention, vector unit, one memory port (docs/architecture/README.md).
// luoshu_check.sv says what the parameters may be. One clock; synchronous active-low reset.
//
// rx/tx: the link's byte stream (docs/link.md).
// m_*: AXI4 manager of Lanes bytes per beat. One id, 0, in order; INCR bursts of whole beats within
// 4 KiB (reads up to 64 beats, writes up to 16), normal memory that is not cached, no locks, no
// quality of service. A read may overtake a write that has no answer yet. m_ar_user_o and
// m_aw_user_o name the client (reads: 0 sequencer, 1 weights, 2 KV, 3 embedding, 4 host; writes: 0
// KV, 1 logits, 2 host), for statistics only.
// An answer SLVERR or DECERR to the units ends the run (error BusError); to the link it is the
// status or completion of that access (docs/link.md); to the control core an access fault.
// rst_ni: as AXI4 has it the subordinate shares the reset, or rst_ni is held low until the
// subordinate owes no answer. Answers from before a reset are dropped while nothing has been asked
// for, and fail an assertion; later ones cannot be told from those of later requests.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu #(
    parameter int Lanes       = 32,     // multipliers per column = bytes per beat
    parameter int Columns     = 4,
    parameter int Groups      = 2,      // tokens per pass = Columns x Groups
    parameter int VectorLanes = 4,
    parameter int MaxD        = 2048,   // residual elements per token
    parameter int ActBlocks   = 256,    // activation blocks per token
    parameter int MaxHeads    = 32,
    parameter int QElements   = 2048,   // query heads x padded head_dim per token
    // words of VectorLanes elements for one head in the vector unit
    parameter int HeadWords   = 64,
    parameter int TcmBytes    = 16384,
    parameter int ValueDepth  = 256,    // beats that the weight stream runs ahead
    parameter int MemoryMib   = 1024,
    parameter int ClockKhz    = 50000,
    parameter int IdBits      = 1       // of the AXI ids, which are all 0
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                rx_valid_i,
    output logic               rx_ready_o,
    input  wire  [31:0]        rx_data_i,
    input  wire  [2:0]         rx_bytes_i,
    output logic               tx_valid_o,
    input  wire                tx_ready_i,
    output logic [31:0]        tx_data_o,
    output logic               m_ar_valid_o,
    input  wire                m_ar_ready_i,
    output logic [IdBits-1:0]  m_ar_id_o,
    output logic [31:0]        m_ar_addr_o,
    output logic [7:0]         m_ar_len_o,
    output logic [2:0]         m_ar_size_o,
    output logic [1:0]         m_ar_burst_o,
    output logic               m_ar_lock_o,
    output logic [3:0]         m_ar_cache_o,
    output logic [2:0]         m_ar_prot_o,
    output logic [3:0]         m_ar_qos_o,
    output logic [2:0]         m_ar_user_o,
    input  wire                m_r_valid_i,
    output logic               m_r_ready_o,
    input  wire  [IdBits-1:0]  m_r_id_i,
    input  wire  [Lanes*8-1:0] m_r_data_i,
    input  wire  [1:0]         m_r_resp_i,
    input  wire                m_r_last_i,
    output logic               m_aw_valid_o,
    input  wire                m_aw_ready_i,
    output logic [IdBits-1:0]  m_aw_id_o,
    output logic [31:0]        m_aw_addr_o,
    output logic [7:0]         m_aw_len_o,
    output logic [2:0]         m_aw_size_o,
    output logic [1:0]         m_aw_burst_o,
    output logic               m_aw_lock_o,
    output logic [3:0]         m_aw_cache_o,
    output logic [2:0]         m_aw_prot_o,
    output logic [3:0]         m_aw_qos_o,
    output logic [2:0]         m_aw_user_o,
    output logic               m_w_valid_o,
    input  wire                m_w_ready_i,
    output logic [Lanes*8-1:0] m_w_data_o,
    output logic [Lanes-1:0]   m_w_strb_o,
    output logic               m_w_last_o,
    input  wire                m_b_valid_i,
    output logic               m_b_ready_o,
    input  wire  [IdBits-1:0]  m_b_id_i,
    input  wire  [1:0]         m_b_resp_i
);
  luoshu_check #(
      .Lanes(Lanes), .Columns(Columns), .Groups(Groups), .VectorLanes(VectorLanes), .MaxD(MaxD),
      .ActBlocks(ActBlocks), .MaxHeads(MaxHeads), .QElements(QElements), .HeadWords(HeadWords),
      .TcmBytes(TcmBytes), .ValueDepth(ValueDepth), .MemoryMib(MemoryMib), .ClockKhz(ClockKhz)
  ) u_check ();
  localparam int InfoBits = 12;
  localparam int Beat     = Lanes * 8;

  // ---------------------------------------------------------------- memory port
  localparam int ReadSequencer = 0, ReadWeights = 1, ReadKv = 2, ReadEmbedding = 3, ReadLink = 4;
  localparam int WriteKv = 0, WriteLogits = 1, WriteLink = 2;
  logic [4:0]        rq_valid, rq_ready, rc_valid;
  logic [5*32-1:0]   rq_addr;
  logic [5*8-1:0]    rq_beats;
  logic [Beat-1:0]   rc_data;
  logic              rc_last, rc_error, wc_error;
  logic [11:0]       wq_len;
  logic [2:0]        wq_valid, wq_ready, wc_bvalid;
  logic [3*32-1:0]   wq_addr;
  logic [3*Beat-1:0] wq_data;
  logic [3*Lanes-1:0] wq_strb;
  logic              memory_idle, memory_error;
  luoshu_mem_port #(.Lanes(Lanes), .MaxRequest((Lanes < 32) ? 31 : 255),
      .Outstanding((Lanes < 32) ? 16 : 32), .Writes((Lanes < 32) ? 16 : 64)) u_memory (
      .clk_i, .rst_ni, .rq_valid_i(rq_valid), .rq_ready_o(rq_ready), .rq_addr_i(rq_addr),
      .rq_beats_i(rq_beats), .rc_valid_o(rc_valid), .rc_data_o(rc_data), .rc_error_o(rc_error),
      .rc_last_o(rc_last), .wq_valid_i(wq_valid), .wq_ready_o(wq_ready), .wq_addr_i(wq_addr),
      .wq_data_i(wq_data), .wq_strb_i(wq_strb), .wq_len_i(wq_len), .wc_bvalid_o(wc_bvalid),
      .wc_error_o(wc_error), .idle_o(memory_idle), .error_o(memory_error),
      .ar_valid_o(m_ar_valid_o), .ar_ready_i(m_ar_ready_i), .ar_addr_o(m_ar_addr_o),
      .ar_len_o(m_ar_len_o), .ar_user_o(m_ar_user_o), .r_valid_i(m_r_valid_i),
      .r_ready_o(m_r_ready_o), .r_data_i(m_r_data_i), .r_resp_i(m_r_resp_i), .r_last_i(m_r_last_i),
      .aw_valid_o(m_aw_valid_o), .aw_ready_i(m_aw_ready_i), .aw_addr_o(m_aw_addr_o),
      .aw_len_o(m_aw_len_o), .aw_user_o(m_aw_user_o), .w_valid_o(m_w_valid_o),
      .w_ready_i(m_w_ready_i), .w_data_o(m_w_data_o), .w_strb_o(m_w_strb_o), .w_last_o(m_w_last_o),
      .b_valid_i(m_b_valid_i), .b_ready_o(m_b_ready_o), .b_resp_i(m_b_resp_i)
  );
  assign wq_len[7:0]  = '0;   // of KV and logits: single beats
  assign m_ar_id_o    = '0;
  assign m_aw_id_o    = '0;
  assign m_ar_size_o  = 3'($clog2(Lanes));
  assign m_aw_size_o  = 3'($clog2(Lanes));
  assign m_ar_burst_o = 2'b01;      // INCR
  assign m_aw_burst_o = 2'b01;
  assign m_ar_lock_o  = 1'b0;
  assign m_aw_lock_o  = 1'b0;
  assign m_ar_cache_o = 4'b0011;    // normal, not cached, bufferable
  assign m_aw_cache_o = 4'b0011;
  assign m_ar_prot_o  = 3'b000;     // unprivileged, secure, data
  assign m_aw_prot_o  = 3'b000;
  assign m_ar_qos_o   = 4'd0;
  assign m_aw_qos_o   = 4'd0;
  `LUOSHU_ASSERT(r_id, !m_r_valid_i || m_r_id_i == '0)
  `LUOSHU_ASSERT(b_id, !m_b_valid_i || m_b_id_i == '0)

  // ----------------------------------------------------- control: link, core, registers, sequencer
  logic                 run_valid, run_ready, run_done, seq_busy /*verilator public_flat_rd*/,
      seq_stop, soft_reset, bad_opcode, core_awake, queue_full;
  logic [31:0]          run_program, run_passes;
  logic [15:0]          run_count;
  logic [InfoBits-1:0]  run_info;
  logic                 ctx_we, ctx_wbank, ctx_advance, ctx_advance_bank, ctx_advanced;
  logic [6:0]           ctx_wtoken;
  logic [1:0]           ctx_wword;
  logic [31:0]          ctx_wdata, ctx_advance_token, kv_head_stride, kv_block_bytes;
  logic                 tok_valid, tok_ready, seq_loop;
  logic [31:0]          loop_passes;
  logic [5:0]           tok_index;
  logic [31:0]          tok_id, tok_logit;
  logic [InfoBits-1:0]  vector_info;
  // public: read by the timeline of the simulation
  logic [11:0]          counts /*verilator public_flat_rd*/;
  logic [3:0]           beats /*verilator public_flat_rd*/;
  logic                 progress;
  luoshu_control #(
      .Lanes(Lanes), .Columns(Columns), .Groups(Groups), .MaxD(MaxD), .ActBlocks(ActBlocks),
      .MaxHeads(MaxHeads), .QElements(QElements), .VectorLanes(VectorLanes), .HeadWords(HeadWords),
      .TcmBytes(TcmBytes), .MemoryMib(MemoryMib), .ClockKhz(ClockKhz), .InfoBits(InfoBits)
  ) u_control (
      .clk_i, .rst_ni, .soft_rst_ni(chip_rst_n), .rx_valid_i, .rx_ready_o, .rx_data_i, .rx_bytes_i,
      .tx_valid_o, .tx_ready_i, .tx_data_o, .rq_valid_o(rq_valid[ReadLink]),
      .rq_ready_i(rq_ready[ReadLink]), .rq_addr_o(rq_addr[ReadLink*32 +: 32]),
      .rq_beats_o(rq_beats[ReadLink*8 +: 8]), .rc_valid_i(rc_valid[ReadLink]), .rc_data_i(rc_data),
      .rc_error_i(rc_error), .wq_valid_o(wq_valid[WriteLink]), .wq_ready_i(wq_ready[WriteLink]),
      .wq_addr_o(wq_addr[WriteLink*32 +: 32]), .wq_data_o(wq_data[WriteLink*Beat +: Beat]),
      .wq_strb_o(wq_strb[WriteLink*Lanes +: Lanes]), .wq_len_o(wq_len[WriteLink*4 +: 4]),
      .wc_bvalid_i(wc_bvalid[WriteLink]), .wc_error_i(wc_error), .run_valid_o(run_valid),
      .run_ready_i(run_ready && chip_rst_n), .run_program_o(run_program), .run_count_o(run_count),
      .run_passes_o(run_passes), .run_info_o(run_info), .run_done_i(run_done),
      .seq_busy_i(seq_busy), .loop_i(seq_loop), .loop_passes_i(loop_passes), .stop_o(seq_stop),
      .soft_reset_o(soft_reset), .ctx_we_o(ctx_we), .ctx_wbank_o(ctx_wbank),
      .ctx_wtoken_o(ctx_wtoken), .ctx_wword_o(ctx_wword), .ctx_wdata_o(ctx_wdata),
      .ctx_advance_o(ctx_advance), .ctx_bank_o(ctx_advance_bank), .ctx_token_o(ctx_advance_token),
      .kv_head_stride_o(kv_head_stride), .kv_block_bytes_o(kv_block_bytes),
      .tok_valid_i(tok_valid), .tok_ready_o(tok_ready), .tok_index_i(tok_index), .tok_id_i(tok_id),
      .tok_logit_i(tok_logit), .tok_bank_i(vector_info[3]), .bus_error_i(memory_error),
      .bad_opcode_i(bad_opcode), .progress_i(progress), .core_awake_o(core_awake),
      .count_i(counts), .beats_i(beats)
  );

  // 0 array, 1 vector, 2 attention
  logic [2:0]            cmd_valid /*verilator public_flat_rd*/,
      cmd_ready /*verilator public_flat_rd*/, cmd_done, cmd_waiting;
  logic                  kv_written;
  logic [3*256-1:0]      cmd;
  logic [3*InfoBits-1:0] info;
  logic                  halt /*verilator public_flat_rd*/, unit_rst_n, seq_unit_rst_n, chip_rst_n;
  logic                  seg_valid, seg_ready, seg_aux;
  logic [31:0]           seg_addr, seg_beats;
  logic [2:0]            seg_mode;
  // A soft reset lasts until memory has been idle for a while: what was in flight finds its units
  // in reset and is dropped. Accesses of the host and the control core go on, and are not waited
  // for.
  logic       clearing_q;
  logic [5:0] settled_q;
  always_ff @(posedge clk_i) begin
    chip_rst_n <= rst_ni && !soft_reset && !clearing_q;
    if (!rst_ni) clearing_q <= 1'b0;
    else if (soft_reset) clearing_q <= 1'b1;
    else if (settled_q == '1) clearing_q <= 1'b0;
    settled_q <= (soft_reset || !memory_idle) ? 6'd0 : settled_q + 6'd1;
  end
  luoshu_sequencer #(.Lanes(Lanes), .InfoBits(InfoBits)) u_sequencer (
      .clk_i, .rst_ni(chip_rst_n), .run_valid_i(run_valid), .run_ready_o(run_ready),
      .run_program_i(run_program), .run_count_i(run_count), .run_passes_i(run_passes),
      .run_info_i(run_info), .run_done_o(run_done), .done_ready_i(tok_ready), .busy_o(seq_busy),
      .loop_o(seq_loop), .loop_passes_o(loop_passes), .stop_i(seq_stop), .advance_i(ctx_advanced),
      .bad_opcode_o(bad_opcode), .halt_o(halt), .unit_rst_no(seq_unit_rst_n),
      .memory_idle_i(memory_idle), .queue_full_o(queue_full), .rq_valid_o(rq_valid[ReadSequencer]),
      .rq_ready_i(rq_ready[ReadSequencer]), .rq_addr_o(rq_addr[ReadSequencer*32 +: 32]),
      .rq_beats_o(rq_beats[ReadSequencer*8 +: 8]), .rc_valid_i(rc_valid[ReadSequencer]),
      .rc_data_i(rc_data), .seg_valid_o(seg_valid), .seg_ready_i(seg_ready), .seg_aux_o(seg_aux),
      .seg_addr_o(seg_addr), .seg_beats_o(seg_beats), .seg_mode_o(seg_mode),
      .cmd_valid_o(cmd_valid), .cmd_ready_i(cmd_ready), .cmd_o(cmd), .cmd_info_o(info),
      .early_i({1'b0, kv_written, 1'b0}), .done_i(cmd_done), .waiting_o(cmd_waiting)
  );
  assign unit_rst_n = chip_rst_n && seq_unit_rst_n;

  // ------------------------------------------- context of the tokens: vector, KV writer, attention
  logic [2:0]      ctx_re, ctx_gnt;
  logic [3*8-1:0]  ctx_addr;
  logic [3*128-1:0] ctx_data;
  luoshu_context #(.MaxTokens(Columns * Groups), .Readers(3),
      .Shared((Lanes < 32) ? 1 : 0)) u_context (
      .clk_i, .rst_ni, .we_i(ctx_we), .wbank_i(ctx_wbank), .wtoken_i(ctx_wtoken),
      .wword_i(ctx_wword), .wdata_i(ctx_wdata), .advance_i(ctx_advance), .bank_i(ctx_advance_bank),
      .token_i(ctx_advance_token), .block_bytes_i(kv_block_bytes), .advanced_o(ctx_advanced),
      .re_i(ctx_re), .gnt_o(ctx_gnt), .raddr_i(ctx_addr), .rdata_o(ctx_data)
  );

  // ---------------------------------------------------------------- weight stream
  logic            value_valid, value_ready, scale_valid, scale_ready, aux_valid, aux_ready,
      aux_room;
  logic [4:0]      aux_ask;
  logic [Beat-1:0] value_data, scale_data, aux_data;
  luoshu_weight_stream #(
      .Lanes(Lanes), .ValueDepth(ValueDepth), .OneQueue((Lanes < 32) ? 1 : 0),
      .ScaleDepth((Lanes > 32) ? 64 : 16), .AuxDepth((Lanes < 32) ? 0 : 32),
      .Requests((Lanes < 32) ? 16 : 64)
  ) u_weights (
      .clk_i, .rst_ni(unit_rst_n), .halt_i(halt), .seg_valid_i(seg_valid), .seg_ready_o(seg_ready),
      .seg_aux_i(seg_aux), .seg_addr_i(seg_addr), .seg_beats_i(seg_beats), .seg_mode_i(seg_mode),
      .rq_valid_o(rq_valid[ReadWeights]), .rq_ready_i(rq_ready[ReadWeights]),
      .rq_addr_o(rq_addr[ReadWeights*32 +: 32]), .rq_beats_o(rq_beats[ReadWeights*8 +: 8]),
      .rc_valid_i(rc_valid[ReadWeights]), .rc_data_i(rc_data), .rc_last_i(rc_last),
      .value_valid_o(value_valid), .value_ready_i(value_ready), .value_data_o(value_data),
      .scale_valid_o(scale_valid), .scale_ready_i(scale_ready), .scale_data_o(scale_data),
      .aux_valid_o(aux_valid), .aux_ready_i(aux_ready), .aux_data_o(aux_data), .aux_ask_o(aux_ask),
      .aux_room_i(aux_room)
  );

  // ------------------------------------- compute: MAC array, matrix engine, attention, vector unit
  luoshu_compute #(
      .Lanes(Lanes), .Columns(Columns), .Groups(Groups), .VectorLanes(VectorLanes), .MaxD(MaxD),
      .ActBlocks(ActBlocks), .MaxHeads(MaxHeads), .QElements(QElements), .HeadWords(HeadWords),
      .InfoBits(InfoBits)
  ) u_compute (
      .clk_i, .rst_ni(unit_rst_n), .hard_rst_ni(rst_ni), .cmd_valid_i(cmd_valid),
      .cmd_ready_o(cmd_ready), .cmd_i(cmd), .info_i(info), .done_o(cmd_done),
      .kv_written_o(kv_written), .vector_info_o(vector_info), .kv_head_stride_i(kv_head_stride),
      .ctx_re_o(ctx_re), .ctx_gnt_i(ctx_gnt), .ctx_addr_o(ctx_addr), .ctx_data_i(ctx_data),
      .value_valid_i(value_valid), .value_ready_o(value_ready), .value_data_i(value_data),
      .scale_valid_i(scale_valid), .scale_ready_o(scale_ready), .scale_data_i(scale_data),
      .aux_valid_i(aux_valid), .aux_ready_o(aux_ready), .aux_data_i(aux_data), .aux_ask_i(aux_ask),
      .aux_room_o(aux_room), .kv_rq_valid_o(rq_valid[ReadKv]), .kv_rq_ready_i(rq_ready[ReadKv]),
      .kv_rq_addr_o(rq_addr[ReadKv*32 +: 32]), .kv_rq_beats_o(rq_beats[ReadKv*8 +: 8]),
      .kv_rc_valid_i(rc_valid[ReadKv]), .er_rq_valid_o(rq_valid[ReadEmbedding]),
      .er_rq_ready_i(rq_ready[ReadEmbedding]), .er_rq_addr_o(rq_addr[ReadEmbedding*32 +: 32]),
      .er_rq_beats_o(rq_beats[ReadEmbedding*8 +: 8]), .er_rc_valid_i(rc_valid[ReadEmbedding]),
      .rc_data_i(rc_data), .wq_valid_o(wq_valid[1:0]), .wq_ready_i(wq_ready[1:0]),
      .wq_addr_o(wq_addr[63:0]), .wq_data_o(wq_data[2*Beat-1:0]), .wq_strb_o(wq_strb[2*Lanes-1:0]),
      .wc_bvalid_i(wc_bvalid[1:0]), .tok_valid_o(tok_valid), .tok_ready_i(tok_ready),
      .tok_index_o(tok_index), .tok_id_o(tok_id), .tok_logit_o(tok_logit), .count_o(counts[8:0])
  );

  // ---------------------------------------------------------------- counters
  assign counts[11:9] = {queue_full, 1'b0, core_awake};
  assign beats    = {rc_valid[ReadSequencer] || rc_valid[ReadEmbedding] || rc_valid[ReadLink]
                       || (wq_valid[WriteLogits] && wq_ready[WriteLogits])
                           || (wq_valid[WriteLink] && wq_ready[WriteLink]),
                     wq_valid[WriteKv] && wq_ready[WriteKv], rc_valid[ReadKv],
                         rc_valid[ReadWeights]};
  assign progress = m_r_valid_i || m_b_valid_i || (cmd_done != '0) || tok_valid;
  logic unused_bits;
  assign unused_bits = ^{cmd_waiting, vector_info, m_r_id_i, m_b_id_i};
endmodule
`default_nettype wire
