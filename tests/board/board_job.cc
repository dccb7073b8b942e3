// SPDX-License-Identifier: Apache-2.0
// The job that shows that a board computes right.
#include "board/board_bench.h"
#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "luoshu/link_chip.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"

namespace luoshu::test {
namespace {

using testing_support::RandomModel;

RandomModel tiny() {
  RandomModel m;
  m.d = 32;
  m.ff = 32;
  m.heads = 2;
  m.kv_heads = 1;
  m.head_dim = 16;
  m.layers = 1;
  m.vocab = 96;
  m.type = gguf::Type::kQ8_0;
  return m;
}

void expect_same(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(std::memcmp(&a[i], &b[i], 4), 0) << "logit " << i;
}

}  // namespace

void run_job(Device device) {
  const auto chip = std::make_unique<LinkChip>(std::move(device));
  chip->boot();
  EXPECT_EQ(chip->capabilities().memory_bytes, 32U << 20U);
  EXPECT_EQ(chip->capabilities().clock_khz, 25000U);
  const auto file = testing_support::mapped(tiny().file());
  const ModelConfig config = ModelConfig::from(*file);
  ModelChip model(configuration("nano"), 1);
  std::vector<float> logits[2];
  std::vector<std::int32_t> tokens[2];
  Chip* const chips[] = {chip.get(), &model};
  for (int i = 0; i < 2; ++i) {
    Image image(*file, config, configuration("nano").capabilities(), 48);
    image.upload(*chips[i], nullptr, true);
    const auto engine = make_chip_engine(*chips[i], image, config.vocab);
    const std::vector<std::int32_t> prompt{1, 5, 9, 2, 77, 31, 8};
    const std::int32_t next = engine->evaluate(prompt, LogitsMode::kAll, &logits[i]);
    tokens[i].push_back(next);
    engine->decode_greedy(next, 5, {}, [&](std::int32_t token, std::uint64_t) {
      tokens[i].push_back(token);
      return true;
    });
    tokens[i].push_back(engine->evaluate({tokens[i].back()}, LogitsMode::kLast, &logits[i]));
  }
  EXPECT_EQ(tokens[0], tokens[1]);
  expect_same(logits[0], logits[1]);
}

}  // namespace luoshu::test
