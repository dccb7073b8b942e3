// SPDX-License-Identifier: Apache-2.0
// Several sequences on one chip: decoded together, each at its own position, they give the logits and tokens
// of each decoded alone, bit for bit.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "chip/model_chip.h"
#include "luoshu/configuration.h"
#include "runtime/engine.h"
#include "simulated_chip.h"
#include "support/gguf_writer.h"
#include "support/seed.h"

namespace {

using namespace luoshu;

struct Decoded {
  std::vector<std::int32_t> tokens;
  std::vector<float> logits;
};

class Model {
 public:
  explicit Model(const testing_support::RandomModel& m)
      : file_("random", bytes(m.file())), config_(ModelConfig::from(file_)) {}
  const ModelConfig& config() const { return config_; }
  std::unique_ptr<BatchEngine> on(Chip& chip, std::uint32_t sequences) {
    image_ = std::make_unique<Image>(file_, config_, chip.capabilities(), kContext, sequences);
    image_->upload(chip, nullptr, false);
    return make_chip_engine(chip, *image_, config_.vocab);
  }

 private:
  static constexpr std::uint32_t kContext = 96;
  static std::vector<std::uint8_t> bytes(const std::string& s) { return {s.begin(), s.end()}; }
  gguf::File file_;
  ModelConfig config_;
  std::unique_ptr<Image> image_;
};

constexpr std::uint32_t kSteps = 4;

std::vector<std::vector<std::int32_t>> prompts(std::uint32_t vocab) {
  std::mt19937_64 random(test_seed());
  std::vector<std::vector<std::int32_t>> all;
  for (const std::size_t length : {3u, 40u, 31u, 32u, 7u}) {
    all.emplace_back(length);
    for (auto& id : all.back()) id = static_cast<std::int32_t>(random() % vocab);
  }
  return all;
}

// Each prompt by itself in the first sequence.
std::vector<Decoded> alone(BatchEngine& engine, const std::vector<std::vector<std::int32_t>>& texts) {
  std::vector<Decoded> out;
  for (const auto& text : texts) {
    engine.reset();
    Decoded d;
    d.tokens.push_back(engine.evaluate(text, LogitsMode::kLast, nullptr));
    for (std::uint32_t i = 0; i < kSteps; ++i)
      d.tokens.push_back(engine.evaluate({d.tokens.back()}, LogitsMode::kLast, &d.logits));
    out.push_back(d);
  }
  return out;
}

// All prompts, each in its sequence, then their continuations step by step; the order turns at every step.
std::vector<Decoded> together(BatchEngine& engine, const std::vector<std::vector<std::int32_t>>& texts,
                              std::uint32_t vocab) {
  const auto count = static_cast<std::uint32_t>(texts.size());
  std::vector<Decoded> out(count);
  for (std::uint32_t s = 0; s < count; ++s) {
    engine.select(s);
    out[s].tokens.push_back(engine.evaluate(texts[s], LogitsMode::kLast, nullptr));
  }
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    std::vector<SequenceToken> batch;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t s = (i + step) % count;
      batch.push_back({s, out[s].tokens.back()});
    }
    std::vector<float> logits;
    const std::vector<std::int32_t> next = engine.evaluate_batch(batch, &logits);
    for (std::uint32_t i = 0; i < count; ++i) {
      Decoded& d = out[batch[i].sequence];
      d.tokens.push_back(next[i]);
      const auto row = logits.begin() + static_cast<std::ptrdiff_t>(std::size_t{i} * vocab);
      d.logits.insert(d.logits.end(), row, row + vocab);
    }
  }
  return out;
}

void expect_equal(const std::vector<Decoded>& a, const std::vector<Decoded>& b, const std::string& what) {
  for (std::size_t s = 0; s < a.size(); ++s) {
    EXPECT_EQ(a[s].tokens, b[s].tokens) << what << ", sequence " << s;
    ASSERT_EQ(a[s].logits.size(), b[s].logits.size());
    EXPECT_EQ(std::memcmp(a[s].logits.data(), b[s].logits.data(), a[s].logits.size() * 4), 0)
        << what << ", sequence " << s;
  }
}

TEST(Batch, EqualsEachAloneOnModelAndChip) {
  testing_support::RandomModel joined;
  joined.type = gguf::Type::kQ4_0;  // four tokens per pass, so that a batch takes two
  for (const testing_support::RandomModel& shape : {testing_support::RandomModel(), joined}) {
    Model model(shape);
    const std::uint32_t vocab = model.config().vocab;
    const auto texts = prompts(vocab);
    ModelChip twin(configuration("lab"), 1);
    const std::vector<Decoded> expected = alone(*model.on(twin, 1), texts);
    expect_equal(together(*model.on(twin, 5), texts, vocab), expected, "model");
    SimulationOptions options;
    options.seed = test_seed();
    SimulatedChip chip(options, true);
    expect_equal(together(*model.on(chip, 5), texts, vocab), expected, "sim");
  }
}

TEST(Batch, RefusesWhatDoesNotFit) {
  Model model({});
  ModelChip chip(configuration("lab"), 1);
  const auto engine = model.on(chip, 2);
  EXPECT_THROW(engine->evaluate_batch({{0, 1}, {0, 2}}, nullptr), InputError);
  EXPECT_THROW(engine->evaluate_batch({{2, 1}}, nullptr), InputError);
  EXPECT_THROW(engine->select(2), InputError);
  EXPECT_THROW(engine->seek(97), InputError);
  engine->select(1);
  engine->seek(96);
  EXPECT_THROW(engine->evaluate_batch({{0, 1}, {1, 1}}, nullptr), InputError);
  engine->select(0);
  EXPECT_EQ(engine->position(), 0u);
}

// After a seek the tokens behind count again: evaluated twice, they give the same bits.
TEST(Batch, SeekGoesBack) {
  Model model({});
  ModelChip chip(configuration("lab"), 1);
  const auto engine = model.on(chip, 1);
  std::vector<float> first;
  std::vector<float> again;
  engine->evaluate({5, 6, 7, 8}, LogitsMode::kAll, &first);
  engine->seek(2);
  engine->evaluate({7, 8}, LogitsMode::kAll, &again);
  const std::size_t half = first.size() / 2;
  ASSERT_EQ(again.size(), half);
  EXPECT_EQ(std::memcmp(first.data() + half, again.data(), half * 4), 0);
}

}  // namespace
