// SPDX-License-Identifier: Apache-2.0
// The fp32 reference and the bit-exact model against what an independent float64 evaluation says (real weights), and
// against each other on random models of every family.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "chip/model_chip.h"
#include "config/vocabulary.h"
#include "luoshu/configuration.h"
#include "program/image.h"
#include "reference/reference.h"
#include "runtime/engine.h"
#include "support/gguf_writer.h"
#include "support/models.h"

namespace {

using namespace luoshu;
using testing_support::RandomModel;

std::vector<float> model_logits(const gguf::File& file, const ModelConfig& config, const std::vector<std::int32_t>& tokens) {
  ModelChip chip(configuration("lab"), 1);
  Image image(file, config, chip.capabilities(), 256);
  image.upload(chip, nullptr, true);
  const auto engine = make_chip_engine(chip, image, config.vocab);
  std::vector<float> logits;
  engine->evaluate(tokens, LogitsMode::kAll, &logits);
  return logits;
}

double mean_kld(const std::vector<float>& truth, const std::vector<float>& other, std::size_t vocab) {
  double sum = 0;
  const std::size_t rows = truth.size() / vocab;
  for (std::size_t r = 0; r < rows; ++r) {
    const auto log_softmax = [&](const std::vector<float>& v) {
      std::vector<double> out(v.begin() + static_cast<std::ptrdiff_t>(r * vocab), v.begin() + static_cast<std::ptrdiff_t>((r + 1) * vocab));
      const double top = *std::max_element(out.begin(), out.end());
      double total = 0;
      for (const double x : out) total += std::exp(x - top);
      for (double& x : out) x -= top + std::log(total);
      return out;
    };
    const auto p = log_softmax(truth);
    const auto q = log_softmax(other);
    for (std::size_t i = 0; i < vocab; ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
  }
  return sum / static_cast<double>(rows);
}

TEST(Reference, RandomFamilies) {
  for (int family = 0; family < 4; ++family) {
    RandomModel m;
    m.seed = static_cast<std::uint64_t>(family) + 1;
    if (family == 1) m.arch = "qwen2", m.bias = true, m.type = gguf::Type::kQ4_0;
    if (family == 2) m.arch = "qwen3", m.qk_norm = true, m.type = gguf::Type::kQ4_1, m.head_dim = 64;
    if (family == 3) m.type = gguf::Type::kF16, m.rope_dims = 16, m.ff = 44;
    const std::string path = testing::TempDir() + "luoshu_reference_" + std::to_string(getpid()) + ".gguf";
    std::ofstream(path, std::ios::binary) << m.file();
    const gguf::File file(path);
    unlink(path.c_str());
    const ModelConfig config = ModelConfig::from(file);
    std::vector<std::int32_t> tokens;
    for (int i = 0; i < 60; ++i) tokens.push_back(i * 37 % static_cast<int>(m.vocab));
    Reference reference(file, config, 64);
    std::vector<float> truth;
    reference.evaluate(tokens, truth);
    // In pieces it must be the same text.
    reference.reset();
    std::vector<float> part;
    reference.evaluate({tokens.begin(), tokens.begin() + 25}, part);
    reference.evaluate({tokens.begin() + 25, tokens.end()}, part);
    for (std::size_t i = 0; i < part.size(); ++i) ASSERT_NEAR(part[i], truth[truth.size() - part.size() + i], 2e-3) << m.arch;
    EXPECT_LT(mean_kld(truth, model_logits(file, config, tokens), config.vocab), 1e-3) << m.arch;
  }
}

// Greedy continuations up to the first near-tie of the expected margins.
TEST(Reference, Stories260K) {
  const std::string expected_path = testing_support::real_file("stories260K.expected.json");
  if (expected_path.empty()) GTEST_SKIP() << "stories260K is not here; set LUOSHU_MODELS to the folder that holds it";
  const auto expected = nlohmann::json::parse(std::ifstream(expected_path));
  constexpr double kNearTie = 0.05;
  std::size_t compared = 0;
  for (const auto& item : expected.items()) {
    const gguf::File file(testing_support::real_file(item.key()));
    const ModelConfig config = ModelConfig::from(file);
    const auto tokenizer = Tokenizer::create(vocabulary_of(file, config.vocab));
    for (const auto& one : item.value()) {
      const auto prompt = one["prompt_tokens"].get<std::vector<std::int32_t>>();
      ASSERT_EQ(tokenizer->encode(one["prompt"].get<std::string>()), prompt) << item.key();
      const auto tokens = one["tokens"].get<std::vector<std::int32_t>>();
      const auto margins = one["margins"].get<std::vector<double>>();
      Reference reference(file, config, config.context_length);
      const auto fp32 = make_reference_engine(reference, config.vocab, config.context_length);
      ModelChip chip(configuration("lab"), 1);
      Image image(file, config, chip.capabilities(), config.context_length);
      image.upload(chip, nullptr, true);
      const auto exact = make_chip_engine(chip, image, config.vocab);
      for (Engine* engine : {fp32.get(), exact.get()}) {
        std::int32_t next = engine->evaluate(prompt, LogitsMode::kLast, nullptr);
        for (std::size_t i = 0; i < tokens.size() && margins[i] >= kNearTie; ++i) {
          ASSERT_EQ(next, tokens[i]) << item.key() << ", prompt '" << one["prompt"] << "', token " << i << ", margin " << margins[i];
          ++compared;
          if (i + 1 < tokens.size()) next = engine->evaluate({tokens[i]}, LogitsMode::kLast, nullptr);
        }
      }
    }
  }
  EXPECT_GT(compared, 200u);
}

}  // namespace
