// SPDX-License-Identifier: Apache-2.0
// Benchmarks on the simulated chip: an extrapolation from few layers against the whole model, and what the
// counters of attention alone say. Cycles are deterministic, so the limits are not a matter of the machine.
#include <gtest/gtest.h>

#include "bench/runner.h"
#include "bench/shapes.h"
#include "simulated_chip.h"

namespace {

using namespace luoshu;
using namespace luoshu::bench;

class BenchChip : public testing::Test {
 protected:
  Measurement run(std::uint32_t layers, const BenchTest& test, std::uint32_t batch) {
    ModelConfig config = whole;
    config.layers = layers;
    SimulationOptions options;
    options.memory = "latency30";
    TimedChip chip(std::make_unique<SimulatedChip>(options, true));
    return Runner(chip, *file, config, test.depth + test.count, batch).run(test, batch);
  }
  std::unique_ptr<gguf::File> file = synthetic_model(shape("stories260k"), gguf::Type::kQ8_0);
  const ModelConfig whole = ModelConfig::from(*file);
};

TEST_F(BenchChip, ExtrapolationMatchesTheWholeModel) {
  const BenchTest tests[] = {{BenchTest::Kind::kDecode, 2, 40},
                             {BenchTest::Kind::kPrefill, 20, 0},
                             {BenchTest::Kind::kDecode, 2, 70}};
  std::uint32_t batch = 1;
  for (const BenchTest& test : tests) {
    const Measurement two = run(2, test, batch);
    const Measurement four = run(4, test, batch);
    const Measurement all = run(whole.layers, test, batch);
    const Measurement guess = extrapolate(two, 2, four, 4, whole.layers);
    const auto cycles = static_cast<double>(all.cycles);
    EXPECT_NEAR(static_cast<double>(guess.cycles), cycles, cycles * 0.01) << test.name();
    EXPECT_EQ(guess.counters.weights_read, all.counters.weights_read) << test.name();
    EXPECT_EQ(guess.counters.kv_read, all.counters.kv_read) << test.name();
    batch = 4;
  }
}

// A cache written to a depth costs decoding what a computed one costs, to the cycle.
TEST_F(BenchChip, WrittenDepthCostsWhatComputedDepthCosts) {
  constexpr std::uint32_t kDepth = 45;
  constexpr std::uint32_t kPasses = 3;
  const Measurement written = run(whole.layers, {BenchTest::Kind::kDecode, kPasses, kDepth}, 1);
  SimulationOptions options;
  options.memory = "latency30";
  SimulatedChip chip(options, true);
  Image image(*file, whole, chip.capabilities(), kDepth + kPasses);
  image.upload(chip, nullptr, false);
  const auto engine = make_chip_engine(chip, image, whole.vocab);
  std::vector<std::int32_t> prompt(kDepth);
  for (std::uint32_t i = 0; i < kDepth; ++i) prompt[i] = static_cast<std::int32_t>(i * 7 % whole.vocab);
  const std::int32_t next = engine->evaluate(prompt, LogitsMode::kLast, nullptr);
  std::uint64_t cycles = 0;
  engine->decode_greedy(next, kPasses, {}, [&](std::int32_t, std::uint64_t taken) {
    cycles += taken;
    return true;
  });
  EXPECT_EQ(written.cycles, cycles);
}

// Attention alone never beats its bound, stays near it on a long text, and costs nothing but itself.
TEST_F(BenchChip, AttentionAlone) {
  const Measurement m = run(whole.layers, {BenchTest::Kind::kAttention, 2, 1000}, 1);
  EXPECT_GE(m.cycles, m.roofline_cycles);
  EXPECT_LT(m.cycles, m.roofline_cycles * 3 / 2);
  EXPECT_EQ(m.counters.attention.busy, m.cycles);
  EXPECT_GT(m.host_seconds, 0);
  EXPECT_LT(m.host_seconds, m.wall_seconds);
}

}  // namespace
