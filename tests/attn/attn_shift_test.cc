// SPDX-License-Identifier: Apache-2.0
// luoshu_attn_shift with multipliers against a plain shift, in the shapes of its uses: every distance, corner
// and random operands.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstdint>
#include <memory>
#include <random>
#include <type_traits>
#include <vector>

#include "Vattn_shift.h"
#include "support/seed.h"

namespace {

constexpr unsigned kWidth = SHIFT_WIDTH, kLeft = SHIFT_LEFT, kOut = SHIFT_OUT;
static_assert(kWidth + kLeft + 1 <= 64);

std::uint64_t low_bits(std::uint64_t value, unsigned bits) {
  return value & ((std::uint64_t{1} << bits) - 1);
}

TEST(AttnShift, EveryDistance) {
  std::mt19937_64 random(luoshu::test_seed());
  std::vector<std::int64_t> operands;
  for (unsigned bit = 0; bit + 1 < kWidth; ++bit) {
    for (const std::int64_t near : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << bit) + near;
      operands.push_back(value);
      operands.push_back(-value);
    }
  }
  operands.push_back((std::int64_t{1} << (kWidth - 1)) - 1);
  operands.push_back(-(std::int64_t{1} << (kWidth - 1)));
  for (int i = 0; i < 2000; ++i)
    operands.push_back(static_cast<std::int64_t>(random()) >> (64 - kWidth + random() % (kWidth - 1)));
  VerilatedContext context;
  const auto top = std::make_unique<Vattn_shift>(&context, "shift");
  for (const std::int64_t x : operands) {
    for (unsigned n = 0; n < 64; ++n) {
      top->x_i = static_cast<std::remove_reference_t<decltype(top->x_i)>>(
          low_bits(static_cast<std::uint64_t>(x), kWidth));
      top->n_i = static_cast<std::uint8_t>(n);
      top->eval();
      const std::int64_t wide = x * (std::int64_t{1} << (kLeft + 1));
      const std::uint64_t y = top->y_o;
      ASSERT_EQ(y, low_bits(static_cast<std::uint64_t>(wide >> n), kOut + 1)) << x << " >> " << n;
      if (kLeft + 1 == kOut) {
        const std::int64_t limit = std::int64_t{1} << (kOut - 2), result = wide >> n >> 1;
        ASSERT_EQ(top->over_o, result < -limit || result >= limit) << x << " >> " << n;
      }
    }
  }
}

}  // namespace
