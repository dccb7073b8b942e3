// SPDX-License-Identifier: Apache-2.0
// The seed of random tests: LUOSHU_TEST_SEED, which `luoshu test --seed N` sets, else 1. Printed once for the
// replay.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace luoshu {

inline std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    const char* text = std::getenv("LUOSHU_TEST_SEED");
    const std::uint64_t value = text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
    std::printf("seed %llu; replay with: luoshu test --seed %llu\n", static_cast<unsigned long long>(value),
                static_cast<unsigned long long>(value));
    return value;
  }();
  return seed;
}

}  // namespace luoshu
