// SPDX-License-Identifier: Apache-2.0
// Drives the verilated luoshu_core in lock step with the instruction-set model and compares every retired
// instruction, every interrupt, wfi and the memory. The two sides share only the program and the interrupt
// lines: each has its own data memory.
//
// Memory map: [0, kCodeBytes) code, which data stores may not touch unless writable_code; [kCodeBytes,
// kMemoryBytes) data; everything else answers data accesses with an error and fetches with 0 (illegal).
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "luoshu/iss.h"

class Vluoshu_core;
class VerilatedContext;

namespace luoshu {

constexpr std::uint32_t kCodeBytes = 0x4000;
constexpr std::uint32_t kMemoryBytes = 0x8000;

#ifdef LUOSHU_CORE_SERIAL
constexpr bool kSerialCore =
    true;  // luoshu_core_serial: sees the interrupt lines at a fetch and asleep, has no counters
#else
constexpr bool kSerialCore = false;
#endif

// How the two memory ports and the interrupt lines behave.
struct BenchTiming {
  unsigned imem_grant = 100;  // per cent of requests granted
  unsigned dmem_grant = 100;  // per cent of requests granted
  unsigned dmem_latency = 1;  // cycles from grant to answer, at most; 1 to this, uniformly
  unsigned interrupt = 0;     // per mille of cycles in which one interrupt line toggles
};

class CoreBench {
 public:
  CoreBench(std::uint64_t seed, BenchTiming timing);
  ~CoreBench();

  // Puts the program at address 0 and random words into data memory, resets core and model.
  void start(const std::vector<std::uint32_t>& program, bool writable_code = false,
             std::uint32_t boot_address = 0);
  // Runs until `instructions` have retired, the program stops at an instruction that jumps to itself, or
  // nothing can wake the core. Returns false at the first difference; error() describes it.
  bool run(std::uint64_t instructions);
  // One clock cycle; false at a difference.
  bool cycle();

  const std::string& error() const { return error_; }
  const std::vector<IssRecord>& records() const { return records_; }  // of the core, since start()
  const std::vector<std::uint64_t>& retire_cycles() const { return retire_cycles_; }
  std::uint64_t cycles() const { return cycles_; }
  std::uint64_t interrupts_taken() const { return interrupts_taken_; }
  bool asleep() const;
  std::uint64_t fetches() const { return fetches_; }
  void keep_records(bool keep) { keep_records_ = keep; }

  // Interrupt lines {external 4, timer 2, software 1}; random toggling keeps working on top.
  void set_lines(unsigned lines) { lines_ = lines; }
  // Called before each cycle.
  std::function<void()> before_cycle;
  // Fault injection, for tests of the checker itself.
  std::function<void(IssRecord&)> corrupt_record;     // the core's record before it is compared
  std::function<void(std::uint32_t&)> corrupt_fetch;  // the word that the core fetches
  std::function<void(std::uint32_t&)> corrupt_load;   // the word that the core loads
  std::function<void(unsigned&)> corrupt_lines;       // the interrupt lines that the core sees
  std::function<void(bool&)> corrupt_taken;           // the core's irq_taken_o

 private:
  // The model's side of the memory.
  class Bus : public IssBus {
   public:
    explicit Bus(CoreBench& bench) : bench_(bench) {}
    std::uint32_t fetch(std::uint32_t address) override;
    bool load(std::uint32_t address, unsigned lanes, std::uint32_t& word) override;
    bool store(std::uint32_t address, unsigned lanes, std::uint32_t word) override;

   private:
    CoreBench& bench_;
  };
  using Memory = std::vector<std::uint32_t>;

  std::uint32_t read_code(const Memory& memory, std::uint32_t address) const;
  bool read_data(const Memory& memory, std::uint32_t address, std::uint32_t& word) const;
  bool write_data(Memory& memory, std::uint32_t address, unsigned lanes, std::uint32_t word) const;
  bool chance(unsigned per_cent) { return rng_() % 100 < per_cent; }
  void drive();
  bool observe();
  bool check_retire();
  bool fail(const std::string& what);
  IssRecord core_record() const;
  void clock_edge();

  std::mt19937_64 rng_;
  BenchTiming timing_;
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vluoshu_core> core_;
  Memory core_memory_, iss_memory_;
  [[maybe_unused]] std::array<std::uint8_t, 128>
      core_registers_{};  // of luoshu_core_serial: it has them outside
  Bus bus_;
  std::unique_ptr<Iss> iss_;
  bool writable_code_ = false, keep_records_ = true, stopped_ = false;
  std::string error_;
  std::vector<IssRecord> records_;
  std::vector<std::uint64_t> retire_cycles_;
  std::uint64_t cycles_ = 0, retired_ = 0, last_event_ = 0, interrupts_taken_ = 0, fetches_ = 0;
  unsigned lines_ = 0, seen_lines_ = 0;  // now, and in the last cycle
  // Port state.
  bool fetch_due_ = false;
  std::uint32_t fetch_address_ = 0;
  unsigned data_due_ = 0;  // cycles until the answer, 0: none
  bool data_error_ = false;
  std::uint32_t data_word_ = 0;
};

// The first field in which two records differ, with both values; empty if they agree.
std::string describe_difference(const IssRecord& core, const IssRecord& model);

}  // namespace luoshu
