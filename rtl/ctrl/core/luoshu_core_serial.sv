// SPDX-License-Identifier: Apache-2.0
// luoshu_core for small configurations: the same instructions, ports and traps (see there), a byte
// per cycle.
//
// Registers, pc, addresses and results go through an adder of 8 bits from the low end, so every
// step of an instruction takes four cycles, and wherever the other core has a multiplexer of 32
// bits there is a shift register here. Steps: Operand (rs2 to the operand register), Execute (rs1,
// the pc or nothing, with the immediate or the operand), Finish (a result that is known only then).
// Cycles with ports that grant at once: 2 to fetch; then 4 for lui, auipc, arithmetic with an
// immediate, CSRs, fences and mret; 8 for arithmetic with two registers, slti and jumps; 10 for
// loads; 12 for slt and branches; 14 for stores; 9 for shifts and up to 10 by the amount, 4 more
// where a register holds it; 8 to enter a trap.
// The interrupt lines are looked at when a fetch is granted, and while the core sleeps: mip does
// not change within an instruction. mcycle and minstret read as 0. The registers lie in a RAM
// outside, byte by byte: address {register, byte}, data one cycle after rf_re_o; never read in the
// cycle of a write of the same byte. x0 may hold anything. Reset: as luoshu_core; the first fetch
// comes 4 cycles later.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_core_serial (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire  [31:0] boot_addr_i,
    input  wire         irq_external_i,
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
    // RAM of the registers
    output logic        rf_re_o,
    output logic [6:0]  rf_raddr_o,
    input  wire  [7:0]  rf_rdata_i,
    output logic        rf_we_o,
    output logic [6:0]  rf_waddr_o,
    output logic [7:0]  rf_wdata_o,
    // Status
    output logic        sleep_o,
    output logic        irq_taken_o,
    // Trace of retired instructions
    output logic        rvfi_valid_o,
    output logic [63:0] rvfi_order_o,
    output logic [31:0] rvfi_insn_o,
    output logic        rvfi_trap_o,
    output logic        rvfi_intr_o,
    output logic [31:0] rvfi_pc_rdata_o,
    output logic [31:0] rvfi_pc_wdata_o,
    output logic [4:0]  rvfi_rs1_addr_o,
    output logic [4:0]  rvfi_rs2_addr_o,
    output logic [31:0] rvfi_rs1_rdata_o,
    output logic [31:0] rvfi_rs2_rdata_o,
    output logic [4:0]  rvfi_rd_addr_o,
    output logic [31:0] rvfi_rd_wdata_o,
    output logic [31:0] rvfi_mem_addr_o,
    output logic [3:0]  rvfi_mem_rmask_o,
    output logic [3:0]  rvfi_mem_wmask_o,
    output logic [31:0] rvfi_mem_rdata_o,
    output logic [31:0] rvfi_mem_wdata_o
);
  typedef enum logic [3:0] {
    Boot,       // mtvec gets 0
    Fetch,      // a word is asked for
    Decode,     // it arrives
    Operand,    // rs2 to b_q
    Execute,
    Shift,      // b_q by what is left of the amount
    Request,    // the data port is asked
    Wait,       // and has granted
    Finish,
    TrapValue,  // mtval gets addr_q or 0
    TrapEnter,  // mepc gets the pc, the pc mtvec
    Sleep       // wfi
  } state_e;
  state_e state_q;
  logic [1:0]  at_q;      // byte of the step
  logic        last;      // it is the highest
  logic [31:0] pc_q;      // these three: byte at_q of a step is the lowest
  logic [31:0] b_q;       // second operand, or what is shifted
  logic [31:0] addr_q;    // of a load, store or jump
  logic [31:0] load_q;    // word that was loaded
  logic        irq_q, fault_q;   // the trap is an interrupt, an access fault
  assign last = (at_q == 2'd3);

  // ---------------------------------------------------------------- decoding
  logic [31:0] insn, imm;
  logic illegal, jump, jalr, branch, load, store, alu, csr, ecall, ebreak, mret, wfi,
      unused_fence_i;
  logic base_pc, base_rs1, use_rs2, sub, writes_rd, csr_write;
  logic [2:0] result_sel;
  logic [1:0] logic_sel;
  logic [3:0] csr_sel;
  luoshu_core_decode u_decode (
      .clk_i, .take_i(state_q == Decode), .trap_i(1'b0), .insn_i(imem_rdata_i), .insn_o(insn),
      .imm_o(imm), .illegal_o(illegal), .kind_jump_o(jump), .kind_jalr_o(jalr),
      .kind_branch_o(branch), .kind_load_o(load), .kind_store_o(store), .kind_alu_o(alu),
      .kind_csr_o(csr), .kind_fence_i_o(unused_fence_i), .kind_ecall_o(ecall),
      .kind_ebreak_o(ebreak), .kind_mret_o(mret), .kind_wfi_o(wfi), .base_pc_o(base_pc),
      .base_rs1_o(base_rs1), .use_rs2_o(use_rs2), .sub_o(sub), .result_o(result_sel),
      .logic_o(logic_sel), .writes_rd_o(writes_rd), .csr_write_o(csr_write), .csr_sel_o(csr_sel)
  );
  logic [1:0] size;
  logic       shifts, left, compares, finish, accesses, has_operand;
  assign size        = insn[13:12];
  assign left        = (result_sel[1:0] == 2'd1);
  assign shifts      = alu && (left || result_sel[1:0] == 2'd2);
  assign compares    = branch || (alu && result_sel[1:0] == 2'd3 && logic_sel == 2'd1);
  assign accesses    = load || store;
  assign finish      = shifts || compares || jump || accesses;   // there is a Finish
  // while Decode
  assign has_operand = imem_rdata_i[5] && imem_rdata_i[3:2] == 2'b00
      && !(imem_rdata_i[6] && imem_rdata_i[4]);

  // ---------------------------------------------------------------- what happens in this cycle
  logic enter, stay, starts, bad_address, ends, retire, wake, irq, taken_q, taken, misses;
  assign starts      = (state_q == Execute) && (at_q == 2'd0);
  assign enter       = starts && (illegal || ecall || ebreak);   // a trap at once
  assign stay        = enter || (starts && wfi && !wake);        // this instruction does not go on
  // in the last cycle of Execute
  assign bad_address = jump ? addr_q[9] : (size[0] && addr_q[8])
      || (size[1] && addr_q[9:8] != 2'd0);
  assign taken       = branch && taken_q;
  assign misses      = taken && insn[8];                         // a branch to half a word
  assign ends        = last && ((state_q == Execute && !finish) || (state_q == Finish && !misses));
  assign retire      = ends || (last && state_q == TrapEnter && !irq_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Boot;
      at_q    <= 2'd0;
    end else begin
      if (state_q == Boot || state_q == Operand || (state_q == Execute && !stay)
          || state_q == Finish || state_q == TrapValue
          || state_q == TrapEnter)
        at_q <= at_q + 2'd1;
      case (state_q)
        Boot:    if (last) state_q <= Fetch;
        Fetch:   if (imem_gnt_i) state_q <= Decode;
        Decode:  state_q <= irq ? TrapValue : has_operand ? Operand : Execute;
        Operand: if (last) state_q <= Execute;
        Execute:
          if (stay) state_q <= enter ? TrapValue : Sleep;
          else if (last)
            state_q <= !finish ? Fetch : shifts ? Shift : compares ? Finish : bad_address
                ? TrapValue : accesses ? Request : Finish;
        Shift:   if (amount_q == 5'd0) state_q <= Finish;
        Request: if (dmem_gnt_i) state_q <= Wait;
        Wait:    if (dmem_rvalid_i) state_q <= dmem_err_i ? TrapValue : Finish;
        Finish:  if (last) state_q <= misses ? TrapValue : Fetch;
        TrapValue: if (last) state_q <= TrapEnter;
        TrapEnter: if (last) state_q <= Fetch;
        default: if (wake) state_q <= Execute;   // Sleep
      endcase
    end
    if (state_q == Decode) irq_q <= irq;
    if (state_q == Decode || state_q == Wait) fault_q <= (state_q == Wait) && dmem_err_i;
    if (state_q == Wait) load_q <= dmem_rdata_i;
  end
  assign imem_req_o  = rst_ni && (state_q == Fetch);
  assign imem_addr_o = {pc_q[31:2], 2'b00};
  assign sleep_o     = (state_q == Sleep);
  assign irq_taken_o = (state_q == TrapEnter) && last && irq_q;

  // ---------------------------------------------------------------- registers: 4 bytes each
  // A left shift reads and writes the bytes, and their bits, from the high end. A store's value
  // fills all the lanes of its size. The RAM is read a cycle ahead.
  logic [7:0] rs, result;
  logic [4:0] rs_addr, next_addr;
  logic [1:0] next_at, rd_at;
  logic       reads_b, next_b, next_down;   // rs2; in the next cycle; from the high end
  assign reads_b = (state_q == Operand);
  assign rs_addr = reads_b ? insn[24:20] : insn[19:15];
  assign rs      = rf_rdata_i & {8{rs_addr != 5'd0}};
  assign next_b  = reads_b && !last;
  always_comb begin
    next_addr = next_b ? insn[24:20] : insn[19:15];
    next_down = !next_b && shifts && left;
    next_at   = at_q + 2'd1;
    if (state_q == Decode) begin
      next_addr = has_operand ? imem_rdata_i[24:20] : imem_rdata_i[19:15];
      next_down = imem_rdata_i[14:12] == 3'd1 && imem_rdata_i[5:4] == 2'b01;   // slli, or no matter
      next_at   = 2'd0;
    end
  end
  assign rf_re_o    = (state_q == Decode || state_q == Operand || state_q == Execute);
  assign rf_raddr_o = {next_addr, (next_b && store) ? next_at & {size[1], size != 2'd0}
      : next_at ^ {2{next_down}}};
  assign rd_at      = (shifts && left) ? ~at_q : at_q;
  assign rf_we_o    = writes_rd && (state_q == (finish ? Finish : Execute)) && !illegal;
  assign rf_waddr_o = {insn[11:7], rd_at};
  assign rf_wdata_o = result;

  // ---------------------------------------------------------------- adder, logic, comparison
  logic [7:0] a, b, sum, bits;
  logic       invert, carry_q, carry, low, less_q, zero_q, equal, less, unused_low;
  logic       by_pc;
  assign by_pc  = base_pc && !(state_q == Execute && compares);   // a branch compares, then adds
  assign invert = sub && (state_q == Execute) && (alu || compares);
  assign a      = by_pc ? pc_q[7:0] : (base_rs1 || branch) ? rs : 8'd0;
  assign b      = ((use_rs2 && !by_pc) ? b_q[7:0] : imm[8*32'(at_q) +: 8]) ^ {8{invert}};
  assign low    = (at_q == 2'd0) ? invert : carry_q;
  assign {carry, sum, unused_low} = {1'b0, a, 1'b1} + {1'b0, b, low};
  for (genvar i = 0; i < 8; i++) begin : gen_logic
    assign bits[i] = logic_sel[1] ? (logic_sel[0] ? a[i] && b[i] : a[i] || b[i]) : a[i] != b[i];
  end
  assign equal  = (sum == 8'd0) && (at_q == 2'd0 || zero_q);
  // b is inverted: the signs differ
  assign less   = (a[7] == b[7] && !(branch ? insn[13] : insn[12])) ? a[7] : !carry;
  always_ff @(posedge clk_i) begin
    carry_q <= carry;
    zero_q  <= equal;
    if (state_q == Execute) begin
      less_q  <= less;
      taken_q <= (insn[14] ? less : equal) != insn[12];
    end
  end

  // ---------------------------------------------------------------- operand and shifts
  logic [4:0] amount_q;
  logic [7:0] b_in, reversed, rs_reversed;
  logic       by_byte, fill;
  assign by_byte = (state_q != Shift) || (amount_q[4:3] != 2'd0);
  assign fill    = insn[30] && !left && b_q[31];
  for (genvar i = 0; i < 8; i++) begin : gen_reverse
    assign rs_reversed[i] = rs[7-i];
    assign reversed[i]    = b_q[7-i];
  end
  assign b_in = (state_q == Shift) ? {8{fill}} : (shifts && left) ? rs_reversed : rs;
  always_ff @(posedge clk_i) begin
    if (reads_b || (state_q == Execute && shifts) || (state_q == Shift && amount_q != 5'd0)
        || (state_q == Finish && shifts)
        || (state_q == Execute && use_rs2))
      b_q <= by_byte ? {b_in, b_q[31:8]} : {fill, b_q[31:1]};
    if (state_q == Decode) amount_q <= imem_rdata_i[24:20];
    else if (reads_b && at_q == 2'd0) amount_q <= rs[4:0];
    else if (state_q == Shift && amount_q != 5'd0) amount_q <= by_byte
        ? {amount_q[4:3] - 2'd1, amount_q[2:0]} : {2'd0, amount_q[2:0] - 3'd1};
  end

  // ---------------------------------------------------------------- addresses and the data port
  logic trap_zero;
  assign trap_zero = irq_q || illegal || ecall || ebreak;
  always_ff @(posedge clk_i) begin
    if ((state_q == Execute && !shifts) || (state_q == Finish && (jump || branch))
        || state_q == TrapValue)
      addr_q <= {sum[7:1], sum[0] && !(jalr && at_q == 2'd0), addr_q[31:8]};
  end
  assign dmem_req_o   = rst_ni && (state_q == Request);
  assign dmem_we_o    = store;
  assign dmem_addr_o  = {addr_q[31:2], 2'b00};
  assign dmem_wdata_o = b_q;
  assign dmem_be_o    = size[1] ? 4'b1111 : size[0] ? {{2{addr_q[1]}}, {2{!addr_q[1]}}}
      : 4'b0001 << addr_q[1:0];

  logic [7:0] load_byte;
  logic [1:0] load_at;
  logic       loaded, sign_q;
  assign load_at   = size[1] ? at_q : {addr_q[1], size[0] ? at_q[0] : addr_q[0]};
  assign load_byte = load_q[8*32'(load_at) +: 8];
  // a byte that was loaded; above them the sign
  assign loaded    = size[1] || (at_q == 2'd0) || (size[0] && at_q == 2'd1);
  always_ff @(posedge clk_i) if (loaded) sign_q <= load_byte[7] && !insn[14];

  // ---------------------------------------------------------------- CSRs
  // mscratch, mtval, mtvec and mepc in a small RAM, the others bit by bit (numbers:
  // luoshu_core_decode).
  logic        mie_q, mpie_q;                    // mstatus.MIE, MPIE
  logic [2:0]  enable_q, pending_q, active;      // {external, timer, software}
  logic        cause_irq_q;
  logic [3:0]  cause_q, cause;
  logic [7:0]  csr_ram, csr_small, csr_old, csr_new, csr_in;
  logic [1:0]  csr_waddr, csr_raddr;
  logic        csr_we, csr_set;
  logic [2:0]  three;                            // bits 11, 7 and 3 of mstatus, mie or mip
  assign active = pending_q & enable_q;
  assign wake   = (active != 3'd0);
  assign irq    = wake && mie_q;
  assign three  = csr_sel[1] ? (csr_sel[0] ? pending_q : enable_q) : {1'b1, mpie_q, mie_q};
  always_comb begin
    csr_small = 8'd0;
    case (csr_sel[2:0])
      3'd0, 3'd2, 3'd3: begin
        if (at_q == 2'd0) csr_small = {three[1], 3'd0, three[0], 3'd0};
        if (at_q == 2'd1) csr_small = {3'd0, csr_sel[1:0] == 2'd0, three[2], 3'd0};
      end
      3'd1: csr_small = {1'b0, at_q == 2'd3, 5'd0, at_q == 2'd1};   // misa
      3'd4: begin                                                   // mcause
        if (at_q == 2'd0) csr_small = {4'd0, cause_q};
        if (at_q == 2'd3) csr_small = {cause_irq_q, 7'd0};
      end
      default: ;
    endcase
  end
  assign csr_old   = csr_sel[3] ? (csr_sel[2] ? 8'd0 : csr_ram) : csr_small;
  // sum: rs1 or the immediate
  assign csr_new   = !insn[13] ? sum : insn[12] ? csr_old & ~sum : csr_old | sum;
  assign csr_raddr = (state_q == TrapEnter) ? 2'd2 : csr_sel[1:0];   // mret selects mepc
  assign csr_waddr = (state_q == TrapEnter) ? 2'd3 : (state_q == TrapValue) ? 2'd1
      : (state_q == Boot) ? 2'd2 : csr_sel[1:0];
  assign csr_in    = (state_q == TrapEnter) ? pc_q[7:0] : (state_q == Execute) ? csr_new
                   : addr_q[7:0] & {8{state_q == TrapValue && !trap_zero}};
  assign csr_set   = (state_q == Execute) && csr_write;
  assign csr_we    = (csr_set && csr_sel[3:2] == 2'b10) || state_q == Boot || state_q == TrapValue
      || state_q == TrapEnter;
  luoshu_ram_small #(.Width(8), .Depth(16)) u_csrs (
      .clk_i, .we_i(csr_we), .waddr_i({csr_waddr, at_q}),
      .wdata_i({csr_in[7:2], csr_in[1:0] & {2{!(csr_waddr[1] && at_q == 2'd0)}}}),
      .raddr_i({csr_raddr, at_q}), .rdata_o(csr_ram)
  );
  always_comb begin
    if (irq_q) cause = active[2] ? 4'd11 : active[0] ? 4'd3 : 4'd7;
    else if (fault_q) cause = store ? 4'd7 : 4'd5;
    else if (load) cause = 4'd4;
    else if (store) cause = 4'd6;
    else if (ecall) cause = 4'd11;
    else if (ebreak) cause = 4'd3;
    else if (illegal) cause = 4'd2;
    else cause = 4'd0;
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mie_q     <= 1'b0;
      mpie_q    <= 1'b0;
      enable_q  <= 3'd0;
      pending_q <= 3'd0;
    end else begin
      if ((state_q == Fetch && imem_gnt_i) || state_q == Sleep) pending_q <=
          {irq_external_i, irq_timer_i, irq_software_i};
      if (state_q == TrapEnter && last) begin
        mie_q  <= 1'b0;
        mpie_q <= mie_q;
      end else if (mret && ends) begin
        mie_q  <= mpie_q;
        mpie_q <= 1'b1;
      end else if (csr_set && csr_sel == 4'd0 && at_q == 2'd0) begin
        mie_q  <= csr_new[3];
        mpie_q <= csr_new[7];
      end
      if (csr_set && csr_sel == 4'd2 && at_q == 2'd0) enable_q[1:0] <= {csr_new[7], csr_new[3]};
      if (csr_set && csr_sel == 4'd2 && at_q == 2'd1) enable_q[2] <= csr_new[3];
    end
    if (state_q == TrapEnter && last) {cause_irq_q, cause_q} <= {irq_q, cause};
    else if (csr_set && csr_sel == 4'd4) begin
      if (at_q == 2'd0) cause_q <= csr_new[3:0];
      if (at_q == 2'd3) cause_irq_q <= csr_new[7];
    end
  end

  // ---------------------------------------------------------------- pc
  // It goes round once per step that it is needed in; the instruction that ends moves it on.
  logic [7:0] pc_next, pc_in;
  logic       pc_carry_q, pc_carry, moves;
  assign moves = (state_q == Execute) ? !finish : (state_q == Finish) && !misses;
  assign {pc_carry, pc_next} = {1'b0, pc_q[7:0]} + {6'd0, moves && at_q == 2'd0, 1'b0,
      pc_carry_q && at_q != 2'd0};
  assign pc_in = (state_q == TrapEnter || mret)                      ? csr_ram
               : (state_q == Finish && jump)                         ? addr_q[7:0]
               : (state_q == Finish && taken && !misses)             ? sum
                                                                     : pc_next;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) pc_q <= {boot_addr_i[31:2], 2'b00};
    else if ((state_q == Execute && !stay) || state_q == Finish || state_q == TrapEnter) pc_q <=
        {pc_in, pc_q[31:8]};
    pc_carry_q <= pc_carry;
  end
  logic unused_boot_bits;
  assign unused_boot_bits = ^boot_addr_i[1:0];

  // ---------------------------------------------------------------- result
  always_comb begin
    case (result_sel)
      3'd1:    result = reversed;
      3'd2:    result = b_q[7:0];
      3'd3:    result = (logic_sel == 2'd1) ? {7'd0, less_q && at_q == 2'd0} : bits;
      3'd4:    result = loaded ? load_byte : {8{sign_q}};
      3'd5:    result = csr_old;
      3'd6:    result = pc_next;
      default: result = sum;
    endcase
  end

  // ---------------------------------------------------------------- trace
  logic [63:0] order_q;
  logic        intr_q, access, reads_rs1, reads_rs2;
  logic [31:0] trace_pc_q, trace_rd_q, trace_rd, lane_bits;
  logic [31:0] trace_regs [32];
  always_comb begin
    trace_rd = trace_rd_q;
    trace_rd[8*32'(rd_at) +: 8] = result;
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      order_q <= 64'd0;
      intr_q  <= 1'b0;
    end else begin
      if (rvfi_valid_o) order_q <= order_q + 64'd1;
      if (irq_taken_o) intr_q <= 1'b1;
      else if (rvfi_valid_o) intr_q <= 1'b0;
    end
    if (state_q == Decode) trace_pc_q <= pc_q;
    trace_rd_q <= trace_rd;
    if (ends && writes_rd) trace_regs[insn[11:7]] <= trace_rd;
  end
  assign access           = ends && accesses;
  assign reads_rs1        = jalr || branch || load || store || alu || (csr && !insn[14]);
  assign reads_rs2        = branch || store || (alu && use_rs2);
  assign lane_bits        = {{8{dmem_be_o[3]}}, {8{dmem_be_o[2]}}, {8{dmem_be_o[1]}},
      {8{dmem_be_o[0]}}};
  assign rvfi_valid_o     = rst_ni && retire;
  assign rvfi_order_o     = order_q;
  assign rvfi_insn_o      = insn;
  assign rvfi_trap_o      = (state_q == TrapEnter);
  assign rvfi_intr_o      = intr_q;
  assign rvfi_pc_rdata_o  = trace_pc_q;
  assign rvfi_pc_wdata_o  = {pc_in, pc_q[31:10], 2'b00};
  assign rvfi_rs1_addr_o  = insn[19:15] & {5{reads_rs1}};
  assign rvfi_rs2_addr_o  = insn[24:20] & {5{reads_rs2}};
  assign rvfi_rs1_rdata_o = (rvfi_rs1_addr_o == 5'd0) ? 32'd0 : trace_regs[rvfi_rs1_addr_o];
  assign rvfi_rs2_rdata_o = (rvfi_rs2_addr_o == 5'd0) ? 32'd0 : trace_regs[rvfi_rs2_addr_o];
  assign rvfi_rd_addr_o   = insn[11:7] & {5{ends && writes_rd}};
  assign rvfi_rd_wdata_o  = trace_rd & {32{ends && writes_rd}};
  assign rvfi_mem_addr_o  = dmem_addr_o & {32{access}};
  assign rvfi_mem_rmask_o = dmem_be_o & {4{access && load}};
  assign rvfi_mem_wmask_o = dmem_be_o & {4{access && store}};
  assign rvfi_mem_rdata_o = load_q & lane_bits & {32{access && load}};
  assign rvfi_mem_wdata_o = dmem_wdata_o & lane_bits & {32{access && store}};

  `LUOSHU_STREAM_STABLE(dmem_stable, dmem_req_o, dmem_gnt_i,
                        {dmem_we_o, dmem_be_o, dmem_addr_o, dmem_wdata_o})
  `LUOSHU_ASSERT(answer_only_when_waiting, !dmem_rvalid_i || (state_q == Wait))
endmodule

`default_nettype wire
