// SPDX-License-Identifier: Apache-2.0
// RV32I instruction encoders for the core's tests: rd, rs1, rs2 are register numbers, immediates are signed
// bytes or values and must be in range.
#pragma once
#include <cstdint>
#include <vector>

namespace luoshu::rv {

using Word = std::uint32_t;
using Program = std::vector<Word>;

inline Word field(std::int32_t value, unsigned high, unsigned low) {
  return (static_cast<Word>(value) >> low) & ((2U << (high - low)) - 1U);
}
inline Word i_type(Word opcode, Word funct3, Word rd, Word rs1, std::int32_t imm) {
  return (field(imm, 11, 0) << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
}
inline Word r_type(Word funct7, Word funct3, Word rd, Word rs1, Word rs2) {
  return (funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | 0x33U;
}
inline Word load(Word funct3, Word rd, Word rs1, std::int32_t imm) {
  return i_type(0x03, funct3, rd, rs1, imm);
}
inline Word store(Word funct3, Word rs2, Word rs1, std::int32_t imm) {
  return (field(imm, 11, 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (field(imm, 4, 0) << 7) |
         0x23U;
}
inline Word branch(Word funct3, Word rs1, Word rs2, std::int32_t offset) {
  return (field(offset, 12, 12) << 31) | (field(offset, 10, 5) << 25) | (rs2 << 20) | (rs1 << 15) |
         (funct3 << 12) | (field(offset, 4, 1) << 8) | (field(offset, 11, 11) << 7) | 0x63U;
}
inline Word jal(Word rd, std::int32_t offset) {
  return (field(offset, 20, 20) << 31) | (field(offset, 10, 1) << 21) | (field(offset, 11, 11) << 20) |
         (field(offset, 19, 12) << 12) | (rd << 7) | 0x6FU;
}
inline Word jalr(Word rd, Word rs1, std::int32_t imm) {
  return i_type(0x67, 0, rd, rs1, imm);
}
inline Word lui(Word rd, Word value) {
  return (value & 0xFFFFF000U) | (rd << 7) | 0x37U;
}
inline Word auipc(Word rd, Word value) {
  return (value & 0xFFFFF000U) | (rd << 7) | 0x17U;
}
inline Word addi(Word rd, Word rs1, std::int32_t imm) {
  return i_type(0x13, 0, rd, rs1, imm);
}
// funct3: 1 csrrw, 2 csrrs, 3 csrrc, 5 csrrwi, 6 csrrsi, 7 csrrci; source: register or 5-bit value.
inline Word csr(Word funct3, Word rd, Word address, Word source) {
  return (address << 20) | (source << 15) | (funct3 << 12) | (rd << 7) | 0x73U;
}
constexpr Word kNop = 0x00000013, kEcall = 0x00000073, kEbreak = 0x00100073, kMret = 0x30200073,
               kWfi = 0x10500073, kFence = 0x0FF0000F, kFenceI = 0x0000100F;
enum Csr : Word {
  kMstatus = 0x300,
  kMisa = 0x301,
  kMie = 0x304,
  kMtvec = 0x305,
  kMscratch = 0x340,
  kMepc = 0x341,
  kMcause = 0x342,
  kMtval = 0x343,
  kMip = 0x344,
  kMcycle = 0xB00,
  kMinstret = 0xB02,
  kMcycleh = 0xB80,
  kMinstreth = 0xB82,
  kMhartid = 0xF14
};

// Loads any constant; two instructions.
inline void li(Program& program, Word rd, Word value) {
  const Word low = ((value & 0xFFFU) ^ 0x800U) - 0x800U;
  program.push_back(lui(rd, value - low));
  program.push_back(addi(rd, rd, static_cast<std::int32_t>(low)));
}

}  // namespace luoshu::rv
