// SPDX-License-Identifier: Apache-2.0
// A fast, seeded generator for synthetic data, the same on every machine.
#pragma once
#include <cstdint>

namespace luoshu::bench {

class Xorshift {
 public:
  explicit Xorshift(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
  // 32 random bits.
  std::uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  std::uint32_t below(std::uint32_t n) { return next() % n; }
  float between(float low, float high) {
    return low + (high - low) * static_cast<float>(next() >> 8) * 0x1p-24f;
  }

 private:
  std::uint64_t state_;
};

}  // namespace luoshu::bench
