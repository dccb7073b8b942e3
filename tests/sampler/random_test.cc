// SPDX-License-Identifier: Apache-2.0
#include "sampler/random.h"

#include <gtest/gtest.h>

namespace luoshu {
namespace {

// Published values of the reference programs.
TEST(Random, KnownValues) {
  std::uint64_t state = 0;
  EXPECT_EQ(splitmix64(state), 0xE220A8397B1DCDAFu);
  EXPECT_EQ(splitmix64(state), 0x6E789E6AA1B965F4u);
  EXPECT_EQ(splitmix64(state), 0x06C45D188009454Fu);
  Random random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
  EXPECT_EQ(random.next(), 11520u);
  EXPECT_EQ(random.next(), 0u);
  EXPECT_EQ(random.next(), 1509978240u);
  EXPECT_EQ(random.next(), 1215971899390074240u);
}

TEST(Random, UniformIsBelowOneAndSeedsDiffer) {
  Random random(0);
  Random same(0);
  Random other(1);
  bool differs = false;
  for (int i = 0; i < 100000; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    ASSERT_EQ(value, same.uniform());
    differs = differs || value != other.uniform();
  }
  EXPECT_TRUE(differs);
  static_assert(static_cast<double>(~std::uint64_t{0} >> 11) * 0x1p-53 < 1.0);
}

}  // namespace
}  // namespace luoshu
