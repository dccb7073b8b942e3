// SPDX-License-Identifier: Apache-2.0
// Random programs: the core against the model, instruction by instruction, under random stalls and
// interrupts.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <random>

#include "core/core_bench.h"
#include "core/random_program.h"
#include "support/seed.h"

namespace luoshu {
namespace {

constexpr std::uint64_t kInstructions = 1200000;  // in all
constexpr std::uint64_t kPerProgram = 2000;

TEST(CoreLockstep, RandomPrograms) {
  const std::array<BenchTiming, 6> timings = {{
      {100, 100, 1, 0},   // the fastest memory
      {100, 100, 1, 20},  // with interrupts
      {50, 50, 4, 20},    // random stalls
      {90, 20, 12, 50},   // slow data port
      {15, 100, 2, 10},   // instruction port hardly granted
      {80, 80, 2, 300},   // interrupt storm
  }};
  std::uint64_t retired = 0, cycles = 0, interrupts = 0, traps = 0;
  for (std::uint64_t round = 0; retired < kInstructions; ++round) {
    const std::uint64_t seed = test_seed() + round;
    CoreBench bench(seed, timings.at(seed % timings.size()));
    std::mt19937_64 rng(seed);
    for (int i = 0; i < 20; ++i) {
      bench.start(random_program(rng));
      ASSERT_TRUE(bench.run(kPerProgram)) << bench.error() << "; program " << i
                                          << "; replay with: luoshu test --filter core_test --seed " << seed;
      retired += bench.records().size();
      cycles += bench.cycles();
      interrupts += bench.interrupts_taken();
      for (const IssRecord& record : bench.records()) traps += record.trap ? 1 : 0;
    }
  }
  std::printf("%llu instructions, %llu cycles, %llu exceptions, %llu interrupts\n",
              static_cast<unsigned long long>(retired), static_cast<unsigned long long>(cycles),
              static_cast<unsigned long long>(traps), static_cast<unsigned long long>(interrupts));
  EXPECT_GT(traps, retired / 100);
  EXPECT_GT(interrupts, retired / 1000);
}

}  // namespace
}  // namespace luoshu
