// SPDX-License-Identifier: Apache-2.0
// Instruction decoder of luoshu_core: RV32I, Zicsr, Zifencei, machine mode.
//
// In a cycle with take_i the word insn_i is decoded into the output registers, which hold until the
// next one. illegal_o marks an illegal instruction; then every kind_*_o is low. A CSR instruction
// is illegal if the register does not exist or is read-only and would be written. Latency 1 cycle.
// Nothing is reset: the core qualifies the outputs with its valid bit.
`default_nettype none

module luoshu_core_decode (
    input  wire         clk_i,
    input  wire         take_i,         // decode insn_i
    // instead of take_i: csr_sel_o selects mtvec, the rest holds
    input  wire         trap_i,
    input  wire  [31:0] insn_i,
    output logic [31:0] insn_o,         // the word itself
    output logic [31:0] imm_o,          // immediate, sign-extended by format; csrr?i: its operand,
                                        // other CSR instructions: 0
    output logic        illegal_o,
    output logic        kind_jump_o,    // jal, jalr
    output logic        kind_jalr_o,    // jalr alone
    output logic        kind_branch_o,
    output logic        kind_load_o,
    output logic        kind_store_o,
    output logic        kind_alu_o,     // register-register or register-immediate arithmetic
    output logic        kind_csr_o,
    output logic        kind_fence_i_o,
    output logic        kind_ecall_o,
    output logic        kind_ebreak_o,
    output logic        kind_mret_o,
    output logic        kind_wfi_o,
    output logic        base_pc_o,      // the address adder adds imm_o to the pc,
    output logic        base_rs1_o,     // to rs1, or (neither) to 0
    output logic        use_rs2_o,      // second ALU operand: 1 register, 0 immediate
    output logic        sub_o,          // the ALU subtracts (or compares)
    output logic [2:0]  result_o,       // to rd: 0 sum, 1 shift left, 2 shift right, 3 logic,
                                        // 4 load, 5 CSR, 6 link, 7 address (lui, auipc)
    output logic [1:0]  logic_o,        // logic: 0 xor, 1 set less than, 2 or, 3 and
    output logic        writes_rd_o,    // writes a register other than x0
    output logic        csr_write_o,    // a CSR instruction that writes
    output logic [3:0]  csr_sel_o       // which CSR, see luoshu_core_csr; mepc for mret
);
  localparam logic [3:0] SelMtvec = 4'd10;
  localparam logic [3:0] SelZero = 4'd7;

  logic [6:0] opcode, funct7;
  logic [2:0] funct3;
  assign opcode = insn_i[6:0];
  assign funct3 = insn_i[14:12];
  assign funct7 = insn_i[31:25];

  // Opcode classes; whether the rest of the word is legal is decided below.
  logic op_lui, op_auipc, op_jal, op_jalr, op_branch, op_load, op_store, op_imm, op_reg;
  logic op_fence, op_sys;
  assign op_lui    = (opcode == 7'b0110111);
  assign op_auipc  = (opcode == 7'b0010111);
  assign op_jal    = (opcode == 7'b1101111);
  assign op_jalr   = (opcode == 7'b1100111);
  assign op_branch = (opcode == 7'b1100011);
  assign op_load   = (opcode == 7'b0000011);
  assign op_store  = (opcode == 7'b0100011);
  assign op_imm    = (opcode == 7'b0010011);
  assign op_reg    = (opcode == 7'b0110011);
  assign op_fence  = (opcode == 7'b0001111);
  assign op_sys    = (opcode == 7'b1110011);

  // Immediates.
  logic        fmt_u, sign;
  logic [31:0] imm;
  assign fmt_u        = op_lui || op_auipc;
  assign sign         = insn_i[31] && !op_sys;
  assign imm[31]    = sign;
  assign imm[30:20] = fmt_u ? insn_i[30:20] : {11{sign}};
  assign imm[19:12] = (fmt_u || op_jal) ? insn_i[19:12] : {8{sign}};
  assign imm[11]    = fmt_u ? 1'b0 : op_jal ? insn_i[20] : op_branch ? insn_i[7] : sign;
  assign imm[10:5]  = (fmt_u || op_sys) ? 6'd0 : insn_i[30:25];
  assign imm[4:0]   = fmt_u     ? 5'd0 :
                        op_sys    ? insn_i[19:15] & {5{funct3[2]}} :
                        op_branch ? {insn_i[11:8], 1'b0} :
                        op_store  ? insn_i[11:7] :
                        op_jal    ? {insn_i[24:21], 1'b0} :
                                    insn_i[24:20];

  // Arithmetic.
  logic f7_zero, f7_alt, is_shift, ok_imm, ok_reg;
  assign f7_zero  = (funct7 == 7'b0000000);
  assign f7_alt   = (funct7 == 7'b0100000);
  assign is_shift = (funct3[1:0] == 2'b01);
  assign ok_imm   = !is_shift || f7_zero || (f7_alt && funct3[2]);
  assign ok_reg   = f7_zero || (f7_alt && (funct3 == 3'b000 || funct3 == 3'b101));

  // CSR address to selector; the registers that read as zero share one.
  logic        csr_ok, csr_hpm, csr_read_only, csr_write;
  logic [3:0]  csr_sel;
  logic [11:0] csr_addr;
  assign csr_addr      = insn_i[31:20];
  // mhpmevent3-31 (0x323-0x33F), mhpmcounter3-31 (0xB03-0xB1F) and their high halves (0xB83-0xB9F)
  assign csr_hpm       = (csr_addr[4:0] >= 5'd3) &&
                         (csr_addr[11:5] == 7'h19 || csr_addr[11:5] == 7'h58 ||
                          csr_addr[11:5] == 7'h5C);
  assign csr_read_only = (insn_i[31:30] == 2'b11);
  assign csr_write     = (funct3[1:0] == 2'b01) || (insn_i[19:15] != 5'd0);
  always_comb begin
    csr_sel   = SelZero;
    csr_ok    = 1'b1;
    case (csr_addr)
      12'h300: csr_sel   = 4'd0;                                  // mstatus
      12'h301: csr_sel   = 4'd1;                                  // misa
      12'h304: csr_sel   = 4'd2;                                  // mie
      12'h344: csr_sel   = 4'd3;                                  // mip
      12'h342: csr_sel   = 4'd4;                                  // mcause
      12'h305: csr_sel   = 4'd10;                                 // mtvec
      12'h340: csr_sel   = 4'd8;                                  // mscratch
      12'h341: csr_sel   = 4'd11;                                 // mepc
      12'h343: csr_sel   = 4'd9;                                  // mtval
      12'hB00: csr_sel   = 4'd12;                                 // mcycle
      12'hB80: csr_sel   = 4'd13;                                 // mcycleh
      12'hB02: csr_sel   = 4'd14;                                 // minstret
      12'hB82: csr_sel   = 4'd15;                                 // minstreth
      12'h302: begin                                              // none; mret reads mepc by it
        csr_sel   = 4'd11;
        csr_ok    = 1'b0;
      end
      12'h310, 12'h320: ;                                         // mstatush, mcountinhibit
      12'hF11, 12'hF12, 12'hF13, 12'hF14, 12'hF15: ;              // identity, mhartid, mconfigptr
      default: csr_ok = csr_hpm;
    endcase
  end

  // Kinds. Opcode classes lui, auipc and jal are legal as they are; a fence does nothing.
  logic sys_plain, jalr, branch, load, store, alu, csr, fence_i, ecall, ebreak, mret, wfi;
  assign sys_plain = op_sys && (insn_i[19:7] == 13'd0);
  assign ecall     = sys_plain && (csr_addr == 12'h000);
  assign ebreak    = sys_plain && (csr_addr == 12'h001);
  assign mret      = sys_plain && (csr_addr == 12'h302);
  assign wfi       = sys_plain && (csr_addr == 12'h105);
  assign csr       = op_sys && (funct3[1:0] != 2'b00) && csr_ok && !(csr_read_only && csr_write);
  assign jalr      = op_jalr && (funct3 == 3'b000);
  assign branch    = op_branch && (funct3[2:1] != 2'b01);
  assign load      = op_load && (funct3[1:0] != 2'b11) && (funct3 != 3'b110);
  assign store     = op_store && !funct3[2] && (funct3[1:0] != 2'b11);
  assign alu       = (op_imm && ok_imm) || (op_reg && ok_reg);
  assign fence_i   = op_fence && (funct3 == 3'b001);

  logic illegal;
  assign illegal = !(op_lui || op_auipc || op_jal || jalr || branch || load || store || alu ||
                     csr || (op_fence && funct3[2:1] == 2'b00) || ecall || ebreak || mret || wfi);

  logic [2:0] result;
  logic [1:0] alu_result;
  assign alu_result = (funct3 == 3'd0) ? 2'd0 :
                      (funct3 == 3'd1) ? 2'd1 :
                      (funct3 == 3'd5) ? 2'd2 : 2'd3;
  assign result     = (op_imm || op_reg)  ? {1'b0, alu_result} :
                      op_load             ? 3'd4 :
                      op_sys              ? 3'd5 :
                      (op_jal || op_jalr) ? 3'd6 :
                                            3'd7;
  logic base_pc;
  assign base_pc = op_auipc || op_jal || op_branch;

  always_ff @(posedge clk_i) begin
    if (take_i) begin
      insn_o         <= insn_i;
      imm_o          <= imm;
      illegal_o      <= illegal;
      kind_jump_o    <= op_jal || jalr;
      kind_jalr_o    <= jalr;
      kind_branch_o  <= branch;
      kind_load_o    <= load;
      kind_store_o   <= store;
      kind_alu_o     <= alu;
      kind_csr_o     <= csr;
      kind_fence_i_o <= fence_i;
      kind_ecall_o   <= ecall;
      kind_ebreak_o  <= ebreak;
      kind_mret_o    <= mret;
      kind_wfi_o     <= wfi;
      base_pc_o      <= base_pc;
      base_rs1_o     <= !(op_lui || base_pc || (op_sys && funct3[2]));
      use_rs2_o      <= op_reg || op_branch;
      sub_o          <= op_branch || (funct3[2:1] == 2'b01) || (insn_i[30] && op_reg);
      result_o       <= result;
      logic_o        <= !funct3[2] ? 2'd1 : funct3[1:0];
      writes_rd_o    <= (insn_i[11:7] != 5'd0) && !(op_branch || op_store || op_fence);
      csr_write_o    <= csr && csr_write;
    end
    if (take_i || trap_i) csr_sel_o <= trap_i ? SelMtvec : csr_sel;
  end
endmodule

`default_nettype wire
