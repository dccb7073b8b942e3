// SPDX-License-Identifier: Apache-2.0
// The runner on the model device: tokens, least work, caches filled to the depth in the chip's own format.
#include "bench/runner.h"

#include <gtest/gtest.h>

#include "bench/cache.h"
#include "bench/shapes.h"
#include "chip/kernels.h"
#include "chip/model_chip.h"
#include "luoshu/configuration.h"
#include "luoshu/interrupt.h"

namespace {

using namespace luoshu;
using namespace luoshu::bench;

class RunnerTest : public testing::Test {
 protected:
  std::unique_ptr<gguf::File> file = synthetic_model(shape("stories260k"), gguf::Type::kQ8_0);
  ModelConfig config = ModelConfig::from(*file);
  TimedChip chip{std::make_unique<ModelChip>(configuration("lab"), 1)};
};

TEST_F(RunnerTest, CountsTokensAndLeastWork) {
  Runner runner(chip, *file, config, 80, 3);
  const Measurement decode = runner.run({BenchTest::Kind::kDecode, 2, 40}, 3);
  EXPECT_EQ(decode.passes, 2u);
  EXPECT_EQ(decode.tokens, 6u);
  EXPECT_EQ(decode.work.bytes, 2 * runner.image().file_bytes() + 3 * (41 + 42) * key_bytes(config));
  const Measurement prefill = runner.run({BenchTest::Kind::kPrefill, 19, 8}, 3);
  EXPECT_EQ(prefill.batch, 1u);
  EXPECT_EQ(prefill.tokens, 19u);
  EXPECT_EQ(prefill.passes, 3u);  // 8 tokens per pass
  EXPECT_EQ(prefill.work.bytes, runner.image().file_bytes() + 27 * key_bytes(config));
}

TEST_F(RunnerTest, AttentionAloneIsOneLayer) {
  Runner runner(chip, *file, config, 80, 1);
  const Measurement m = runner.run({BenchTest::Kind::kAttention, 3, 70}, 1);
  EXPECT_EQ(m.passes, 3u);
  EXPECT_EQ(m.work.bytes, 3 * 71 * key_bytes(config) / config.layers);
  EXPECT_EQ(m.attention_bound, m.roofline_cycles);
}

// At any poll point of any test; the one after a new start is as if nothing had been.
TEST_F(RunnerTest, StopsWhenAsked) {
  for (const BenchTest& test : {BenchTest{BenchTest::Kind::kDecode, 3, 0},
                                {BenchTest::Kind::kPrefill, 60, 8},
                                {BenchTest::Kind::kAttention, 3, 40}}) {
    for (const std::uint32_t batch : {1u, 2u}) {
      for (const int after : {1, 30}) {
        Runner runner(chip, *file, config, 80, 2);
        int polls = 0;
        {
          const PollObserver observer([&] {
            if (++polls == after) request_interrupt();
          });
          EXPECT_THROW(runner.run(test, batch), InterruptedError)
              << test.name() << ' ' << batch << ' ' << after;
        }
        clear_interrupt();
        EXPECT_EQ(polls, after);
        EXPECT_EQ(runner.state().substr(0, 4), after == 1 && test.depth != 0            ? "fill"
                                               : test.kind == BenchTest::Kind::kPrefill ? "toke"
                                                                                        : "pass")
            << after;
      }
    }
  }
}

// Keys up to the depth are there in every layer, head and sequence; what they hold is read back as the chip
// reads it.
TEST_F(RunnerTest, FillsTheCache) {
  Image image(*file, config, chip.capabilities(), 80, 2);
  fill_cache(chip, image, config, 2, 50);
  std::vector<std::uint8_t> block(image.kv().block_bytes);
  model::KvCache cache;
  cache.lanes = image.chip().lanes;
  cache.head_dim = config.head_dim;
  cache.base = block.data();
  cache.block_bytes = image.kv().block_bytes;
  for (std::uint32_t s = 0; s < 2; ++s) {
    for (std::uint32_t l = 0; l < config.layers; ++l) {
      for (std::uint32_t h = 0; h < config.kv_heads; ++h) {
        chip.read_memory(image.kv_address(s, l, h) + image.kv().block_bytes, block.data(), block.size());
        for (std::uint32_t key = 0; key < 18; ++key) {
          EXPECT_EQ(static_cast<std::int8_t>(block[key]), -10);
          EXPECT_EQ(static_cast<std::int8_t>(block[32 + key]), -6);
          int energy = 0;
          for (std::uint32_t d = 0; d < config.head_dim; ++d)
            energy += std::abs(static_cast<std::int8_t>(block[cache.key_high(key, d)]));
          EXPECT_GT(energy, 0) << s << ' ' << l << ' ' << h << ' ' << key;
        }
      }
    }
  }
}

// A line through two points, for everything that is counted; bounds are those of the whole model.
TEST_F(RunnerTest, ExtrapolatesALine) {
  Measurement a;
  a.test = {BenchTest::Kind::kDecode, 1, 9};
  a.cycles = 1000;
  a.counters.weights_read = 640;
  a.counters.vector.busy = 50;
  Measurement b = a;
  b.cycles = 1300;
  b.counters.weights_read = 960;
  b.counters.vector.busy = 40;
  const Measurement m = extrapolate(a, 2, b, 4, 10);
  EXPECT_EQ(m.cycles, 2200u);
  EXPECT_EQ(m.counters.weights_read, 1920u);
  EXPECT_EQ(m.counters.vector.busy, 10u);
  EXPECT_EQ(extrapolate(a, 2, b, 4, 100).counters.vector.busy, 0u);
  EXPECT_EQ(m.test.depth, 9u);
  EXPECT_EQ(m.from_layers, 2u);
}

}  // namespace
