// SPDX-License-Identifier: Apache-2.0
#include "luoshu/faulty_transport.h"

#include <algorithm>

namespace luoshu {
namespace {
constexpr std::size_t kRun = 64;
}

bool FaultyTransport::happens(double probability) {
  if (probability <= 0) return false;
  const bool yes = std::uniform_real_distribution<double>(0, 1)(random_) < probability;
  if (yes) ++statistics_.faults;
  return yes;
}

void FaultyTransport::damage(const Faults& faults, const std::uint8_t* data, std::size_t n,
                             std::vector<std::uint8_t>& out, std::size_t& lose) {
  const std::size_t start = out.size();
  for (std::size_t i = 0; i < n; ++i) {
    ++statistics_.bytes;
    if (lose > 0) {
      --lose;
      continue;
    }
    if (happens(faults.drop)) continue;
    if (happens(faults.lose_run)) {
      lose = random_() % kRun;
      continue;
    }
    if (happens(faults.insert)) out.push_back(static_cast<std::uint8_t>(random_()));
    std::uint8_t byte = data[i];
    if (happens(faults.flip)) byte = static_cast<std::uint8_t>(byte ^ (1U << (random_() % 8)));
    out.push_back(byte);
    if (happens(faults.duplicate)) {
      const std::size_t run = std::min<std::size_t>(1 + random_() % kRun, out.size() - start);
      const std::vector<std::uint8_t> copy(out.end() - static_cast<std::ptrdiff_t>(run), out.end());
      out.insert(out.end(), copy.begin(), copy.end());
    }
  }
}

bool FaultyTransport::push_out(TimePoint deadline) {
  if (out_.empty() || happens(to_device_.delay)) return out_.empty();
  const std::size_t n = inner_->write_some(out_.data(), out_.size(), deadline);
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(n));
  return out_.empty();
}

std::size_t FaultyTransport::write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) {
  if (!dead_ && push_out(deadline)) {
    const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(n, kill_after_));
    if (kill_after_ != ~std::uint64_t{0}) kill_after_ -= take;
    damage(to_device_, data, take, out_, lose_out_);
    push_out(deadline);
    if (kill_after_ == 0) dead_ = true;
    return take;
  }
  return 0;
}

std::size_t FaultyTransport::read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) {
  if (dead_) {
    // Time must pass for the host; a simulated clock needs the device to run, its bytes are thrown away.
    std::uint8_t ignored[256];
    inner_->read_some(ignored, sizeof ignored, deadline);
    return 0;
  }
  push_out(TimePoint{});
  std::vector<std::uint8_t> fresh(n);
  const auto fetch = [&](TimePoint until) {
    const std::size_t got = inner_->read_some(fresh.data(), n, until);
    damage(from_device_, fresh.data(), got, in_, lose_in_);
  };
  // What is still on its way out moves on while the host waits.
  while (in_.empty() && !out_.empty() && now() < deadline) {
    fetch(TimePoint{});
    push_out(TimePoint{});
  }
  if (in_.empty()) fetch(deadline);
  if (happens(from_device_.delay)) return 0;
  const std::size_t take = std::min(n, in_.size());
  std::copy_n(in_.begin(), take, data);
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(take));
  return take;
}

}  // namespace luoshu
