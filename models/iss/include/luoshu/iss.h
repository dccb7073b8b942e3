// SPDX-License-Identifier: Apache-2.0
// Instruction-set model of the control core (luoshu_core): RV32I, Zicsr, Zifencei, machine mode.
// It is the reference of the core's lock-step tests and runs firmware without the chip. It knows no
// pipeline: the caller says when an interrupt is taken and when a clock cycle passes.
#pragma once
#include <array>
#include <cstdint>

namespace luoshu {

// What the model sees of the outside. Addresses are byte addresses of aligned 32-bit words; lane bit 0 is
// bits 7:0.
class IssBus {
 public:
  virtual ~IssBus() = default;
  // The instruction word at address.
  virtual std::uint32_t fetch(std::uint32_t address) = 0;
  // Reads a word of which the lanes are wanted; returns false for an access fault.
  virtual bool load(std::uint32_t address, unsigned lanes, std::uint32_t& word) = 0;
  // Writes the lanes of a word; returns false for an access fault (nothing is written then).
  virtual bool store(std::uint32_t address, unsigned lanes, std::uint32_t word) = 0;
};

// One executed instruction, in the terms of the RISC-V formal interface and the core's rvfi_* outputs.
struct IssRecord {
  std::uint64_t order = 0;
  std::uint32_t insn = 0;
  bool trap = false;           // it raised an exception
  bool intr = false;           // it is the first one of an interrupt handler
  std::uint32_t pc_rdata = 0;  // its address
  std::uint32_t pc_wdata = 0;  // address of the next one, the handler's after a trap
  std::uint32_t rs1_addr = 0, rs2_addr = 0, rs1_rdata = 0, rs2_rdata = 0;  // 0 if not read
  std::uint32_t rd_addr = 0, rd_wdata = 0;                                 // 0 if nothing is written
  std::uint32_t mem_addr = 0;                  // word aligned, 0 without an access
  std::uint32_t mem_rmask = 0, mem_wmask = 0;  // lanes
  std::uint32_t mem_rdata = 0, mem_wdata = 0;  // lanes outside the masks are 0
};

class Iss {
 public:
  // The bus must outlive the model. Registers and undefined CSRs start as 0.
  Iss(IssBus& bus, std::uint32_t boot_address);

  // Executes one instruction, also where an interrupt is pending. A wfi completes at once: a caller that
  // models time looks at wake() first.
  IssRecord step();

  // What mip shows from now on. The core's mip is its inputs one cycle late.
  void set_interrupts(bool external, bool timer, bool software);
  // An interrupt that mie enables is pending: wfi completes.
  bool wake() const { return (mie_ & mip_) != 0; }
  // mstatus.MIE lets it in: the next instruction would be interrupted.
  bool interrupt_allowed() const { return mstatus_mie_ && wake(); }
  // Enters the handler of the highest pending interrupt; returns false if none is allowed.
  bool take_interrupt();
  // Whether there are counters; without them mcycle and minstret read as 0. At first there are.
  void set_counters(bool counters) { counters_ = counters; }
  // A clock cycle ends: mcycle counts.
  void tick() { ++mcycle_; }

  std::uint32_t pc() const { return pc_; }
  std::uint32_t reg(unsigned index) const { return x_.at(index); }
  void set_reg(unsigned index, std::uint32_t value);

 private:
  void trap(std::uint32_t cause, std::uint32_t value);
  bool csr_read(std::uint32_t address, std::uint32_t& value) const;
  void csr_write(std::uint32_t address, std::uint32_t value);
  void execute(IssRecord& record);
  std::uint32_t rs1(IssRecord& record);
  std::uint32_t rs2(IssRecord& record);
  void execute_load(IssRecord& record);
  void execute_store(IssRecord& record);
  void execute_alu(IssRecord& record, bool immediate);
  void execute_system(IssRecord& record);
  void execute_csr(IssRecord& record);
  void write_rd(IssRecord& record, std::uint32_t value);
  void jump(IssRecord& record, std::uint32_t target);
  void illegal(IssRecord& record);
  void exception(IssRecord& record, std::uint32_t cause, std::uint32_t value);

  IssBus& bus_;
  std::array<std::uint32_t, 32> x_{};
  std::uint32_t pc_;
  bool mstatus_mie_ = false, mstatus_mpie_ = false;
  std::uint32_t mie_ = 0, mip_ = 0, mtvec_ = 0, mepc_ = 0, mcause_ = 0, mtval_ = 0, mscratch_ = 0;
  std::uint64_t mcycle_ = 0, minstret_ = 0, order_ = 0;
  bool counters_ = true;
  bool intr_ = false;  // the next instruction is the first of an interrupt handler
};

}  // namespace luoshu
