// SPDX-License-Identifier: Apache-2.0
// The random stream of a seed, the same on every machine and with every standard library: xoshiro256** 1.0
// (Blackman, Vigna), its state filled by splitmix64. Sources: prng.di.unimi.it/xoshiro256starstar.c and
// /splitmix64.c.
#pragma once
#include <array>
#include <cstdint>

namespace luoshu {

// One step of splitmix64: advances `state` and returns the next value.
constexpr std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15u;
  std::uint64_t mixed = state;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
  return mixed ^ mixed >> 31;
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_{} {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
  }
  explicit constexpr Random(const std::array<std::uint64_t, 4>& state) : state_(state) {}

  constexpr std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // A multiple of 2^-53 in [0, 1): the upper 53 bits of next().
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t value, int by) {
    return value << by | value >> (64 - by);
  }
  std::array<std::uint64_t, 4> state_;
};

}  // namespace luoshu
