// SPDX-License-Identifier: Apache-2.0
#include "luoshu/iss.h"

namespace luoshu {
namespace {

constexpr std::uint32_t kExternal = 1U << 11, kTimer = 1U << 7, kSoftware = 1U << 3;

constexpr std::uint32_t bits(std::uint32_t word, unsigned high, unsigned low) {
  return (word >> low) & ((2U << (high - low)) - 1U);
}
// The low `width` bits of value, sign-extended.
constexpr std::uint32_t extend(std::uint32_t value, unsigned width) {
  const std::uint32_t sign = 1U << (width - 1);
  return ((value & ((sign << 1) - 1U)) ^ sign) - sign;
}
constexpr std::int32_t as_signed(std::uint32_t value) {
  return static_cast<std::int32_t>(value);
}

constexpr std::uint32_t imm_i(std::uint32_t w) {
  return extend(bits(w, 31, 20), 12);
}
constexpr std::uint32_t imm_s(std::uint32_t w) {
  return extend((bits(w, 31, 25) << 5) | bits(w, 11, 7), 12);
}
constexpr std::uint32_t imm_b(std::uint32_t w) {
  return extend(
      (bits(w, 31, 31) << 12) | (bits(w, 7, 7) << 11) | (bits(w, 30, 25) << 5) | (bits(w, 11, 8) << 1), 13);
}
constexpr std::uint32_t imm_j(std::uint32_t w) {
  return extend(
      (bits(w, 31, 31) << 20) | (bits(w, 19, 12) << 12) | (bits(w, 20, 20) << 11) | (bits(w, 30, 21) << 1),
      21);
}
// Lanes of an access of 1, 2 or 4 bytes, and the bits that they cover.
constexpr unsigned lanes_of(std::uint32_t address, unsigned size) {
  return ((1U << size) - 1U) << (address & 3U);
}
constexpr std::uint32_t lane_bits(unsigned lanes) {
  std::uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) result |= ((lanes >> i) & 1U) != 0 ? 0xFFU << (8 * i) : 0U;
  return result;
}

}  // namespace

Iss::Iss(IssBus& bus, std::uint32_t boot_address) : bus_(bus), pc_(boot_address & ~3U) {}

void Iss::set_reg(unsigned index, std::uint32_t value) {
  if (index != 0) x_.at(index) = value;
}

void Iss::set_interrupts(bool external, bool timer, bool software) {
  mip_ = (external ? kExternal : 0U) | (timer ? kTimer : 0U) | (software ? kSoftware : 0U);
}

void Iss::trap(std::uint32_t cause, std::uint32_t value) {
  mepc_ = pc_;
  mcause_ = cause;
  mtval_ = value;
  mstatus_mpie_ = mstatus_mie_;
  mstatus_mie_ = false;
  pc_ = mtvec_;
}

bool Iss::take_interrupt() {
  if (!interrupt_allowed()) return false;
  const std::uint32_t active = mie_ & mip_;
  trap(0x80000000U | ((active & kExternal) != 0 ? 11U : (active & kSoftware) != 0 ? 3U : 7U), 0);
  intr_ = true;
  return true;
}

IssRecord Iss::step() {
  IssRecord record;
  record.order = order_++;
  record.intr = intr_;
  intr_ = false;
  record.insn = bus_.fetch(pc_);
  record.pc_rdata = pc_;
  record.pc_wdata = pc_ + 4;
  execute(record);
  if (!record.trap) ++minstret_;
  pc_ = record.pc_wdata;
  return record;
}

void Iss::exception(IssRecord& record, std::uint32_t cause, std::uint32_t value) {
  trap(cause, value);
  record.trap = true;
  record.pc_wdata = pc_;
}

std::uint32_t Iss::rs1(IssRecord& record) {
  record.rs1_addr = bits(record.insn, 19, 15);
  return record.rs1_rdata = x_.at(record.rs1_addr);
}

std::uint32_t Iss::rs2(IssRecord& record) {
  record.rs2_addr = bits(record.insn, 24, 20);
  return record.rs2_rdata = x_.at(record.rs2_addr);
}

void Iss::illegal(IssRecord& record) {
  exception(record, 2, 0);
}

void Iss::write_rd(IssRecord& record, std::uint32_t value) {
  record.rd_addr = bits(record.insn, 11, 7);
  if (record.rd_addr == 0) return;
  record.rd_wdata = value;
  x_.at(record.rd_addr) = value;
}

void Iss::jump(IssRecord& record, std::uint32_t target) {
  if ((target & 2U) != 0) {
    exception(record, 0, target);
  } else {
    record.pc_wdata = target;
  }
}

void Iss::execute(IssRecord& record) {
  const std::uint32_t w = record.insn;
  const std::uint32_t funct3 = bits(w, 14, 12);
  switch (bits(w, 6, 0)) {
    case 0x37:  // lui
      return write_rd(record, w & 0xFFFFF000U);
    case 0x17:  // auipc
      return write_rd(record, pc_ + (w & 0xFFFFF000U));
    case 0x6F:  // jal
      jump(record, pc_ + imm_j(w));
      if (!record.trap) write_rd(record, pc_ + 4);
      return;
    case 0x67:  // jalr
      if (funct3 != 0) return illegal(record);
      jump(record, (rs1(record) + imm_i(w)) & ~1U);
      if (!record.trap) write_rd(record, pc_ + 4);
      return;
    case 0x63: {  // branches
      if (funct3 == 2 || funct3 == 3) return illegal(record);
      const std::uint32_t a = rs1(record);
      const std::uint32_t b = rs2(record);
      bool taken = false;
      switch (funct3) {
        case 0:
          taken = a == b;
          break;
        case 1:
          taken = a != b;
          break;
        case 4:
          taken = as_signed(a) < as_signed(b);
          break;
        case 5:
          taken = as_signed(a) >= as_signed(b);
          break;
        case 6:
          taken = a < b;
          break;
        default:
          taken = a >= b;
          break;
      }
      if (taken) jump(record, pc_ + imm_b(w));
      return;
    }
    case 0x03:
      return execute_load(record);
    case 0x23:
      return execute_store(record);
    case 0x13:
      return execute_alu(record, true);
    case 0x33:
      return execute_alu(record, false);
    case 0x0F:  // fence, fence.i: the model has no caches
      if (funct3 > 1) illegal(record);
      return;
    case 0x73:
      return execute_system(record);
    default:
      return illegal(record);
  }
}

void Iss::execute_load(IssRecord& record) {
  const std::uint32_t funct3 = bits(record.insn, 14, 12);
  if (funct3 == 3 || funct3 > 5) return illegal(record);
  const unsigned size = 1U << (funct3 & 3U);
  const std::uint32_t address = rs1(record) + imm_i(record.insn);
  if ((address & (size - 1U)) != 0) return exception(record, 4, address);
  const unsigned lanes = lanes_of(address, size);
  std::uint32_t word = 0;
  if (!bus_.load(address & ~3U, lanes, word)) return exception(record, 5, address);
  record.mem_addr = address & ~3U;
  record.mem_rmask = lanes;
  record.mem_rdata = word & lane_bits(lanes);
  const std::uint32_t value = record.mem_rdata >> (8 * (address & 3U));
  write_rd(record, (funct3 & 4U) != 0 || size == 4 ? value : extend(value, 8 * size));
}

void Iss::execute_store(IssRecord& record) {
  const std::uint32_t funct3 = bits(record.insn, 14, 12);
  if (funct3 > 2) return illegal(record);
  const unsigned size = 1U << funct3;
  const std::uint32_t address = rs1(record) + imm_s(record.insn);
  const std::uint32_t value = rs2(record);
  if ((address & (size - 1U)) != 0) return exception(record, 6, address);
  const unsigned lanes = lanes_of(address, size);
  const std::uint32_t word = (value << (8 * (address & 3U))) & lane_bits(lanes);
  if (!bus_.store(address & ~3U, lanes, word)) return exception(record, 7, address);
  record.mem_addr = address & ~3U;
  record.mem_wmask = lanes;
  record.mem_wdata = word;
}

void Iss::execute_alu(IssRecord& record, bool immediate) {
  const std::uint32_t w = record.insn;
  const std::uint32_t funct3 = bits(w, 14, 12);
  const std::uint32_t funct7 = bits(w, 31, 25);
  const bool alternative = funct7 == 0x20;
  const bool shift = funct3 == 1 || funct3 == 5;
  if (!immediate || shift) {
    const bool may_alternate = funct3 == 5 || (funct3 == 0 && !immediate);
    if (funct7 != 0 && !(alternative && may_alternate)) return illegal(record);
  }
  const std::uint32_t a = rs1(record);
  const std::uint32_t b = immediate ? imm_i(w) : rs2(record);
  const std::uint32_t amount = b & 31U;
  switch (funct3) {
    case 0:
      return write_rd(record, !immediate && alternative ? a - b : a + b);
    case 1:
      return write_rd(record, a << amount);
    case 2:
      return write_rd(record, as_signed(a) < as_signed(b) ? 1 : 0);
    case 3:
      return write_rd(record, a < b ? 1 : 0);
    case 4:
      return write_rd(record, a ^ b);
    case 5: {
      std::uint32_t value = a >> amount;
      if (alternative && (a >> 31) != 0) value |= ~(0xFFFFFFFFU >> amount);
      return write_rd(record, value);
    }
    case 6:
      return write_rd(record, a | b);
    default:
      return write_rd(record, a & b);
  }
}

void Iss::execute_system(IssRecord& record) {
  switch (record.insn) {
    case 0x00000073:
      return exception(record, 11, 0);  // ecall
    case 0x00100073:
      return exception(record, 3, 0);  // ebreak
    case 0x10500073:
      return;         // wfi
    case 0x30200073:  // mret
      mstatus_mie_ = mstatus_mpie_;
      mstatus_mpie_ = true;
      record.pc_wdata = mepc_;
      return;
    default:
      break;
  }
  if ((bits(record.insn, 14, 12) & 3U) == 0) return illegal(record);
  execute_csr(record);
}

void Iss::execute_csr(IssRecord& record) {
  const std::uint32_t funct3 = bits(record.insn, 14, 12);
  const std::uint32_t address = bits(record.insn, 31, 20);
  const std::uint32_t source = bits(record.insn, 19, 15);
  const bool writes = (funct3 & 3U) == 1 || source != 0;
  std::uint32_t old = 0;
  if (!csr_read(address, old) || (writes && (address >> 10) == 3)) return illegal(record);
  const std::uint32_t operand = (funct3 & 4U) != 0 ? source : rs1(record);
  if (writes) {
    switch (funct3 & 3U) {
      case 1:
        csr_write(address, operand);
        break;
      case 2:
        csr_write(address, old | operand);
        break;
      default:
        csr_write(address, old & ~operand);
        break;
    }
  }
  write_rd(record, old);
}

bool Iss::csr_read(std::uint32_t address, std::uint32_t& value) const {
  value = 0;
  switch (address) {
    case 0x300:
      value = 0x1800U | (mstatus_mpie_ ? 0x80U : 0U) | (mstatus_mie_ ? 0x8U : 0U);
      return true;
    case 0x301:
      value = 0x40000100U;
      return true;
    case 0x304:
      value = mie_;
      return true;
    case 0x305:
      value = mtvec_;
      return true;
    case 0x340:
      value = mscratch_;
      return true;
    case 0x341:
      value = mepc_;
      return true;
    case 0x342:
      value = mcause_;
      return true;
    case 0x343:
      value = mtval_;
      return true;
    case 0x344:
      value = mip_;
      return true;
    case 0xB00:
      value = counters_ ? static_cast<std::uint32_t>(mcycle_) : 0;
      return true;
    case 0xB80:
      value = counters_ ? static_cast<std::uint32_t>(mcycle_ >> 32) : 0;
      return true;
    case 0xB02:
      value = counters_ ? static_cast<std::uint32_t>(minstret_) : 0;
      return true;
    case 0xB82:
      value = counters_ ? static_cast<std::uint32_t>(minstret_ >> 32) : 0;
      return true;
    case 0x310:  // mstatush
    case 0x320:  // mcountinhibit
      return true;
    default:
      break;
  }
  const bool counters = (address >= 0x323 && address <= 0x33F) || (address >= 0xB03 && address <= 0xB1F) ||
                        (address >= 0xB83 && address <= 0xB9F);
  return counters || (address >= 0xF11 && address <= 0xF15);
}

void Iss::csr_write(std::uint32_t address, std::uint32_t value) {
  switch (address) {
    case 0x300:
      mstatus_mie_ = (value & 0x8U) != 0;
      mstatus_mpie_ = (value & 0x80U) != 0;
      break;
    case 0x304:
      mie_ = value & (kExternal | kTimer | kSoftware);
      break;
    case 0x305:
      mtvec_ = value & ~3U;
      break;
    case 0x340:
      mscratch_ = value;
      break;
    case 0x341:
      mepc_ = value & ~3U;
      break;
    case 0x342:
      mcause_ = value & 0x8000000FU;
      break;
    case 0x343:
      mtval_ = value;
      break;
    default:
      break;  // constants, mip and the counters ignore writes
  }
}

}  // namespace luoshu
