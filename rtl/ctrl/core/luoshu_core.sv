// SPDX-License-Identifier: Apache-2.0
// luoshu_core: the control processor. RV32I, Zicsr, Zifencei, machine mode only; two pipeline
// stages.
//
// Stages: fetch (the instruction word arrives, is decoded and reads the register file) and execute
// (everything else). The address of the next fetch leaves in the cycle before, combinationally from
// execute, so that a taken branch costs one bubble. So imem_req_o and imem_addr_o depend
// combinationally on dmem_rvalid_i; no output depends on a grant.
// Cycles: 1 for each instruction; 2 for taken branches, jumps, mret and fence.i; 3 to enter a trap;
// 2 for loads and stores with a data port that grants at once and answers in the next cycle, more
// with a slower one.
// Instruction port: in a cycle with imem_req_o and imem_gnt_i the word at imem_addr_o is read;
// imem_rdata_i holds it in the next cycle, always. Without a grant the core asks again and may
// change the address. While execute stalls, the core reads the same word again instead of buffering
// it.
// Data port: dmem_req_o and its address, byte enables and data stay until dmem_gnt_i; then
// dmem_rvalid_i answers once (reads and writes, at least one cycle after the grant, any latency),
// with dmem_err_i for an access fault. One access in flight. Addresses are word aligned; be bit 0 =
// bits 7:0.
// Traps: see luoshu_core_csr. mtval holds the address of misaligned and faulting accesses (for a
// jump the target), otherwise 0. An interrupt is taken before an instruction executes, never in the
// middle of one. wfi stops fetching until an interrupt enabled in mie is pending (whatever
// mstatus.MIE), then completes.
// Reset: execution starts at boot_addr_i; x1 to x31 are undefined. No request leaves in reset.
// Does not do: multiply, divide, compressed or atomic instructions, user mode, physical memory
// protection, instruction access faults, debug mode. The rvfi_* outputs describe the instruction
// that retires in this cycle (sample at the clock edge); they follow the RISC-V formal interface
// and cost nothing where unconnected.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_core (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire  [31:0] boot_addr_i,       // first instruction, 4-byte aligned
    input  wire         irq_external_i,    // level, held until served
    input  wire         irq_timer_i,
    input  wire         irq_software_i,
    // Instruction port
    output logic        imem_req_o,
    input  wire         imem_gnt_i,
    output logic [31:0] imem_addr_o,
    input  wire  [31:0] imem_rdata_i,
    // Data port
    output logic        dmem_req_o,
    input  wire         dmem_gnt_i,
    output logic        dmem_we_o,
    output logic [3:0]  dmem_be_o,
    output logic [31:0] dmem_addr_o,
    output logic [31:0] dmem_wdata_o,
    input  wire         dmem_rvalid_i,
    input  wire  [31:0] dmem_rdata_i,
    input  wire         dmem_err_i,
    // Status
    output logic        sleep_o,           // waiting in wfi, no fetches
    output logic        irq_taken_o,       // an interrupt is taken in this cycle
    // Trace of retired instructions
    output logic        rvfi_valid_o,
    output logic [63:0] rvfi_order_o,
    output logic [31:0] rvfi_insn_o,
    output logic        rvfi_trap_o,       // the instruction raised an exception
    output logic        rvfi_intr_o,       // first instruction of an interrupt handler
    output logic [31:0] rvfi_pc_rdata_o,
    output logic [31:0] rvfi_pc_wdata_o,
    output logic [4:0]  rvfi_rs1_addr_o,   // 0 if no register is read, also the data
    output logic [4:0]  rvfi_rs2_addr_o,
    output logic [31:0] rvfi_rs1_rdata_o,
    output logic [31:0] rvfi_rs2_rdata_o,
    output logic [4:0]  rvfi_rd_addr_o,    // 0 if nothing is written
    output logic [31:0] rvfi_rd_wdata_o,
    output logic [31:0] rvfi_mem_addr_o,   // word aligned; like the masks 0 without an access
    output logic [3:0]  rvfi_mem_rmask_o,
    output logic [3:0]  rvfi_mem_wmask_o,
    output logic [31:0] rvfi_mem_rdata_o,  // the bytes not in rmask are 0
    output logic [31:0] rvfi_mem_wdata_o   // the bytes not in wmask are 0
);
  // ---------------------------------------------------------------------------------------- fetch
  logic [31:2] fetch_pc_q;     // address of the word that arrives (fetch_valid_q) or is wanted
  logic        fetch_valid_q;  // imem_rdata_i holds it in this cycle
  logic        ex_done;        // execute finishes its instruction
  logic        redirect;       // and the next instruction is at redirect_pc
  logic        refetch;        // and the next word must be fetched again (fence.i)
  logic        trap;           // and enters a trap: the jump to the handler follows
  logic        advance;        // the word that arrives is the next one in sequence
  logic        take;           // and enters execute
  logic [31:2] redirect_pc, fetch_next;
  logic        asleep, unused_boot_bits;
  logic        ex_valid_q;     // execute holds an instruction

  // In the cycle of a trap fetch_next does not matter; leaving the trap out of it shortens the
  // path.
  assign advance     = fetch_valid_q && (!ex_valid_q || ex_done) && !refetch;
  assign take        = advance && !redirect && !trap;
  assign fetch_next  = redirect ? redirect_pc : fetch_pc_q + {29'd0, advance};
  assign imem_addr_o = {fetch_next, 2'b00};
  assign imem_req_o  = rst_ni && !asleep;
  assign unused_boot_bits = ^boot_addr_i[1:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fetch_pc_q    <= boot_addr_i[31:2];
      fetch_valid_q <= 1'b0;
      ex_valid_q    <= 1'b0;
    end else begin
      fetch_pc_q    <= fetch_next;
      fetch_valid_q <= imem_req_o && imem_gnt_i;
      ex_valid_q    <= take || (ex_valid_q && !ex_done);
    end
  end

  // ------------------------------------------- decode and register read, registered for execute
  logic [31:2] pc_q;
  logic [31:0] insn, imm, rs1, rs2, result;
  logic illegal, jump, jalr, branch, load, store, alu, csr, fence_i, ecall, ebreak, mret, wfi;
  logic base_pc, base_rs1, use_rs2, sub, writes_rd, csr_write, rf_we;
  logic [2:0] result_sel;
  logic [1:0] logic_sel;
  logic [3:0] csr_sel;

  always_ff @(posedge clk_i) begin
    if (take) pc_q <= fetch_pc_q;
  end

  luoshu_core_decode u_decode (
      .clk_i         (clk_i),
      .take_i        (take),
      .trap_i        (trap),
      .insn_i        (imem_rdata_i),
      .insn_o        (insn),
      .imm_o         (imm),
      .illegal_o     (illegal),
      .kind_jump_o   (jump),
      .kind_jalr_o   (jalr),
      .kind_branch_o (branch),
      .kind_load_o   (load),
      .kind_store_o  (store),
      .kind_alu_o    (alu),
      .kind_csr_o    (csr),
      .kind_fence_i_o(fence_i),
      .kind_ecall_o  (ecall),
      .kind_ebreak_o (ebreak),
      .kind_mret_o   (mret),
      .kind_wfi_o    (wfi),
      .base_pc_o     (base_pc),
      .base_rs1_o    (base_rs1),
      .use_rs2_o     (use_rs2),
      .sub_o         (sub),
      .result_o      (result_sel),
      .logic_o       (logic_sel),
      .writes_rd_o   (writes_rd),
      .csr_write_o   (csr_write),
      .csr_sel_o     (csr_sel)
  );

  luoshu_core_regs u_regs (
      .clk_i     (clk_i),
      .read_i    (take),
      .rs1_addr_i(imem_rdata_i[19:15]),
      .rs2_addr_i(imem_rdata_i[24:20]),
      .rs1_o     (rs1),
      .rs2_o     (rs2),
      .write_i   (rf_we),
      .rd_addr_i (insn[11:7]),
      .rd_i      (result)
  );

  // ------------------------------------------------------------------------------------- execute
  logic [2:0] funct3;
  assign funct3 = insn[14:12];

  // One adder makes load, store and jump addresses, auipc, lui and CSR operands (rs1 + 0 or 0 +
  // immediate).
  logic [31:0] addr;
  assign addr = (({pc_q, 2'b00} & {32{base_pc}}) | (rs1 & {32{base_rs1}})) + imm;

  logic [31:0] alu_b, alu_sum, alu_logic, alu_left, alu_right;
  logic        alu_eq, alu_lt, taken;
  assign alu_b = use_rs2 ? rs2 : imm;
  luoshu_core_alu u_alu (
      .a_i       (rs1),
      .b_i       (alu_b),
      .sub_i     (sub),
      .unsigned_i(branch ? funct3[1] : funct3[0]),
      .logic_i   (logic_sel),
      .left_i    (!funct3[2]),
      .arith_i   (insn[30]),
      .sum_o     (alu_sum),
      .logic_o   (alu_logic),
      .left_o    (alu_left),
      .right_o   (alu_right),
      .eq_o      (alu_eq),
      .lt_o      (alu_lt)
  );
  assign taken = jump || (branch && ((funct3[2] ? alu_lt : alu_eq) != funct3[0]));

  // What happens in this cycle.
  typedef enum logic [1:0] {
    StRun,      // first cycle of an instruction, or none
    StRequest,  // data port asked, no grant yet
    StWait,     // data port granted, no answer yet
    StSleep     // wfi
  } state_e;
  state_e state_q;

  logic wake, irq, mem_bad, jump_bad, exception, fault, commit, start, mem_start;
  logic trap_q;  // last cycle entered a trap: jump to mtvec
  assign mem_bad   = (load || store) &&
                     ((funct3[0] && addr[0]) || (funct3[1] && (addr[1:0] != 2'b00)));
  assign jump_bad  = taken && addr[1];
  assign start     = ex_valid_q && (state_q == StRun) && !irq;
  assign exception = start && (illegal || ecall || ebreak || mem_bad || jump_bad);
  assign mem_start = start && (load || store) && !mem_bad;
  assign fault     = (state_q == StWait) && dmem_rvalid_i && dmem_err_i;

  assign irq_taken_o = ex_valid_q && (state_q == StRun) && irq;
  assign trap        = irq_taken_o || exception || fault;
  assign asleep      = ex_valid_q && wfi && !wake;
  assign sleep_o     = (state_q == StSleep);

  always_comb begin
    case (state_q)
      StRequest: ex_done = 1'b0;
      StWait:    ex_done = dmem_rvalid_i;
      StSleep:   ex_done = wake;
      default:   ex_done = ex_valid_q && !mem_start && !asleep;
    endcase
  end
  assign commit = ex_done && !trap;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StRun;
      trap_q  <= 1'b0;
    end else begin
      trap_q <= trap;
      case (state_q)
        StRun: begin
          if (mem_start) state_q <= dmem_gnt_i ? StWait : StRequest;
          else if (asleep) state_q <= StSleep;
        end
        StRequest: if (dmem_gnt_i) state_q <= StWait;
        default: if (ex_done) state_q <= StRun;
      endcase
    end
  end

  assign redirect    = trap_q || (ex_done && (mret || taken));
  assign refetch     = ex_valid_q && fence_i;
  assign redirect_pc = (trap_q || mret) ? csr_word : addr[31:2];

  // Data port.
  logic [3:0]  lanes;
  logic [31:0] load_data;
  luoshu_core_align u_align (
      .size_i      (funct3[1:0]),
      .unsigned_i  (funct3[2]),
      .offset_i    (addr[1:0]),
      .store_i     (rs2),
      .lanes_o     (lanes),
      .store_word_o(dmem_wdata_o),
      .load_word_i (dmem_rdata_i),
      .load_o      (load_data)
  );
  assign dmem_req_o  = rst_ni && (mem_start || (state_q == StRequest));
  assign dmem_we_o   = store;
  assign dmem_be_o   = lanes;
  assign dmem_addr_o = {addr[31:2], 2'b00};

  // Control and status registers.
  logic [31:0] csr_rdata;
  logic [31:2] csr_word, mtvec;
  logic [3:0]  cause;
  always_comb begin
    if (fault) cause = store ? 4'd7 : 4'd5;
    else if (load) cause = 4'd4;
    else if (store) cause = 4'd6;
    else if (ecall) cause = 4'd11;
    else if (ebreak) cause = 4'd3;
    else if (illegal) cause = 4'd2;
    else cause = 4'd0;
  end
  luoshu_core_csr u_csr (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .irq_external_i(irq_external_i),
      .irq_timer_i   (irq_timer_i),
      .irq_software_i(irq_software_i),
      .sel_i         (csr_sel),
      .op_i          (funct3[1:0]),
      .operand_i     (addr),
      .write_i       (commit && csr_write),
      .rdata_o       (csr_rdata),
      .word_o        (csr_word),
      .trap_i        (trap),
      .trap_irq_i    (irq_taken_o),
      .trap_cause_i  (cause),
      .trap_pc_i     (pc_q),
      .trap_zero_i   (irq_taken_o || illegal || ecall || ebreak),
      .trap_even_i   (jalr),
      .mret_i        (commit && mret),
      .retire_i      (commit),
      .mtvec_o       (mtvec),
      .wake_o        (wake),
      .irq_o         (irq)
  );

  // Write back. fetch_pc_q is the address after the instruction in execute.
  assign result = result_sel[2] ? (result_sel[1] ? (result_sel[0] ? addr : {fetch_pc_q, 2'b00}) :
                                                   (result_sel[0] ? csr_rdata : load_data)) :
                                  (result_sel[1] ? (result_sel[0] ? alu_logic : alu_right) :
                                                   (result_sel[0] ? alu_left : alu_sum));
  assign rf_we = commit && writes_rd;

  // --------------------------------------------------------------------------------------- trace
  logic [63:0] order_q;
  logic        intr_q;
  logic        access, reads_rs1, reads_rs2;
  logic [31:0] lane_bits;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      order_q <= 64'd0;
      intr_q  <= 1'b0;
    end else begin
      if (rvfi_valid_o) order_q <= order_q + 64'd1;
      if (irq_taken_o) intr_q <= 1'b1;
      else if (rvfi_valid_o) intr_q <= 1'b0;
    end
  end
  assign access           = commit && (load || store);
  assign reads_rs1        = jalr || branch || load || store || alu || (csr && !funct3[2]);
  assign reads_rs2        = branch || store || (alu && use_rs2);
  assign lane_bits        = {{8{lanes[3]}}, {8{lanes[2]}}, {8{lanes[1]}}, {8{lanes[0]}}};
  assign rvfi_valid_o     = rst_ni && ex_done && !irq_taken_o;
  assign rvfi_order_o     = order_q;
  assign rvfi_insn_o      = insn;
  assign rvfi_trap_o      = trap;
  assign rvfi_intr_o      = intr_q;
  assign rvfi_pc_rdata_o  = {pc_q, 2'b00};
  assign rvfi_pc_wdata_o  = {trap ? mtvec : redirect ? redirect_pc : fetch_pc_q, 2'b00};
  assign rvfi_rs1_addr_o  = insn[19:15] & {5{reads_rs1}};
  assign rvfi_rs2_addr_o  = insn[24:20] & {5{reads_rs2}};
  assign rvfi_rs1_rdata_o = rs1 & {32{reads_rs1}};
  assign rvfi_rs2_rdata_o = rs2 & {32{reads_rs2}};
  assign rvfi_rd_addr_o   = insn[11:7] & {5{rf_we}};
  assign rvfi_rd_wdata_o  = result & {32{rf_we}};
  assign rvfi_mem_addr_o  = {addr[31:2], 2'b00} & {32{access}};
  assign rvfi_mem_rmask_o = lanes & {4{access && load}};
  assign rvfi_mem_wmask_o = lanes & {4{access && store}};
  assign rvfi_mem_rdata_o = dmem_rdata_i & lane_bits & {32{access && load}};
  assign rvfi_mem_wdata_o = dmem_wdata_o & lane_bits & {32{access && store}};

  `LUOSHU_STREAM_STABLE(dmem_stable, dmem_req_o, dmem_gnt_i,
                        {dmem_we_o, dmem_be_o, dmem_addr_o, dmem_wdata_o})
  `LUOSHU_ASSERT(answer_only_when_waiting, !dmem_rvalid_i || (state_q == StWait))
  `LUOSHU_ASSERT(fetch_follows_execute, !ex_valid_q || (fetch_pc_q == pc_q + 30'd1))
endmodule

`default_nettype wire
