// SPDX-License-Identifier: Apache-2.0
#include "memory_bus.h"

#include <algorithm>
#include <cmath>

namespace luoshu {
namespace {

constexpr std::uint32_t kNoRow = 0xffffffffu;

}  // namespace

MemoryBus::MemoryBus(const MemoryTiming& timing, std::uint64_t seed)
    : timing_(timing),
      limited_(timing.share < 1 || timing.refresh_cycles != 0 || timing.row_miss != 0 || timing.stalls > 0),
      income_(static_cast<std::uint32_t>(std::lround(timing.share * kBeat))),
      stall_threshold_(static_cast<std::uint64_t>(timing.stalls * 0x1p32)),
      random_(seed + 1),
      rows_(std::max(1u, timing.banks), kNoRow) {}

void MemoryBus::advance() {
  if (!limited_) return;
  ++cycle_;
  // One beat can be saved up, so that a fraction is kept exactly and nothing more.
  credit_ = std::min<std::int64_t>(credit_ + income_, 2 * kBeat - 1);
  stalled_ = stall_threshold_ != 0 && random_.below(stall_threshold_);
  if (timing_.refresh_cycles != 0 && cycle_ % timing_.refresh_interval == 0) {
    pause(timing_.refresh_cycles);
    std::fill(rows_.begin(), rows_.end(), kNoRow);
  }
}

bool MemoryBus::read(std::uint32_t address) {
  if (!limited_) return true;
  if (cycle_ < free_from_) return false;
  open_row(address);
  if (cycle_ < free_from_ || stalled_ || credit_ < kBeat) return false;
  credit_ -= kBeat;
  return true;
}

void MemoryBus::write(std::uint32_t address) {
  if (!limited_) return;
  open_row(address);
  if (timing_.share < 1) credit_ -= kBeat;
}

void MemoryBus::open_row(std::uint32_t address) {
  if (timing_.row_bytes == 0) return;
  const std::uint32_t row = address / timing_.row_bytes;
  std::uint32_t& open = rows_[row % rows_.size()];
  if (open == row) return;
  open = row;
  pause(timing_.row_miss);
}

void MemoryBus::pause(unsigned cycles) {
  free_from_ = std::max(free_from_, cycle_) + cycles;
}

}  // namespace luoshu
