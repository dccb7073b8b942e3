// SPDX-License-Identifier: Apache-2.0
// luoshu_core: the control processor. RV32I, Zicsr, Zifencei, machine mode only; two pipeline stages.
//
// Stages: fetch (the instruction word arrives, is decoded and reads the register file) and execute
// (everything else). The address of the next fetch leaves in the cycle before, combinationally from
// execute, so that a taken branch costs one bubble.
// Cycles: 1 for each instruction; 2 for taken branches, jumps, mret, fence.i and traps; 2 for loads and
// stores with a data port that grants at once and answers in the next cycle, more with a slower one.
// Instruction port: in a cycle with imem_req_o and imem_gnt_i the word at imem_addr_o is read;
// imem_rdata_i holds it in the next cycle, always. Without a grant the core asks again and may change
// the address. While execute stalls, the core reads the same word again instead of buffering it.
// Data port: dmem_req_o and its address, byte enables and data stay until dmem_gnt_i; then dmem_rvalid_i
// answers once (reads and writes, at least one cycle after the grant, any latency), with dmem_err_i for
// an access fault. One access in flight. Addresses are word aligned; be bit 0 = bits 7:0.
// Traps: see luoshu_core_csr. mtval holds the address of misaligned and faulting accesses (for a jump the
// target), otherwise 0. An interrupt is taken before an instruction executes, never in the middle of one.
// wfi stops fetching until an interrupt enabled in mie is pending (whatever mstatus.MIE), then completes.
// Reset: execution starts at boot_addr_i; x1 to x31 are undefined. No request leaves in reset.
// Does not do: multiply, divide, compressed or atomic instructions, user mode, physical memory protection,
// instruction access faults, debug mode.
// The rvfi_* outputs describe the instruction that retires in this cycle (sample at the clock edge); they
// follow the RISC-V formal interface and cost nothing where unconnected.
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
    output logic [31:0] rvfi_mem_addr_o,   // word aligned; 0 without a completed access, like the masks
    output logic [3:0]  rvfi_mem_rmask_o,
    output logic [3:0]  rvfi_mem_wmask_o,
    output logic [31:0] rvfi_mem_rdata_o,  // the bytes not in rmask are 0
    output logic [31:0] rvfi_mem_wdata_o   // the bytes not in wmask are 0
);
  // ---------------------------------------------------------------------------------------- fetch
  logic [31:2] fetch_pc_q;     // address of the word that arrives (fetch_valid_q) or is still wanted
  logic        fetch_valid_q;  // imem_rdata_i holds it in this cycle
  logic        take;           // the word enters execute
  logic        ex_done;        // execute finishes its instruction
  logic        flush;          // and the word that arrives must be dropped
  logic        redirect;       // and the next instruction is at redirect_pc
  logic [31:2] redirect_pc, fetch_next;
  logic        asleep;
  logic        ex_valid_q;     // execute holds an instruction

  assign take        = fetch_valid_q && (!ex_valid_q || ex_done) && !flush;
  assign fetch_next  = redirect ? redirect_pc : fetch_pc_q + {29'd0, take};
  assign imem_addr_o = {fetch_next, 2'b00};
  assign imem_req_o  = rst_ni && !asleep;

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

  // --------------------------------------------------------------- decode, registered for execute
  logic [31:0] imm;
  logic illegal, lui, auipc, jal, jalr, branch, load, store, alu, csr, fence, fence_i, ecall, ebreak, mret;
  logic wfi, use_rs2, sub, writes_rd, csr_write;
  logic [3:0] csr_sel;
  luoshu_core_decode u_decode (
      .insn_i        (imem_rdata_i),
      .imm_o         (imm),
      .illegal_o     (illegal),
      .kind_lui_o    (lui),
      .kind_auipc_o  (auipc),
      .kind_jal_o    (jal),
      .kind_jalr_o   (jalr),
      .kind_branch_o (branch),
      .kind_load_o   (load),
      .kind_store_o  (store),
      .kind_alu_o    (alu),
      .kind_csr_o    (csr),
      .kind_fence_o  (fence),
      .kind_fence_i_o(fence_i),
      .kind_ecall_o  (ecall),
      .kind_ebreak_o (ebreak),
      .kind_mret_o   (mret),
      .kind_wfi_o    (wfi),
      .use_rs2_o     (use_rs2),
      .sub_o         (sub),
      .writes_rd_o   (writes_rd),
      .csr_write_o   (csr_write),
      .csr_sel_o     (csr_sel)
  );
  logic unused_bits;
  assign unused_bits = ^{boot_addr_i[1:0], fence};

  logic [31:2] pc_q;
  logic [31:0] insn_q, imm_q;
  logic illegal_q, jump_q, jalr_q, branch_q, load_q, store_q, alu_q, csr_q, fence_i_q, ecall_q, ebreak_q, mret_q;
  logic wfi_q, base_pc_q, base_rs1_q, use_rs2_q, sub_q, writes_rd_q, csr_write_q;
  logic [3:0] csr_sel_q;
  always_ff @(posedge clk_i) begin
    if (take) begin
      pc_q        <= fetch_pc_q;
      insn_q      <= imem_rdata_i;
      imm_q       <= imm;
      illegal_q   <= illegal;
      jump_q      <= jal || jalr;
      jalr_q      <= jalr;
      branch_q    <= branch;
      load_q      <= load;
      store_q     <= store;
      alu_q       <= alu;
      csr_q       <= csr;
      fence_i_q   <= fence_i;
      ecall_q     <= ecall;
      ebreak_q    <= ebreak;
      mret_q      <= mret;
      wfi_q       <= wfi;
      base_pc_q   <= auipc || jal || branch;
      base_rs1_q  <= !(lui || auipc || jal || branch);
      use_rs2_q   <= use_rs2;
      sub_q       <= sub;
      writes_rd_q <= writes_rd;
      csr_write_q <= csr && csr_write;
      csr_sel_q   <= csr_sel;
    end
  end

  // ------------------------------------------------------------------------------- register file
  // Two copies give two read ports. A word written in the cycle of its read comes from forward_q.
  logic        rf_we;
  logic [31:0] result, rf_rs1, rf_rs2, forward_q, rs1, rs2;
  logic        rs1_forward_q, rs2_forward_q, rs1_nonzero_q, rs2_nonzero_q;
  logic [4:0]  rs1_addr, rs2_addr;
  assign rs1_addr = imem_rdata_i[19:15];
  assign rs2_addr = imem_rdata_i[24:20];
  luoshu_ram_1r1w #(
      .Width(32),
      .Depth(32)
  ) u_rf1 (
      .clk_i  (clk_i),
      .we_i   (rf_we),
      .waddr_i(insn_q[11:7]),
      .wmask_i(4'hF),
      .wdata_i(result),
      .re_i   (take),
      .raddr_i(rs1_addr),
      .rdata_o(rf_rs1)
  );
  luoshu_ram_1r1w #(
      .Width(32),
      .Depth(32)
  ) u_rf2 (
      .clk_i  (clk_i),
      .we_i   (rf_we),
      .waddr_i(insn_q[11:7]),
      .wmask_i(4'hF),
      .wdata_i(result),
      .re_i   (take),
      .raddr_i(rs2_addr),
      .rdata_o(rf_rs2)
  );
  always_ff @(posedge clk_i) begin
    if (rf_we) forward_q <= result;
    if (take) begin
      rs1_forward_q <= rf_we && (rs1_addr == insn_q[11:7]);
      rs2_forward_q <= rf_we && (rs2_addr == insn_q[11:7]);
      rs1_nonzero_q <= (rs1_addr != 5'd0);
      rs2_nonzero_q <= (rs2_addr != 5'd0);
    end
  end
  assign rs1 = rs1_forward_q ? forward_q : (rf_rs1 & {32{rs1_nonzero_q}});
  assign rs2 = rs2_forward_q ? forward_q : (rf_rs2 & {32{rs2_nonzero_q}});

  // ------------------------------------------------------------------------------------- execute
  logic [2:0] funct3;
  assign funct3 = insn_q[14:12];

  // One adder makes load, store and jump addresses, auipc and (base 0) lui.
  logic [31:0] addr;
  assign addr = (({pc_q, 2'b00} & {32{base_pc_q}}) | (rs1 & {32{base_rs1_q}})) + imm_q;

  logic [31:0] alu_b, alu_result;
  logic        alu_eq, alu_lt, taken;
  assign alu_b = use_rs2_q ? rs2 : imm_q;
  luoshu_core_alu u_alu (
      .a_i       (rs1),
      .b_i       (alu_b),
      .funct3_i  (funct3),
      .sub_i     (sub_q),
      .unsigned_i(branch_q ? funct3[1] : funct3[0]),
      .result_o  (alu_result),
      .eq_o      (alu_eq),
      .lt_o      (alu_lt)
  );
  assign taken = jump_q || (branch_q && ((funct3[2] ? alu_lt : alu_eq) != funct3[0]));

  // What happens in this cycle.
  typedef enum logic [1:0] {
    StRun,      // first cycle of an instruction, or none
    StRequest,  // data port asked, no grant yet
    StWait,     // data port granted, no answer yet
    StSleep     // wfi
  } state_e;
  state_e state_q;

  logic wake, irq, mem_bad, jump_bad, exception, fault, trap, commit, start, mem_start;
  assign mem_bad   = (load_q || store_q) && ((funct3[0] && addr[0]) || (funct3[1] && (addr[1:0] != 2'b00)));
  assign jump_bad  = taken && addr[1];
  assign start     = ex_valid_q && (state_q == StRun) && !irq;
  assign exception = start && (illegal_q || ecall_q || ebreak_q || mem_bad || jump_bad);
  assign mem_start = start && (load_q || store_q) && !mem_bad;
  assign fault     = (state_q == StWait) && dmem_rvalid_i && dmem_err_i;

  assign irq_taken_o = ex_valid_q && (state_q == StRun) && irq;
  assign trap        = irq_taken_o || exception || fault;
  assign asleep      = ex_valid_q && wfi_q && !wake;
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
    end else begin
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

  assign redirect    = trap || (commit && (mret_q || taken));
  assign flush       = redirect || (ex_valid_q && fence_i_q);
  assign redirect_pc = trap ? mtvec : mret_q ? mepc : addr[31:2];

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
  assign dmem_we_o   = store_q;
  assign dmem_be_o   = lanes;
  assign dmem_addr_o = {addr[31:2], 2'b00};

  // Control and status registers.
  logic [31:0] csr_rdata;
  logic [31:2] mtvec, mepc;
  logic [3:0]  cause;
  always_comb begin
    if (fault) cause = store_q ? 4'd7 : 4'd5;
    else if (load_q) cause = 4'd4;
    else if (store_q) cause = 4'd6;
    else if (ecall_q) cause = 4'd11;
    else if (ebreak_q) cause = 4'd3;
    else if (illegal_q) cause = 4'd2;
    else cause = 4'd0;
  end
  logic has_addr;  // mtval is an address
  assign has_addr = !irq_taken_o && !(illegal_q || ecall_q || ebreak_q);
  luoshu_core_csr u_csr (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .irq_external_i(irq_external_i),
      .irq_timer_i   (irq_timer_i),
      .irq_software_i(irq_software_i),
      .sel_i         (csr_sel_q),
      .op_i          (funct3[1:0]),
      .operand_i     (funct3[2] ? imm_q : rs1),
      .write_i       (commit && csr_write_q),
      .rdata_o       (csr_rdata),
      .trap_i        (trap),
      .trap_irq_i    (irq_taken_o),
      .trap_cause_i  (cause),
      .trap_pc_i     (pc_q),
      .trap_value_i  ({addr[31:1], addr[0] && !jalr_q} & {32{has_addr}}),
      .mret_i        (commit && mret_q),
      .retire_i      (commit),
      .mtvec_o       (mtvec),
      .mepc_o        (mepc),
      .wake_o        (wake),
      .irq_o         (irq)
  );

  // Write back. fetch_pc_q is the address after the instruction in execute.
  always_comb begin
    if (alu_q) result = alu_result;
    else if (load_q) result = load_data;
    else if (csr_q) result = csr_rdata;
    else if (jump_q) result = {fetch_pc_q, 2'b00};
    else result = addr;
  end
  assign rf_we = commit && writes_rd_q;

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
  assign access           = commit && (load_q || store_q);
  assign reads_rs1        = jalr_q || branch_q || load_q || store_q || alu_q || (csr_q && !funct3[2]);
  assign reads_rs2        = branch_q || store_q || (alu_q && use_rs2_q);
  assign lane_bits        = {{8{lanes[3]}}, {8{lanes[2]}}, {8{lanes[1]}}, {8{lanes[0]}}};
  assign rvfi_valid_o     = rst_ni && ex_done && !irq_taken_o;
  assign rvfi_order_o     = order_q;
  assign rvfi_insn_o      = insn_q;
  assign rvfi_trap_o      = trap;
  assign rvfi_intr_o      = intr_q;
  assign rvfi_pc_rdata_o  = {pc_q, 2'b00};
  assign rvfi_pc_wdata_o  = {redirect ? redirect_pc : fetch_pc_q, 2'b00};
  assign rvfi_rs1_addr_o  = insn_q[19:15] & {5{reads_rs1}};
  assign rvfi_rs2_addr_o  = insn_q[24:20] & {5{reads_rs2}};
  assign rvfi_rs1_rdata_o = rs1 & {32{reads_rs1}};
  assign rvfi_rs2_rdata_o = rs2 & {32{reads_rs2}};
  assign rvfi_rd_addr_o   = insn_q[11:7] & {5{rf_we}};
  assign rvfi_rd_wdata_o  = result & {32{rf_we}};
  assign rvfi_mem_addr_o  = {addr[31:2], 2'b00} & {32{access}};
  assign rvfi_mem_rmask_o = lanes & {4{access && load_q}};
  assign rvfi_mem_wmask_o = lanes & {4{access && store_q}};
  assign rvfi_mem_rdata_o = dmem_rdata_i & lane_bits & {32{access && load_q}};
  assign rvfi_mem_wdata_o = dmem_wdata_o & lane_bits & {32{access && store_q}};

  `LUOSHU_STREAM_STABLE(dmem_stable, dmem_req_o, dmem_gnt_i,
                        {dmem_we_o, dmem_be_o, dmem_addr_o, dmem_wdata_o})
  `LUOSHU_ASSERT(answer_only_when_waiting, !dmem_rvalid_i || (state_q == StWait))
  `LUOSHU_ASSERT(fetch_follows_execute, !ex_valid_q || (fetch_pc_q == pc_q + 30'd1))
endmodule

`default_nettype wire
