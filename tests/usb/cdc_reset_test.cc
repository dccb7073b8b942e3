// SPDX-License-Identifier: Apache-2.0
// luoshu_cdc_reset: for any two clocks and any pulse both domains are in reset together before either leaves
// it, b leaves first, and both leave; without a pulse as well, from any initial state of the registers that
// have none.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>

#include "Vreset.h"
#include "support/seed.h"
#include "verilated.h"

namespace {

TEST(CdcReset, BothTogetherThenBThenA) {
  std::mt19937_64 rng(luoshu::test_seed());
  for (int i = 0; i < 300; ++i) {
    const std::int64_t a_period = 1000 + static_cast<std::int64_t>(rng() % 20000);
    const std::int64_t b_period = i % 4 == 0 ? a_period : 1000 + static_cast<std::int64_t>(rng() % 20000);
    VerilatedContext context;
    context.randReset(2);
    context.randSeed(i + 1);
    Vreset top(&context);
    std::int64_t next_a = static_cast<std::int64_t>(rng() % 3) * 700;
    std::int64_t next_b = 0;
    int pulse = i % 3 == 0 ? 0 : 1 + static_cast<int>(rng() % 4);  // first run: the power-on without a pulse
    int runs = 0;
    bool together = false;
    bool b_left = false;
    std::int64_t limit = 0;
    const auto restart = [&](std::int64_t now) {
      together = b_left = false;
      limit = now + 20 * (a_period + b_period);
    };
    restart(0);
    top.clk_a_i = top.clk_b_i = 0;
    top.rst_ni = 1;
    top.eval();
    while (runs < 4) {
      const std::int64_t now = std::min(next_a, next_b);
      const bool a = now == next_a;
      const bool b = now == next_b;
      if (a) {
        top.rst_ni = pulse > 0 ? 0 : 1;
        if (pulse > 0) restart(now);
        if (pulse > 0) --pulse;
      }
      top.eval();
      if (a) top.clk_a_i = 1;
      if (b) top.clk_b_i = 1;
      top.eval();
      if (top.rst_ni == 0) ASSERT_EQ(top.rst_a_no, 0);  // at once
      if (top.rst_a_no == 0 && top.rst_b_no == 0) together = true;
      if (together && top.rst_b_no != 0) b_left = true;
      if (top.rst_a_no != 0) {
        ASSERT_TRUE(together && b_left) << "a left its reset alone, run " << i;
        ASSERT_EQ(top.rst_b_no, 1);
        if (rng() % 10 == 0) {
          ++runs;
          pulse = 1 + static_cast<int>(rng() % 4);
        }
      } else {
        ASSERT_LT(now, limit) << "still in reset, run " << i;
      }
      if (a) {
        top.clk_a_i = 0;
        next_a += a_period;
      }
      if (b) {
        top.clk_b_i = 0;
        next_b += b_period;
      }
      top.eval();
    }
    top.final();
  }
}

}  // namespace
