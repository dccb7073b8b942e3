// SPDX-License-Identifier: Apache-2.0
// The fp32 reference and the bit-exact model against what an independent float64 evaluation says (real
// weights), and against each other on random models of every family.
#include "reference/reference.h"

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
#include "runtime/engine.h"
#include "support/gguf_writer.h"
#include "support/models.h"

namespace {

using namespace luoshu;
using testing_support::RandomModel;

std::vector<float> model_logits(const gguf::File& file, const ModelConfig& config,
                                const std::vector<std::int32_t>& tokens) {
  ModelChip chip(configuration("lab"), 1);
  Image image(file, config, chip.capabilities(), 512);
  image.upload(chip, nullptr, true);
  const auto engine = make_chip_engine(chip, image, config.vocab);
  std::vector<float> logits;
  engine->evaluate(tokens, LogitsMode::kAll, &logits);
  return logits;
}

// How far a distribution is from the reference's, over all positions.
struct Distance {
  std::size_t positions = 0, same = 0;    // same: the same top token
  std::size_t clear = 0, clear_same = 0;  // positions where the reference's margin is 0.1 or more
  double kld = 0;                         // sum, nats
};

std::vector<double> log_softmax(const float* logits, std::size_t n) {
  std::vector<double> out(logits, logits + n);
  const double top = *std::max_element(out.begin(), out.end());
  double total = 0;
  for (const double x : out) total += std::exp(x - top);
  for (double& x : out) x -= top + std::log(total);
  return out;
}

void compare(const std::vector<float>& truth, const std::vector<float>& other, std::size_t vocab,
             Distance& d) {
  for (std::size_t at = 0; at < truth.size(); at += vocab) {
    const auto p = log_softmax(&truth[at], vocab);
    const auto q = log_softmax(&other[at], vocab);
    for (std::size_t i = 0; i < vocab; ++i) d.kld += std::exp(p[i]) * (p[i] - q[i]);
    const auto top = std::max_element(p.begin(), p.end());
    double second = -INFINITY;
    for (auto i = p.begin(); i != p.end(); ++i) second = i == top ? second : std::max(second, *i);
    const bool same = std::max_element(q.begin(), q.end()) - q.begin() == top - p.begin();
    ++d.positions;
    d.same += same ? 1 : 0;
    if (*top - second < 0.1) continue;
    ++d.clear;
    d.clear_same += same ? 1 : 0;
  }
}

double mean_kld(const std::vector<float>& truth, const std::vector<float>& other, std::size_t vocab) {
  Distance d;
  compare(truth, other, vocab, d);
  return d.kld / static_cast<double>(d.positions);
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
    for (std::size_t i = 0; i < part.size(); ++i)
      ASSERT_NEAR(part[i], truth[truth.size() - part.size() + i], 2e-3) << m.arch;
    EXPECT_LT(mean_kld(truth, model_logits(file, config, tokens), config.vocab), 1e-3) << m.arch;
  }
}

// An independent evaluation in float64 (the file's README says how): at every position whose two best logits
// are no near-tie, the reference and the model name its token. The text so far is always the expected one, so
// that a near-tie ends nothing.
TEST(Reference, Stories260K) {
  const std::string expected_path = testing_support::real_file("stories260K.expected.json");
  if (expected_path.empty())
    GTEST_SKIP() << "stories260K is not here; set LUOSHU_MODELS to the folder that holds it";
  const auto expected = nlohmann::json::parse(std::ifstream(expected_path));
  constexpr double kNearTie = 0.05;
  for (const auto& item : expected.items()) {
    const gguf::File file(testing_support::real_file(item.key()));
    const ModelConfig config = ModelConfig::from(file);
    const auto tokenizer = Tokenizer::create(vocabulary_of(file, config.vocab));
    for (const auto& one : item.value()) {
      const auto prompt = one["prompt_tokens"].get<std::vector<std::int32_t>>();
      ASSERT_EQ(tokenizer->encode(one["prompt"].get<std::string>()), prompt) << item.key();
      const auto tokens = one["tokens"].get<std::vector<std::int32_t>>();
      const auto margins = one["margins"].get<std::vector<double>>();
      ASSERT_GE(tokens.size(), 100u);
      Reference reference(file, config, config.context_length);
      const auto fp32 = make_reference_engine(reference, config.vocab, config.context_length);
      ModelChip chip(configuration("lab"), 1);
      Image image(file, config, chip.capabilities(), config.context_length);
      image.upload(chip, nullptr, true);
      const auto exact = make_chip_engine(chip, image, config.vocab);
      for (Engine* const engine : std::initializer_list<Engine*>{fp32.get(), exact.get()}) {
        std::size_t clear = 0;
        std::int32_t next = engine->evaluate(prompt, LogitsMode::kLast, nullptr);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
          if (margins[i] >= kNearTie) {
            ASSERT_EQ(next, tokens[i]) << item.key() << ", prompt '" << one["prompt"] << "', token " << i
                                       << ", margin " << margins[i];
            ++clear;
          }
          if (i + 1 < tokens.size()) next = engine->evaluate({tokens[i]}, LogitsMode::kLast, nullptr);
        }
        EXPECT_GT(clear, tokens.size() * 9 / 10);
      }
    }
  }
}

// The limits that docs/accuracy.md states, on the texts beside the weights.
TEST(Reference, Stories260KAccuracy) {
  const std::string texts = testing_support::real_file("stories.txt");
  if (texts.empty()) GTEST_SKIP() << "stories.txt is not here; set LUOSHU_MODELS to the folder that holds it";
  for (const char* name : {"stories260K.gguf", "stories260K-q8_0.gguf"}) {
    const gguf::File file(testing_support::real_file(name));
    const ModelConfig config = ModelConfig::from(file);
    const auto tokenizer = Tokenizer::create(vocabulary_of(file, config.vocab));
    Distance d;
    std::ifstream in(texts);
    std::string text;
    for (std::string line; std::getline(in, line) || !text.empty();) {
      if (in && !line.empty()) {
        text += (text.empty() ? "" : "\n") + line;
        continue;
      }
      if (text.empty()) continue;
      Reference reference(file, config, 512);
      const auto ids = tokenizer->encode(text);
      std::vector<float> truth;
      reference.evaluate(ids, truth);
      compare(truth, model_logits(file, config, ids), config.vocab, d);
      text.clear();
    }
    const auto n = static_cast<double>(d.positions);
    std::printf("%s: %zu positions, mean KLD %.2e, same top %.2f %%\n", name, d.positions, d.kld / n,
                100 * static_cast<double>(d.same) / n);
    EXPECT_GT(d.positions, 1500u);
    EXPECT_LE(d.kld / n, 2e-4);
    EXPECT_GE(static_cast<double>(d.same) / n, 0.985);
    EXPECT_EQ(d.clear_same, d.clear);
  }
}

// Unusual prompts on a real vocabulary. The ids are those of Google's SentencePiece 0.2 for the same pieces
// and scores, with its identity normaliser and a space before the text.
TEST(Reference, Stories260KTokens) {
  const std::string path = testing_support::real_file("stories260K.gguf");
  if (path.empty()) GTEST_SKIP() << "stories260K is not here; set LUOSHU_MODELS to the folder that holds it";
  const gguf::File file(path);
  const auto tokenizer = Tokenizer::create(vocabulary_of(file, 512));
  const std::vector<std::pair<std::string, std::vector<std::int32_t>>> cases = {
      {"  two leading spaces", {1, 410, 410, 259, 424, 414, 278, 411, 380, 299, 262, 427, 412, 331, 419}},
      {"Once  upon   a time", {1, 403, 410, 407, 410, 410, 261, 378}},
      {"从前有一只小猫。", {1,   410, 231, 190, 145, 232, 140, 144, 233, 159, 140, 231, 187,
                            131, 232, 146, 173, 232, 179, 146, 234, 143, 174, 230, 131, 133}},
      {"😀 Lily 🐱", {1, 410, 243, 162, 155, 131, 317, 410, 243, 162, 147, 180}},
      {"\n\nLily\n", {1, 410, 13, 13, 438, 310, 13}},
      {"a\tb", {1, 261, 12, 430}},
      {"naïve café", {1, 297, 412, 198, 178, 360, 280, 412, 431, 485}},
      {"Tom's dog", {1, 274, 287, 439, 419, 400, 428}},
      {"  ", {1, 410, 410, 410}},
      {"\n", {1, 410, 13}},
      {"1234567890", {1, 410, 475, 479, 472, 484, 480, 490, 491, 487, 483, 477}},
      {"LILY AND TOM", {1, 307, 442, 438, 452, 410, 447, 458, 455, 274, 441, 446}},
      {"é\u0301", {1, 410, 485, 207, 132}},
      {"Ünïcödé ０１２", {1,   410, 198, 159, 416, 198, 178, 429, 198, 185, 418,
                          485, 410, 242, 191, 147, 242, 191, 148, 242, 191, 149}},
      {"\u2581x", {1, 410, 410, 444}},
      {"He said, \"Hi!\" ", {1, 346, 336, 432, 313, 440, 417, 443, 436, 410}},
      {"한국어 텍스트", {1,   410, 240, 152, 159, 237, 184, 176, 239, 153, 183,
                         410, 240, 136, 144, 239, 141, 167, 240, 141, 187}},
      {"مرحبا", {1, 410, 220, 136, 219, 180, 219, 176, 219, 171, 219, 170}},
      {" \u00a0\u3000x", {1, 410, 410, 498, 230, 131, 131, 444}},
  };
  for (const auto& [text, ids] : cases) {
    EXPECT_EQ(tokenizer->encode(text), ids) << text;
    if (text.find("\u2581") == std::string::npos) EXPECT_EQ(tokenizer->decode(ids), " " + text);
  }
}

}  // namespace
