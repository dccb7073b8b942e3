// SPDX-License-Identifier: Apache-2.0
#include "core/core_bench.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "Vluoshu_core.h"
#include "core/encode.h"
#include "verilated.h"

namespace luoshu {
namespace {

constexpr std::uint64_t kHangCycles = 2000;  // without a retired instruction or interrupt

std::uint32_t lane_bits(unsigned lanes) {
  std::uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) result |= ((lanes >> i) & 1U) != 0 ? 0xFFU << (8 * i) : 0U;
  return result;
}

}  // namespace

std::string describe_difference(const IssRecord& core, const IssRecord& model) {
  std::ostringstream out;
  const auto compare = [&](const char* name, std::uint64_t a, std::uint64_t b) {
    if (a != b && out.tellp() == 0) {
      out << name << ": core 0x" << std::hex << a << ", model 0x" << b << " (insn 0x" << model.insn
          << " at 0x" << model.pc_rdata << ", order " << std::dec << model.order << ")";
    }
  };
  compare("order", core.order, model.order);
  compare("pc_rdata", core.pc_rdata, model.pc_rdata);
  compare("insn", core.insn, model.insn);
  compare("trap", core.trap ? 1 : 0, model.trap ? 1 : 0);
  compare("intr", core.intr ? 1 : 0, model.intr ? 1 : 0);
  compare("pc_wdata", core.pc_wdata, model.pc_wdata);
  compare("rs1_addr", core.rs1_addr, model.rs1_addr);
  compare("rs2_addr", core.rs2_addr, model.rs2_addr);
  compare("rs1_rdata", core.rs1_rdata, model.rs1_rdata);
  compare("rs2_rdata", core.rs2_rdata, model.rs2_rdata);
  compare("rd_addr", core.rd_addr, model.rd_addr);
  compare("rd_wdata", core.rd_wdata, model.rd_wdata);
  compare("mem_addr", core.mem_addr, model.mem_addr);
  compare("mem_rmask", core.mem_rmask, model.mem_rmask);
  compare("mem_wmask", core.mem_wmask, model.mem_wmask);
  compare("mem_rdata", core.mem_rdata, model.mem_rdata);
  compare("mem_wdata", core.mem_wdata, model.mem_wdata);
  return out.str();
}

CoreBench::CoreBench(std::uint64_t seed, BenchTiming timing)
    : rng_(seed), timing_(timing), context_(std::make_unique<VerilatedContext>()), bus_(*this) {
  context_->randReset(2);
  context_->randSeed(static_cast<int>(seed & 0x7FFFFFFF) | 1);
  core_ = std::make_unique<Vluoshu_core>(context_.get());
}

CoreBench::~CoreBench() {
  core_->final();
}

std::uint32_t CoreBench::read_code(const Memory& memory, std::uint32_t address) const {
  return address < kCodeBytes ? memory[address / 4] : 0;
}

bool CoreBench::read_data(const Memory& memory, std::uint32_t address, std::uint32_t& word) const {
  if (address >= kMemoryBytes) return false;
  word = memory[address / 4];
  return true;
}

bool CoreBench::write_data(Memory& memory, std::uint32_t address, unsigned lanes, std::uint32_t word) const {
  if (address >= kMemoryBytes || (address < kCodeBytes && !writable_code_)) return false;
  std::uint32_t& old = memory[address / 4];
  old = (old & ~lane_bits(lanes)) | (word & lane_bits(lanes));
  return true;
}

std::uint32_t CoreBench::Bus::fetch(std::uint32_t address) {
  return bench_.read_code(bench_.iss_memory_, address);
}
bool CoreBench::Bus::load(std::uint32_t address, unsigned /*lanes*/, std::uint32_t& word) {
  return bench_.read_data(bench_.iss_memory_, address, word);
}
bool CoreBench::Bus::store(std::uint32_t address, unsigned lanes, std::uint32_t word) {
  return bench_.write_data(bench_.iss_memory_, address, lanes, word);
}

void CoreBench::start(const std::vector<std::uint32_t>& program, bool writable_code,
                      std::uint32_t boot_address) {
  writable_code_ = writable_code;
  core_memory_.assign(kMemoryBytes / 4, 0);
  for (std::size_t i = 0; i < program.size(); ++i) core_memory_.at(i) = program[i];
  for (std::size_t i = kCodeBytes / 4; i < core_memory_.size(); ++i) {
    core_memory_[i] = static_cast<std::uint32_t>(rng_());
  }
  iss_memory_ = core_memory_;
  iss_ = std::make_unique<Iss>(bus_, boot_address);
  iss_->set_counters(!kSerialCore);
  error_.clear();
  records_.clear();
  retire_cycles_.clear();
  cycles_ = retired_ = last_event_ = interrupts_taken_ = fetches_ = 0;
  lines_ = seen_lines_ = 0;
  stopped_ = fetch_due_ = false;
  data_due_ = 0;
  core_->boot_addr_i = boot_address;
  core_->irq_external_i = core_->irq_timer_i = core_->irq_software_i = 0;
  core_->imem_gnt_i = core_->dmem_gnt_i = core_->dmem_rvalid_i = core_->dmem_err_i = 0;
  core_->rst_ni = 0;
  clock_edge();
  clock_edge();
  core_->rst_ni = 1;
}

void CoreBench::clock_edge() {
  core_->clk_i = 0;
  core_->eval();
  core_->clk_i = 1;
  core_->eval();
}

bool CoreBench::fail(const std::string& what) {
  if (error_.empty()) error_ = what + " (cycle " + std::to_string(cycles_) + ")";
  return false;
}

bool CoreBench::asleep() const {
  return core_->sleep_o != 0;
}

void CoreBench::drive() {
  if (before_cycle) before_cycle();
  if (timing_.interrupt != 0 && rng_() % 1000 < timing_.interrupt) lines_ ^= 1U << (rng_() % 3);
  core_->imem_gnt_i = chance(timing_.imem_grant) ? 1 : 0;
  core_->dmem_gnt_i = chance(timing_.dmem_grant) ? 1 : 0;
  core_->imem_rdata_i = static_cast<std::uint32_t>(rng_());  // garbage unless a fetch was granted
  if (fetch_due_) {
    std::uint32_t word = read_code(core_memory_, fetch_address_);
    if (corrupt_fetch) corrupt_fetch(word);
    core_->imem_rdata_i = word;
  }
  const bool answer = data_due_ == 1;
  core_->dmem_rvalid_i = answer ? 1 : 0;
  core_->dmem_err_i = (answer ? data_error_ : (rng_() & 1) != 0) ? 1 : 0;
  core_->dmem_rdata_i = static_cast<std::uint32_t>(rng_());
  if (answer && !data_error_) {
    std::uint32_t word = data_word_;
    if (corrupt_load) corrupt_load(word);
    core_->dmem_rdata_i = word;
  }
  unsigned lines = lines_;
  if (corrupt_lines) corrupt_lines(lines);
  core_->irq_external_i = (lines >> 2) & 1U;
  core_->irq_timer_i = (lines >> 1) & 1U;
  core_->irq_software_i = lines & 1U;
  core_->clk_i = 0;
  core_->eval();
}

IssRecord CoreBench::core_record() const {
  IssRecord r;
  r.order = core_->rvfi_order_o;
  r.insn = core_->rvfi_insn_o;
  r.trap = core_->rvfi_trap_o != 0;
  r.intr = core_->rvfi_intr_o != 0;
  r.pc_rdata = core_->rvfi_pc_rdata_o;
  r.pc_wdata = core_->rvfi_pc_wdata_o;
  r.rs1_addr = core_->rvfi_rs1_addr_o;
  r.rs2_addr = core_->rvfi_rs2_addr_o;
  r.rs1_rdata = core_->rvfi_rs1_rdata_o;
  r.rs2_rdata = core_->rvfi_rs2_rdata_o;
  r.rd_addr = core_->rvfi_rd_addr_o;
  r.rd_wdata = core_->rvfi_rd_wdata_o;
  r.mem_addr = core_->rvfi_mem_addr_o;
  r.mem_rmask = core_->rvfi_mem_rmask_o;
  r.mem_wmask = core_->rvfi_mem_wmask_o;
  r.mem_rdata = core_->rvfi_mem_rdata_o;
  r.mem_wdata = core_->rvfi_mem_wdata_o;
  return r;
}

// An instruction retires: the model must do the same, and must not have let an interrupt in before it.
bool CoreBench::check_retire() {
  const IssRecord core = [&] {
    IssRecord record = core_record();
    if (corrupt_record) corrupt_record(record);
    return record;
  }();
  const bool is_wfi = core.insn == rv::kWfi;
  const bool memory_access = (core.insn & 0x5FU) == 0x03;  // may have begun before the interrupt
  if (iss_->interrupt_allowed() && !is_wfi && !memory_access) return fail("the core ignored an interrupt");
  if (is_wfi && !iss_->wake()) return fail("wfi completed without an interrupt");
  const IssRecord model = iss_->step();
  const std::string difference = describe_difference(core, model);
  if (!difference.empty()) return fail(difference);
  if (keep_records_) {
    records_.push_back(core);
    retire_cycles_.push_back(cycles_);
  }
  ++retired_;
  last_event_ = cycles_;
  stopped_ = core.pc_wdata == core.pc_rdata && !core.trap;
  return true;
}

bool CoreBench::observe() {
  iss_->set_interrupts((seen_lines_ & 4U) != 0, (seen_lines_ & 2U) != 0, (seen_lines_ & 1U) != 0);
  bool taken = core_->irq_taken_o != 0;
  if (corrupt_taken) corrupt_taken(taken);
  if (taken) {
    if (!iss_->take_interrupt()) return fail("the core took an interrupt that the model does not allow");
    ++interrupts_taken_;
    last_event_ = cycles_;
  }
  if (core_->rvfi_valid_o != 0 && !check_retire()) return false;
  if (asleep() && !iss_->wake() && core_->imem_req_o != 0) return fail("the sleeping core fetches");
  if (!asleep() && cycles_ - last_event_ > kHangCycles) return fail("the core hangs");

  // The instruction port.
  fetch_due_ = core_->imem_req_o != 0 && core_->imem_gnt_i != 0;
  fetch_address_ = core_->imem_addr_o;
  fetches_ += fetch_due_ ? 1 : 0;
  if ((fetch_address_ & 3U) != 0) return fail("misaligned fetch");
  // The data port: a write happens at its grant.
  if (data_due_ != 0) --data_due_;
  if (core_->dmem_req_o != 0 && core_->dmem_gnt_i != 0) {
    if (data_due_ != 0) return fail("two data accesses in flight");
    const std::uint32_t address = core_->dmem_addr_o;
    if ((address & 3U) != 0) return fail("misaligned data address");
    const bool ok = core_->dmem_we_o != 0
                        ? write_data(core_memory_, address, core_->dmem_be_o, core_->dmem_wdata_o)
                        : read_data(core_memory_, address, data_word_);
    data_error_ = !ok;
    data_due_ = 1 + static_cast<unsigned>(rng_() % timing_.dmem_latency);
  }
  return true;
}

bool CoreBench::cycle() {
  drive();
  if (!observe()) return false;
  if (!kSerialCore || fetch_due_ || asleep()) seen_lines_ = lines_;
  iss_->tick();
#ifdef LUOSHU_CORE_SERIAL
  std::uint8_t read = core_->rf_rdata_i;
  if (core_->rf_re_o != 0) read = core_registers_.at(core_->rf_raddr_o);
  if (core_->rf_we_o != 0) core_registers_.at(core_->rf_waddr_o) = core_->rf_wdata_o;
#endif
  core_->clk_i = 1;
  core_->eval();
#ifdef LUOSHU_CORE_SERIAL
  core_->rf_rdata_i = read;
#endif
  ++cycles_;
  return true;
}

bool CoreBench::run(std::uint64_t instructions) {
  const std::uint64_t goal = retired_ + instructions;
  std::uint64_t sleeping = 0;
  stopped_ = false;
  while (retired_ < goal && !stopped_ && sleeping < kHangCycles) {
    if (!cycle()) return false;
    sleeping = asleep() ? sleeping + 1 : 0;
  }
  if (core_memory_ != iss_memory_ && data_due_ == 0 && core_->dmem_req_o == 0) {
    return fail("data memory differs");
  }
  return true;
}

}  // namespace luoshu
