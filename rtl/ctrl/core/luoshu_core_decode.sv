// SPDX-License-Identifier: Apache-2.0
// Instruction decoder of luoshu_core: RV32I, Zicsr, Zifencei, machine mode. Combinational; the core
// registers the outputs, so that the execute stage starts from decoded bits.
//
// Exactly one kind_*_o is high for a legal instruction, none for an illegal one (illegal_o instead).
// A CSR instruction is illegal if the register does not exist or is read-only and would be written.
`default_nettype none

module luoshu_core_decode (
    input  wire  [31:0] insn_i,
    output logic [31:0] imm_o,          // immediate, sign-extended by format; the 5-bit operand of csrr?i
    output logic        illegal_o,
    output logic        kind_lui_o,
    output logic        kind_auipc_o,
    output logic        kind_jal_o,
    output logic        kind_jalr_o,
    output logic        kind_branch_o,
    output logic        kind_load_o,
    output logic        kind_store_o,
    output logic        kind_alu_o,     // register-register or register-immediate arithmetic
    output logic        kind_csr_o,
    output logic        kind_fence_o,   // fence, nothing to do
    output logic        kind_fence_i_o,
    output logic        kind_ecall_o,
    output logic        kind_ebreak_o,
    output logic        kind_mret_o,
    output logic        kind_wfi_o,
    output logic        use_rs2_o,      // second ALU operand: 1 register, 0 immediate
    output logic        sub_o,          // the ALU subtracts, or shifts in the sign
    output logic        writes_rd_o,    // writes a register other than x0
    output logic        csr_write_o,    // the CSR instruction writes
    output logic [3:0]  csr_sel_o       // which CSR, see luoshu_core_csr
);
  localparam logic [3:0] SelZero = 4'd15;

  logic [6:0] opcode, funct7;
  logic [2:0] funct3;
  assign opcode = insn_i[6:0];
  assign funct3 = insn_i[14:12];
  assign funct7 = insn_i[31:25];

  // Opcode classes; whether the rest of the word is legal is decided below.
  logic op_lui, op_auipc, op_jal, op_jalr, op_branch, op_load, op_store, op_imm, op_reg, op_fence, op_sys;
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
  logic fmt_u, sign;
  assign fmt_u        = op_lui || op_auipc;
  assign sign         = insn_i[31] && !op_sys;
  assign imm_o[31]    = sign;
  assign imm_o[30:20] = fmt_u ? insn_i[30:20] : {11{sign}};
  assign imm_o[19:12] = (fmt_u || op_jal) ? insn_i[19:12] : {8{sign}};
  assign imm_o[11]    = fmt_u ? 1'b0 : op_jal ? insn_i[20] : op_branch ? insn_i[7] : sign;
  assign imm_o[10:5]  = (fmt_u || op_sys) ? 6'd0 : insn_i[30:25];
  assign imm_o[4:0]   = fmt_u     ? 5'd0 :
                        op_sys    ? insn_i[19:15] :
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
  logic        csr_ok, csr_hpm, csr_read_only;
  logic [11:0] csr_addr;
  assign csr_addr      = insn_i[31:20];
  // mhpmevent3-31 (0x323-0x33F), mhpmcounter3-31 (0xB03-0xB1F) and their high halves (0xB83-0xB9F)
  assign csr_hpm       = (csr_addr[11:5] == 7'h19 || csr_addr[11:5] == 7'h58 || csr_addr[11:5] == 7'h5C) &&
                         (csr_addr[4:0] >= 5'd3);
  assign csr_read_only = (insn_i[31:30] == 2'b11);
  assign csr_write_o   = (funct3[1:0] == 2'b01) || (insn_i[19:15] != 5'd0);
  always_comb begin
    csr_sel_o = SelZero;
    csr_ok    = 1'b1;
    case (csr_addr)
      12'h300: csr_sel_o = 4'd0;                                  // mstatus
      12'h301: csr_sel_o = 4'd1;                                  // misa
      12'h304: csr_sel_o = 4'd2;                                  // mie
      12'h344: csr_sel_o = 4'd3;                                  // mip
      12'h342: csr_sel_o = 4'd4;                                  // mcause
      12'h305: csr_sel_o = 4'd8;                                  // mtvec
      12'h340: csr_sel_o = 4'd5;                                  // mscratch
      12'h341: csr_sel_o = 4'd9;                                  // mepc
      12'h343: csr_sel_o = 4'd10;                                 // mtval
      12'hB00: csr_sel_o = 4'd12;                                 // mcycle
      12'hB80: csr_sel_o = 4'd13;                                 // mcycleh
      12'hB02: csr_sel_o = 4'd6;                                  // minstret
      12'hB82: csr_sel_o = 4'd7;                                  // minstreth
      12'h310, 12'h320: ;                                         // mstatush, mcountinhibit
      12'hF11, 12'hF12, 12'hF13, 12'hF14, 12'hF15: ;              // identity, mhartid, mconfigptr
      default: csr_ok = csr_hpm;
    endcase
  end

  // System instructions without operands.
  logic sys_plain;
  assign sys_plain      = op_sys && (insn_i[19:7] == 13'd0);
  assign kind_ecall_o   = sys_plain && (insn_i[31:20] == 12'h000);
  assign kind_ebreak_o  = sys_plain && (insn_i[31:20] == 12'h001);
  assign kind_mret_o    = sys_plain && (insn_i[31:20] == 12'h302);
  assign kind_wfi_o     = sys_plain && (insn_i[31:20] == 12'h105);
  assign kind_csr_o     = op_sys && (funct3[1:0] != 2'b00) && csr_ok && !(csr_read_only && csr_write_o);

  assign kind_lui_o     = op_lui;
  assign kind_auipc_o   = op_auipc;
  assign kind_jal_o     = op_jal;
  assign kind_jalr_o    = op_jalr && (funct3 == 3'b000);
  assign kind_branch_o  = op_branch && (funct3[2:1] != 2'b01);
  assign kind_load_o    = op_load && (funct3[1:0] != 2'b11) && (funct3 != 3'b110);
  assign kind_store_o   = op_store && !funct3[2] && (funct3[1:0] != 2'b11);
  assign kind_alu_o     = (op_imm && ok_imm) || (op_reg && ok_reg);
  assign kind_fence_o   = op_fence && (funct3 == 3'b000);
  assign kind_fence_i_o = op_fence && (funct3 == 3'b001);

  assign illegal_o = !(kind_lui_o || kind_auipc_o || kind_jal_o || kind_jalr_o || kind_branch_o ||
                       kind_load_o || kind_store_o || kind_alu_o || kind_csr_o || kind_fence_o ||
                       kind_fence_i_o || kind_ecall_o || kind_ebreak_o || kind_mret_o || kind_wfi_o);

  assign use_rs2_o   = op_reg || op_branch;
  assign sub_o       = op_branch || (funct3[2:1] == 2'b01) ||
                       (insn_i[30] && (op_reg || (funct3 == 3'b101)));
  assign writes_rd_o = (insn_i[11:7] != 5'd0) &&
                       (op_lui || op_auipc || op_jal || op_jalr || op_load || op_imm || op_reg || op_sys);
endmodule

`default_nettype wire
