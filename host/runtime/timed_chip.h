// SPDX-License-Identifier: Apache-2.0
// A chip that tells how long the device took: what is left of the wall time is the host's own.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "luoshu/chip.h"

namespace luoshu {

class TimedChip final : public Chip {
 public:
  explicit TimedChip(std::unique_ptr<Chip> chip) : chip_(std::move(chip)) {}
  // Told of every call when it ends: its name, the chip's cycles at its begin, the seconds that it took.
  using Observer = std::function<void(const char* call, std::uint64_t begin, double seconds)>;
  void observe(Observer observer) { observer_ = std::move(observer); }
  // Seconds that the device took so far: what it tells itself, else all that was spent in its calls.
  double seconds() const { return chip_->device_seconds().value_or(seconds_); }

  const Capabilities& capabilities() const override { return chip_->capabilities(); }
  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) override {
    const Timer timer(*this, "write memory");
    chip_->write_memory(address, data, bytes);
  }
  bool map_memory(std::uint32_t address, int file, std::uint64_t offset, std::size_t bytes) override {
    const Timer timer(*this, "map memory");
    return chip_->map_memory(address, file, offset, bytes);
  }
  void read_memory(std::uint32_t address, void* data, std::size_t bytes) override {
    const Timer timer(*this, "read memory");
    chip_->read_memory(address, data, bytes);
  }
  std::uint32_t checksum(std::uint32_t address, std::uint64_t bytes) override {
    const Timer timer(*this, "checksum");
    return chip_->checksum(address, bytes);
  }
  void configure(std::uint32_t kv_head_stride, std::uint32_t kv_block_bytes,
                 const std::vector<std::uint32_t>& stop_ids) override {
    const Timer timer(*this, "configure");
    chip_->configure(kv_head_stride, kv_block_bytes, stop_ids);
  }
  void start(const RunRequest& run) override {
    const Timer timer(*this, "start run");
    chip_->start(run);
  }
  void stop() override {
    const Timer timer(*this, "stop");
    chip_->stop();
  }
  ChipEvent next_event(std::chrono::milliseconds deadline) override {
    const Timer timer(*this, "wait for event");
    return chip_->next_event(deadline);
  }
  ChipCounters counters(bool clear) override {
    const Timer timer(*this, "read counters");
    return chip_->counters(clear);
  }
  std::uint64_t cycles() const override { return chip_->cycles(); }

 private:
  class Timer {
   public:
    Timer(TimedChip& chip, const char* call)
        : chip_(chip), call_(call), cycle_(chip.observer_ ? chip.cycles() : 0) {}
    ~Timer() {
      const double taken = std::chrono::duration<double>(Clock::now() - start_).count();
      chip_.seconds_ += taken;
      if (chip_.observer_) chip_.observer_(call_, cycle_, taken);
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    using Clock = std::chrono::steady_clock;
    TimedChip& chip_;
    const char* const call_;
    const std::uint64_t cycle_;
    const Clock::time_point start_ = Clock::now();
  };

  std::unique_ptr<Chip> chip_;
  Observer observer_;
  double seconds_ = 0;
};

}  // namespace luoshu
