// SPDX-License-Identifier: Apache-2.0
// Speculative decoding on the Verilated chip: text and logits equal those of plain decoding on the same chip,
// with drafts accepted and refused inside and across blocks of 32 keys, under random stalls.
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "simulated_chip.h"
#include "support/drafters.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"
#include "support/models.h"
#include "support/seed.h"

namespace {

using namespace luoshu;
using namespace luoshu::testing_support;

void compare(const gguf::File& file, std::uint64_t seed, std::size_t prompt_tokens, std::size_t count) {
  const ModelConfig config = ModelConfig::from(file);
  SimulationOptions options;
  options.memory = "latency30";
  options.seed = seed;
  SimulatedChip chip(options, true);
  Image image(file, config, chip.capabilities(), static_cast<std::uint32_t>(prompt_tokens + count));
  image.upload(chip, nullptr, false);
  const auto engine = make_chip_engine(chip, image, config.vocab);
  std::mt19937_64 random(seed);
  Tokens prompt(prompt_tokens);
  for (auto& token : prompt) token = static_cast<std::int32_t>(random() % config.vocab);
  const Continuation expected = plain(*engine, prompt, count);
  Tokens all = prompt;
  all.insert(all.end(), expected.tokens.begin(), expected.tokens.end());

  RandomDrafter wrong(config.vocab, seed);
  EXPECT_GT(expect_lossless(*engine, prompt, expected, wrong, 3).drafted, count / 2);
  OracleDrafter oracle(all, 4, seed);
  const SpeculationCounts counts =
      expect_lossless(*engine, prompt, expected, oracle, engine->pass_tokens() - 1);
  EXPECT_GT(counts.accepted, count / 2);
  EXPECT_LT(counts.accepted, counts.drafted);
}

TEST(SpeculationChip, RandomModels) {
  std::uint64_t seed = test_seed();
  RandomModel m;
  compare(*mapped(m.file()), seed++, 19, 50);
  m.type = gguf::Type::kQ4_0;  // joined columns
  m.qk_norm = true;
  m.arch = "qwen3";
  m.layers = 1;
  m.d = 64;
  m.head_dim = 64;
  compare(*mapped(m.file()), seed, 27, 44);
}

TEST(SpeculationChip, Bundled) {
  const gguf::File file(bundled_model());
  compare(file, 0, 26, 12);
}

}  // namespace
