// SPDX-License-Identifier: Apache-2.0
// A transport moves bytes between host and device. It knows nothing of frames.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace luoshu {

class Transport {
 public:
  using Clock = std::chrono::steady_clock;
  using TimePoint = Clock::time_point;

  virtual ~Transport() = default;
  // Takes at least one of n bytes, waiting until the deadline for room; returns how many were taken, 0 when
  // the deadline passed. Throws DisconnectedError when the peer is gone.
  virtual std::size_t write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) = 0;
  // Delivers at least one and at most n bytes; 0 when the deadline passed. A deadline in the past means "only
  // what is there". Throws DisconnectedError when the peer is gone and nothing is left to read.
  virtual std::size_t read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) = 0;
  // Ends the connection; later calls throw DisconnectedError.
  virtual void close() = 0;
  // For messages: "unix:/run/luoshu.sock".
  virtual std::string describe() const = 0;
  // The clock of all deadlines; a simulated device may count its own time.
  virtual TimePoint now() const { return Clock::now(); }
};

}  // namespace luoshu
