// SPDX-License-Identifier: Apache-2.0
#include "luoshu/clocked_transport.h"

#include <algorithm>

#include "luoshu/error.h"
#include "luoshu/interrupt.h"

namespace luoshu {

void ClockedTransport::check_open() const {
  if (closed_) throw DisconnectedError("the simulated chip was closed; open a new one");
}

Transport::TimePoint ClockedTransport::now() const {
  if (options_.cycle_time.count() == 0) return Clock::now();
  return TimePoint(std::chrono::duration_cast<Clock::duration>(options_.cycle_time * cycles_));
}

std::size_t ClockedTransport::write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) {
  check_open();
  if (n == 0) return 0;
  for (;;) {
    poll_interrupt();
    const ClockedPeer::Step step = peer_.step(data, n, options_.slice_cycles, received_);
    cycles_ += step.cycles;
    if (step.consumed > 0) return std::min(step.consumed, n);
    if (now() >= deadline) return 0;
  }
}

std::size_t ClockedTransport::read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) {
  check_open();
  while (head_ == received_.size()) {
    received_.clear();
    head_ = 0;
    if (now() >= deadline) return 0;
    poll_interrupt();
    cycles_ += peer_.step(nullptr, 0, options_.slice_cycles, received_).cycles;
  }
  const std::size_t take = std::min(n, received_.size() - head_);
  std::copy_n(received_.begin() + static_cast<std::ptrdiff_t>(head_), take, data);
  head_ += take;
  return take;
}

}  // namespace luoshu
