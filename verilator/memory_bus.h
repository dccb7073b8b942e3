// SPDX-License-Identifier: Apache-2.0
// In which cycles the data bus of a simulated memory can move a beat: a share of the cycles, not during a
// refresh, not while a row is opened, not in a random stall.
#pragma once
#include <cstdint>
#include <vector>

#include "memory_timing.h"

namespace luoshu {

// A xorshift generator for stalls: fast, seeded, the same everywhere.
class StallRandom {
 public:
  explicit StallRandom(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
  // True once in `n` calls on average.
  bool one_in(std::uint32_t n) { return next() % n == 0; }
  // True in threshold / 2^32 of the calls on average.
  bool below(std::uint64_t threshold) { return next() < threshold; }

 private:
  std::uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  std::uint64_t state_;
};

class MemoryBus {
 public:
  MemoryBus(const MemoryTiming& timing, std::uint64_t seed);
  // Goes on to the next cycle.
  void advance();
  // True when a beat of a read at `address` moves in this cycle; else the caller asks again in the next one.
  // Opens the row.
  bool read(std::uint32_t address);
  // A beat is written: the bus is taken, later beats wait.
  void write(std::uint32_t address);

 private:
  static constexpr std::uint32_t kBeat = 1u << 16;  // what a beat costs
  void open_row(std::uint32_t address);
  void pause(unsigned cycles);

  const MemoryTiming timing_;
  const bool limited_;          // anything that can stop the bus
  const std::uint32_t income_;  // per cycle, kBeat at a share of 1
  const std::uint64_t stall_threshold_;
  StallRandom random_;
  std::vector<std::uint32_t> rows_;  // open row per bank
  std::int64_t credit_ = kBeat;
  std::uint64_t cycle_ = 0;
  std::uint64_t free_from_ = 0;  // the first cycle that can move a beat
  bool stalled_ = false;
};

}  // namespace luoshu
