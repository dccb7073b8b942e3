// SPDX-License-Identifier: Apache-2.0
// The control side of the chip: link endpoint, control core, bus with firmware memory, registers,
// narrow memory port.
`default_nettype none

module luoshu_control #(
    parameter int Lanes     = 32,
    parameter int Columns   = 4,
    parameter int Groups    = 2,
    parameter int MaxD      = 2048,
    parameter int ActBlocks = 256,
    parameter int MaxHeads  = 32,
    parameter int QElements = 2048,
    parameter int VectorLanes = 4,
    parameter int HeadWords = 64,
    parameter int TcmBytes  = 16384,
    parameter int MemoryMib = 1024,
    parameter int ClockKhz  = 50000,
    parameter int InfoBits  = 12
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    // low during a soft reset, from the cycle after soft_reset_o on
    input  wire                 soft_rst_ni,
    // transport
    input  wire                 rx_valid_i,
    output logic                rx_ready_o,
    input  wire  [31:0]         rx_data_i,
    input  wire  [2:0]          rx_bytes_i,
    output logic                tx_valid_o,
    input  wire                 tx_ready_i,
    output logic [31:0]         tx_data_o,
    // memory port: one read and one write client
    output logic                rq_valid_o,
    input  wire                 rq_ready_i,
    output logic [31:0]         rq_addr_o,
    output logic [7:0]          rq_beats_o,
    input  wire                 rc_valid_i,
    input  wire  [Lanes*8-1:0]  rc_data_i,
    input  wire                 rc_error_i,
    output logic                wq_valid_o,
    input  wire                 wq_ready_i,
    output logic [31:0]         wq_addr_o,
    output logic [Lanes*8-1:0]  wq_data_o,
    output logic [Lanes-1:0]    wq_strb_o,
    output logic [3:0]          wq_len_o,
    input  wire                 wc_bvalid_i,
    input  wire                 wc_error_i,
    // sequencer
    output logic                run_valid_o,
    input  wire                 run_ready_i,
    output logic [31:0]         run_program_o,
    output logic [15:0]         run_count_o,
    output logic [31:0]         run_passes_o,
    output logic [InfoBits-1:0] run_info_o,
    input  wire                 run_done_i,
    input  wire                 seq_busy_i,
    input  wire                 loop_i,
    input  wire  [31:0]         loop_passes_i,
    output logic                stop_o,
    output logic                soft_reset_o,
    // context
    output logic                ctx_we_o,
    output logic                ctx_wbank_o,
    output logic [6:0]          ctx_wtoken_o,
    output logic [1:0]          ctx_wword_o,
    output logic [31:0]         ctx_wdata_o,
    output logic                ctx_advance_o,
    output logic                ctx_bank_o,
    output logic [31:0]         ctx_token_o,
    output logic [31:0]         kv_head_stride_o,
    output logic [31:0]         kv_block_bytes_o,
    // sampled tokens, errors, counters
    input  wire                 tok_valid_i,
    output logic                tok_ready_o,    // room for a token, and for the end of a run
    input  wire  [5:0]          tok_index_i,
    input  wire  [31:0]         tok_id_i,
    input  wire  [31:0]         tok_logit_i,
    input  wire                 tok_bank_i,
    input  wire                 bus_error_i,
    input  wire                 bad_opcode_i,
    input  wire                 progress_i,
    output logic                core_awake_o,
    input  wire  [11:0]         count_i,
    input  wire  [3:0]          beats_i
);
  // ------------------------------------------------------------- link and its way to device memory
  logic        req_valid, req_ready, req_write, wvalid, wready, rvalid, rready, rlast, bvalid;
  logic [39:0] req_addr;
  logic [8:0]  req_words;
  logic [31:0] wdata, rdata;
  logic [3:0]  wstrb;
  logic        mem_err;
  logic        l_req, l_gnt, l_we, l_rvalid, l_err;
  logic [31:0] l_addr, l_wdata, l_rdata;
  logic        msg_room, msg_valid, msg_ready, msg_last, evt_valid, evt_ready, evt_last;
  logic [31:0] msg_data, evt_data;
  // The link's clock stops when nothing has been offered at its ports for a while; whatever is
  // offered starts it again.
  localparam int Quiet = 64;   // cycles, more than anything inside takes on its own
  logic                     link_offer, clk_link;
  logic [$clog2(Quiet)-1:0] link_quiet_q;
  assign link_offer = rx_valid_i || tx_valid_o || evt_valid || msg_valid || req_valid || wvalid
      || rvalid || bvalid || l_req || l_rvalid;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || link_offer) link_quiet_q <= '1;
    else if (link_quiet_q != '0) link_quiet_q <= link_quiet_q - 1'b1;
  end
  luoshu_clock_gate u_link_gate (.clk_i, .en_i(!rst_ni || link_offer || link_quiet_q != '0),
      .clk_o(clk_link));
  luoshu_link #(.MemoryMib(MemoryMib), .Serial((Lanes < 32) ? 1 : 0)) u_link (
      .clk_i(clk_link), .rst_ni, .rx_valid_i, .rx_ready_o, .rx_data_i, .rx_bytes_i, .tx_valid_o,
      .tx_ready_i, .tx_data_o, .req_valid_o(req_valid), .req_ready_i(req_ready),
      .req_write_o(req_write), .req_addr_o(req_addr), .req_words_o(req_words), .wvalid_o(wvalid),
      .wready_i(wready), .wdata_o(wdata), .wstrb_o(wstrb), .rvalid_i(rvalid), .rready_o(rready),
      .rdata_i(rdata), .rlast_i(rlast), .bvalid_i(bvalid), .mem_err_i(mem_err),
      .reg_req_o(l_req), .reg_gnt_i(l_gnt), .reg_we_o(l_we), .reg_addr_o(l_addr),
      .reg_wdata_o(l_wdata), .reg_rvalid_i(l_rvalid), .reg_rdata_i(l_rdata), .reg_err_i(l_err),
      .msg_room_i(msg_room), .msg_valid_o(msg_valid), .msg_ready_i(msg_ready),
      .msg_data_o(msg_data), .msg_last_o(msg_last), .evt_valid_i(evt_valid),
      .evt_ready_o(evt_ready), .evt_data_i(evt_data), .evt_last_i(evt_last)
  );

  logic        win_req, win_gnt, win_we, win_rvalid;
  logic [3:0]  win_be;
  logic [31:0] win_addr, win_wdata, win_rdata;
  // Small configurations: address and data of the link's accesses go through the multiplexers of
  // the bus.
  logic        hold;
  logic [39:0] narrow_addr;
  logic [31:0] narrow_wdata;
  generate
    if (Lanes < 32) begin : gen_one_way
      logic unused_address;
      assign hold         = req_valid || wvalid;
      assign narrow_addr  = {8'd0, win_addr};
      assign narrow_wdata = win_wdata;
      assign unused_address = ^{req_addr, wdata};
    end else begin : gen_two_ways
      assign hold         = 1'b0;
      assign narrow_addr  = req_addr;
      assign narrow_wdata = wdata;
    end
  endgenerate
  luoshu_narrow_port #(.Lanes(Lanes)) u_narrow (
      .clk_i, .rst_ni, .req_valid_i(req_valid), .req_ready_o(req_ready), .req_write_i(req_write),
      .req_addr_i(narrow_addr), .req_words_i(req_words), .wvalid_i(wvalid), .wready_o(wready),
      .wdata_i(narrow_wdata), .wstrb_i(wstrb), .rvalid_o(rvalid), .rready_i(rready),
      .rdata_o(rdata), .rlast_o(rlast), .bvalid_o(bvalid), .error_o(mem_err), .win_req_i(win_req),
      .win_gnt_o(win_gnt), .win_we_i(win_we), .win_be_i(win_be), .win_addr_i(win_addr),
      .win_wdata_i(win_wdata), .win_rvalid_o(win_rvalid), .win_rdata_o(win_rdata),
      .rq_valid_o, .rq_ready_i, .rq_addr_o, .rq_beats_o, .rc_valid_i, .rc_data_i, .rc_error_i,
      .wq_valid_o, .wq_ready_i, .wq_addr_o, .wq_data_o, .wq_strb_o, .wq_len_o, .wc_bvalid_i,
      .wc_error_i
  );

  // ---------------------------------------------------------------- control core
  logic        core_run, core_sleep, irq;
  logic        i_req, i_gnt, d_req, d_gnt, d_we, d_rvalid, d_err;
  logic [31:0] i_addr, i_rdata, d_addr, d_wdata, d_rdata;
  logic [3:0]  d_be;
  logic        core_rst_nq;
  always_ff @(posedge clk_i) core_rst_nq <= rst_ni && core_run;
  assign core_awake_o = core_rst_nq && !core_sleep;
  // Asleep until an interrupt: no clock (and mcycle stands still).
  logic clk_core;
  luoshu_clock_gate u_core_gate (.clk_i, .en_i(!core_rst_nq || !core_sleep || irq),
      .clk_o(clk_core));
  // Small configurations: a byte of the core per cycle: half the area, an eighth of the
  // instructions.
  logic       rf_re, rf_we;      // its registers
  logic [6:0] rf_raddr, rf_waddr;
  logic [7:0] rf_rdata, rf_wdata;
  generate
    if (Lanes < 32) begin : gen_serial
      luoshu_core_serial u_core (
          .clk_i(clk_core), .rst_ni(core_rst_nq), .boot_addr_i(luoshu_defs_pkg::TcmBase),
          .irq_external_i(irq), .irq_timer_i(1'b0), .irq_software_i(1'b0), .imem_req_o(i_req),
          .imem_gnt_i(i_gnt), .imem_addr_o(i_addr), .imem_rdata_i(i_rdata), .dmem_req_o(d_req),
          .dmem_gnt_i(d_gnt), .dmem_we_o(d_we), .dmem_be_o(d_be), .dmem_addr_o(d_addr),
          .dmem_wdata_o(d_wdata), .dmem_rvalid_i(d_rvalid), .dmem_rdata_i(d_rdata),
          .dmem_err_i(d_err), .rf_re_o(rf_re), .rf_raddr_o(rf_raddr), .rf_rdata_i(rf_rdata),
          .rf_we_o(rf_we), .rf_waddr_o(rf_waddr), .rf_wdata_o(rf_wdata), .sleep_o(core_sleep),
          .irq_taken_o(), .rvfi_valid_o(), .rvfi_order_o(), .rvfi_insn_o(), .rvfi_trap_o(),
          .rvfi_intr_o(), .rvfi_pc_rdata_o(), .rvfi_pc_wdata_o(), .rvfi_rs1_addr_o(),
          .rvfi_rs2_addr_o(), .rvfi_rs1_rdata_o(), .rvfi_rs2_rdata_o(), .rvfi_rd_addr_o(),
          .rvfi_rd_wdata_o(), .rvfi_mem_addr_o(), .rvfi_mem_rmask_o(), .rvfi_mem_wmask_o(),
          .rvfi_mem_rdata_o(), .rvfi_mem_wdata_o()
      );
    end else begin : gen_core
      logic unused_rf;
      assign unused_rf = ^rf_rdata;
      assign {rf_re, rf_raddr, rf_we, rf_waddr, rf_wdata} = '0;
      luoshu_core u_core (
          .clk_i(clk_core), .rst_ni(core_rst_nq), .boot_addr_i(luoshu_defs_pkg::TcmBase),
          .irq_external_i(irq), .irq_timer_i(1'b0), .irq_software_i(1'b0), .imem_req_o(i_req),
          .imem_gnt_i(i_gnt), .imem_addr_o(i_addr), .imem_rdata_i(i_rdata), .dmem_req_o(d_req),
          .dmem_gnt_i(d_gnt), .dmem_we_o(d_we), .dmem_be_o(d_be), .dmem_addr_o(d_addr),
          .dmem_wdata_o(d_wdata), .dmem_rvalid_i(d_rvalid), .dmem_rdata_i(d_rdata),
          .dmem_err_i(d_err), .sleep_o(core_sleep), .irq_taken_o(), .rvfi_valid_o(),
          .rvfi_order_o(), .rvfi_insn_o(), .rvfi_trap_o(), .rvfi_intr_o(), .rvfi_pc_rdata_o(),
          .rvfi_pc_wdata_o(), .rvfi_rs1_addr_o(), .rvfi_rs2_addr_o(), .rvfi_rs1_rdata_o(),
          .rvfi_rs2_rdata_o(), .rvfi_rd_addr_o(), .rvfi_rd_wdata_o(), .rvfi_mem_addr_o(),
          .rvfi_mem_rmask_o(), .rvfi_mem_wmask_o(), .rvfi_mem_rdata_o(), .rvfi_mem_wdata_o()
      );
    end
  endgenerate

  // ---------------------------------------------------------------- bus and registers
  logic        reg_req, reg_we;
  logic [15:0] reg_addr;
  logic [31:0] reg_wdata, reg_rdata;
  luoshu_bus #(.TcmBytes(TcmBytes)) u_bus (
      .clk_i, .rst_ni, .l_req_i(l_req), .l_gnt_o(l_gnt), .l_hold_i(hold), .l_we_i(l_we),
      .l_addr_i(l_addr), .l_wdata_i(l_wdata), .l_rvalid_o(l_rvalid), .l_rdata_o(l_rdata),
      .l_err_o(l_err), .d_req_i(d_req), .d_gnt_o(d_gnt), .d_we_i(d_we), .d_be_i(d_be),
      .d_addr_i(d_addr), .d_wdata_i(d_wdata), .d_rvalid_o(d_rvalid), .d_rdata_o(d_rdata),
      .d_err_o(d_err), .i_req_i(i_req), .i_gnt_o(i_gnt), .i_addr_i(i_addr), .i_rdata_o(i_rdata),
      .reg_req_o(reg_req), .reg_we_o(reg_we), .reg_addr_o(reg_addr), .reg_wdata_o(reg_wdata),
      .reg_rdata_i(reg_rdata), .win_req_o(win_req), .win_gnt_i(win_gnt), .win_we_o(win_we),
      .win_be_o(win_be), .win_addr_o(win_addr), .win_wdata_o(win_wdata), .win_rvalid_i(win_rvalid),
      .win_rdata_i(win_rdata), .win_err_i(mem_err)
  );
  assign ctx_wdata_o = reg_wdata;
  luoshu_registers #(
      .Lanes(Lanes), .Columns(Columns), .Groups(Groups), .MaxD(MaxD), .ActBlocks(ActBlocks),
      .MaxHeads(MaxHeads), .QElements(QElements), .VectorLanes(VectorLanes), .HeadWords(HeadWords),
      .TcmBytes(TcmBytes), .MemoryMib(MemoryMib), .ClockKhz(ClockKhz), .InfoBits(InfoBits)
  ) u_registers (
      .clk_i, .rst_ni, .soft_rst_ni, .reg_req_i(reg_req), .reg_we_i(reg_we), .reg_addr_i(reg_addr),
      .reg_wdata_i(reg_wdata), .reg_rdata_o(reg_rdata), .core_run_o(core_run), .irq_o(irq),
      .msg_valid_i(msg_valid), .msg_ready_o(msg_ready), .msg_room_o(msg_room),
      .msg_data_i(msg_data), .msg_last_i(msg_last), .evt_valid_o(evt_valid),
      .evt_ready_i(evt_ready), .evt_data_o(evt_data), .evt_last_o(evt_last), .run_valid_o,
      .run_ready_i, .run_program_o, .run_count_o, .run_passes_o, .run_info_o, .run_done_i,
      .seq_busy_i, .loop_i, .loop_passes_i, .stop_o, .soft_reset_o, .ctx_we_o, .ctx_wbank_o,
      .ctx_wtoken_o, .ctx_wword_o, .ctx_advance_o, .ctx_bank_o, .ctx_token_o, .kv_head_stride_o,
      .kv_block_bytes_o, .tok_valid_i, .tok_ready_o, .tok_index_i, .tok_id_i, .tok_logit_i,
      .tok_bank_i, .bus_error_i, .bad_opcode_i, .progress_i, .rf_re_i(rf_re),
      .rf_raddr_i(rf_raddr), .rf_rdata_o(rf_rdata), .rf_we_i(rf_we), .rf_waddr_i(rf_waddr),
      .rf_wdata_i(rf_wdata), .count_i, .beats_i
  );
endmodule
`default_nettype wire
