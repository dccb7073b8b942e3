// SPDX-License-Identifier: Apache-2.0
// The in-process transport: a device whose clock advances only while the host writes or waits.
#pragma once
#include <memory>
#include <vector>

#include "luoshu/transport.h"

namespace luoshu {

// What the verilated chip (or a model) offers. step() is the only call on the fast path.
class ClockedPeer {
 public:
  struct Step {
    std::size_t consumed = 0;  // bytes taken from to_device
    std::uint64_t cycles = 0;  // clock cycles that passed, at least 1
  };
  virtual ~ClockedPeer() = default;
  // Runs 1 to max_cycles clock cycles: offers to_device[0..n) to the chip (up to 4 bytes per cycle) and
  // appends what the chip sends to from_device. May return early; should once all n > 0 bytes are taken, and
  // when n = 0 once bytes have come. Throws DeviceError when the simulation ends.
  virtual Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
                    std::vector<std::uint8_t>& from_device) = 0;
};

class ClockedTransport final : public Transport {
 public:
  struct Options {
    std::uint64_t slice_cycles = 2048;  // cycles between two looks at the clock
    std::chrono::nanoseconds cycle_time{
        0};  // > 0: now() counts device cycles of this length instead of wall time
  };
  // The peer outlives the transport.
  explicit ClockedTransport(ClockedPeer& peer) : ClockedTransport(peer, Options()) {}
  ClockedTransport(ClockedPeer& peer, Options options) : peer_(peer), options_(options) {}

  std::size_t write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  std::size_t read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  void close() override { closed_ = true; }
  std::string describe() const override { return "in-process simulation"; }
  TimePoint now() const override;
  // Device cycles that passed in this transport's calls.
  std::uint64_t cycles() const { return cycles_; }

 private:
  void check_open() const;
  ClockedPeer& peer_;
  Options options_;
  std::vector<std::uint8_t> received_;  // bytes from the device, read up to head_
  std::size_t head_ = 0;
  std::uint64_t cycles_ = 0;
  bool closed_ = false;
};

}  // namespace luoshu
