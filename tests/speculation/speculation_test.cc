// SPDX-License-Identifier: Apache-2.0
// Drafters and speculative decoding on the model device and the reference: greedy text equal to the bit, the
// distribution of sampled text equal by a chi-square test against what plain sampling gives.
#include "runtime/speculation.h"

#include <cmath>
#include <map>

#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "support/drafters.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"
#include "support/models.h"
#include "support/seed.h"

namespace {

using namespace luoshu;
using testing_support::Continuation;
using testing_support::expect_lossless;
using testing_support::OracleDrafter;
using testing_support::plain;
using testing_support::RandomDrafter;
using testing_support::Tokens;

// ---------------------------------------------------------------- drafters

TEST(NgramDrafter, TakesTheLongestAndThenTheLatestMatch) {
  const auto drafter = make_ngram_drafter({1, 8});
  EXPECT_EQ(drafter->draft({1, 2, 3, 9, 2, 3, 7, 1, 2, 3}, 2), (Tokens{9, 2}));  // 1 2 3, not 2 3
  EXPECT_EQ(drafter->draft({5, 1, 6, 1, 7, 1}, 1), (Tokens{7}));
  EXPECT_EQ(drafter->draft({1, 2, 3}, 4), Tokens{});
  EXPECT_EQ(drafter->draft({4}, 4), Tokens{});
}

TEST(NgramDrafter, GoesRoundAPeriod) {
  const auto drafter = make_ngram_drafter({1, 8});
  EXPECT_EQ(drafter->draft({1, 2, 3, 1, 2, 3, 1}, 7), (Tokens{2, 3, 1, 2, 3, 1, 2}));
  EXPECT_EQ(drafter->draft({8, 8}, 3), (Tokens{8, 8, 8}));
}

TEST(NgramDrafter, KeepsToItsLimits) {
  EXPECT_EQ(make_ngram_drafter({3, 8})->draft({1, 2, 9, 1, 2}, 1), Tokens{});
  // compares two tokens only, so that the latest of both matches counts
  EXPECT_EQ(make_ngram_drafter({1, 2})->draft({5, 1, 2, 3, 6, 1, 2, 4, 5, 1, 2}, 1), (Tokens{4}));
  EXPECT_THROW(make_ngram_drafter({0, 2}), InputError);
  EXPECT_THROW(make_ngram_drafter({3, 2}), InputError);
}

// ---------------------------------------------------------------- greedy

// A model on the model device.
class Loaded {
 public:
  Loaded(const gguf::File& file, const std::string& name, std::uint32_t context)
      : config_(ModelConfig::from(file)),
        chip_(configuration(name), 1),
        image_(file, config_, chip_.capabilities(), context) {
    image_.upload(chip_, nullptr, false);
    engine_ = make_chip_engine(chip_, image_, config_.vocab);
  }
  Engine& engine() { return *engine_; }

 private:
  ModelConfig config_;
  ModelChip chip_;
  Image image_;
  std::unique_ptr<Engine> engine_;
};

Tokens some_tokens(std::uint32_t vocab, std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Tokens ids(n);
  for (auto& id : ids) id = static_cast<std::int32_t>(random() % vocab);
  return ids;
}

// Positions cross two blocks of 32 keys, with drafts that are accepted and refused on both sides.
TEST(Speculation, GreedyTextIsThatOfPlainDecoding) {
  const gguf::File file(testing_support::bundled_model());
  Loaded model(file, "lab", 96);
  Engine& engine = model.engine();
  const Tokens prompt = some_tokens(engine.vocab(), 21, test_seed());
  const Continuation expected = plain(engine, prompt, 60);
  Tokens all = prompt;
  all.insert(all.end(), expected.tokens.begin(), expected.tokens.end());
  for (const std::uint32_t most : {1u, 3u, 7u}) {
    RandomDrafter random(engine.vocab(), test_seed());
    expect_lossless(engine, prompt, expected, random, most);
    OracleDrafter oracle(all, 4, test_seed());
    const SpeculationCounts counts = expect_lossless(engine, prompt, expected, oracle, most);
    EXPECT_LT(counts.passes, 59u);
    EXPECT_LT(counts.accepted, counts.drafted);
    EXPECT_EQ(counts.passes + counts.accepted, 59u);
    const auto ngram = make_ngram_drafter({});
    expect_lossless(engine, prompt, expected, *ngram, most);
  }
}

// The last positions of the context: no drafts beyond them.
TEST(Speculation, StaysInTheContext) {
  const gguf::File file(testing_support::bundled_model());
  Loaded model(file, "lab", 40);
  const Tokens prompt = some_tokens(model.engine().vocab(), 30, 2);
  const Continuation expected = plain(model.engine(), prompt, 11);  // the last token takes no position
  Tokens all = prompt;
  all.insert(all.end(), expected.tokens.begin(), expected.tokens.end());
  all.resize(60, 3);  // guesses beyond the end
  OracleDrafter oracle(all, 1000, 1);
  expect_lossless(model.engine(), prompt, expected, oracle, 7);
}

// A draft model that is the model itself is always right; one whose text was refused goes on from the truth.
TEST(Speculation, DraftModel) {
  const gguf::File file(testing_support::bundled_model());
  Loaded model(file, "lab", 96);
  Loaded same(file, "wide", 96);
  const Tokens prompt = some_tokens(model.engine().vocab(), 20, 3);
  const Continuation expected = plain(model.engine(), prompt, 49);
  const auto drafter = make_model_drafter(same.engine());
  SpeculationCounts counts = expect_lossless(model.engine(), prompt, expected, *drafter, 3);
  EXPECT_EQ(counts.accepted, counts.drafted);
  EXPECT_EQ(counts.passes, 12u);
  // another text on the same drafter, then beyond the draft's context
  const Tokens other = some_tokens(model.engine().vocab(), 18, 4);
  counts = expect_lossless(model.engine(), other, plain(model.engine(), other, 29), *drafter, 3);
  EXPECT_EQ(counts.accepted, counts.drafted);
  Loaded small(file, "lab", 32);
  const auto short_drafter = make_model_drafter(small.engine());
  counts = expect_lossless(model.engine(), prompt, expected, *short_drafter, 3);
  EXPECT_EQ(counts.accepted, counts.drafted);
  EXPECT_GT(counts.passes, 12u);
}

// Where drafts cost, fewer are made: none where a pass of two costs twice as much and guesses are bad.
TEST(Speculation, DraftsAsManyAsPay) {
  const gguf::File file(testing_support::bundled_model());
  Loaded model(file, "lab", 96);
  const Tokens prompt = some_tokens(model.engine().vocab(), 20, 5);
  Tokens text = prompt;
  text.push_back(model.engine().evaluate(prompt, LogitsMode::kLast, nullptr));
  const auto drafted = [&](const std::function<double(std::uint32_t)>& cost) {
    RandomDrafter random(model.engine().vocab(), 6);
    Speculator speculator(model.engine(), random, {7, cost, {}});
    model.engine().rollback(static_cast<std::uint32_t>(prompt.size()));
    Tokens here = text;
    while (here.size() < text.size() + 40)
      for (const std::int32_t token : speculator.next(here, 40, nullptr, nullptr)) here.push_back(token);
    return speculator.counts().drafted;
  };
  const auto free = drafted([](std::uint32_t) { return 1.0; });
  const auto dear = drafted([](std::uint32_t tokens) { return static_cast<double>(tokens); });
  EXPECT_GT(free, 80u);
  EXPECT_LT(dear, 10u);
}

// ---------------------------------------------------------------- sampled

// The chi-square statistic of counts against probabilities, cells below five expected counts taken together,
// over its quantile 1 - 1e-6 (Wilson and Hilferty's approximation): above 1 the counts have another
// distribution.
template <class Key>
double excess(const std::map<Key, double>& p, const std::map<Key, std::uint64_t>& counts, std::uint64_t n) {
  double chi2 = 0, rest_expected = 0, rest_seen = static_cast<double>(n);
  double freedom = -1;
  const auto add = [&](double expected, double seen) {
    chi2 += (seen - expected) * (seen - expected) / expected;
    ++freedom;
  };
  double left = static_cast<double>(n);
  for (const auto& [key, probability] : p) {
    const double expected = probability * static_cast<double>(n);
    if (expected < 5) continue;
    const auto at = counts.find(key);
    const double seen = at == counts.end() ? 0.0 : static_cast<double>(at->second);
    add(expected, seen);
    left -= expected;
    rest_seen -= seen;
  }
  rest_expected = left;
  if (rest_expected >= 5)
    add(rest_expected, rest_seen);
  else if (rest_seen > 30)
    return 1e9;  // far too many of what hardly happens
  const double part = 2.0 / (9.0 * freedom);
  constexpr double kQuantile = 4.753;
  return chi2 / (freedom * std::pow(1 - part + kQuantile * std::sqrt(part), 3));
}

SamplerOptions spread(std::uint64_t seed) {
  SamplerOptions options;
  options.temperature = 0.9f;
  options.top_k = 7;
  options.top_p = 0.95f;
  options.min_p = 0.02f;
  options.repeat_penalty = 1.3f;
  options.seed = seed;
  return options;
}

TEST(Speculation, OneTokenHasTheSamplersDistribution) {
  const std::vector<TokenProbability> p = {{4, 0.5}, {2, 0.3}, {7, 0.15}, {1, 0.05}};
  std::map<std::int32_t, double> exact;
  for (const TokenProbability& each : p) exact[each.token] = each.probability;
  constexpr std::uint64_t kDraws = 40000;
  Sampler sampler(spread(test_seed()));
  for (const std::int32_t draft : {4, 2, 7, 1, 9}) {  // 9 has no probability
    std::map<std::int32_t, std::uint64_t> seen, wrong;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      ++seen[sample_with_draft(sampler, p, draft)];
      // not removing the refused draft is the usual mistake; the test must see it
      const auto at = exact.find(draft);
      const bool taken = at != exact.end() && sampler.uniform() < at->second;
      ++wrong[taken ? draft : sampler.draw(p)];
    }
    EXPECT_LT(excess(exact, seen, kDraws), 1) << draft;
    if (draft != 9) EXPECT_GT(excess(exact, wrong, kDraws), 1) << draft;
  }
  EXPECT_EQ(sample_with_draft(sampler, {{3, 1.0}}, 3), 3);
  EXPECT_EQ(sample_with_draft(sampler, {{3, 1.0}}, 4), 3);
}

// One guess for the tokens behind a prompt, whatever came there so far.
class FixedDrafter : public Drafter {
 public:
  FixedDrafter(std::size_t prompt, Tokens guess) : prompt_(prompt), guess_(std::move(guess)) {}
  Tokens draft(const Tokens& text, std::size_t count) override {
    const std::size_t from = text.size() - prompt_;
    Tokens guess(guess_.begin() + static_cast<std::ptrdiff_t>(from), guess_.end());
    guess.resize(std::min(count, guess.size()));
    return guess;
  }

 private:
  const std::size_t prompt_;
  const Tokens guess_;
};

// The first three tokens of a random model of 16 tokens, with every filter and the repeat penalty on.
TEST(Speculation, TextHasTheDistributionOfPlainSampling) {
  testing_support::RandomModel random;
  random.vocab = 16;
  random.d = 32;
  random.ff = 32;
  random.layers = 1;
  random.type = gguf::Type::kF32;
  random.output_type = gguf::Type::kF32;
  const auto file = testing_support::mapped(random.file());
  const ModelConfig config = ModelConfig::from(*file);
  Reference reference(*file, config, 16);
  const auto engine = make_reference_engine(reference, config.vocab, 16);
  const Tokens prompt = {3, 1, 4, 1, 5, 9};

  // Exactly what plain sampling draws from: the product of the distributions along each text.
  const Sampler sampler(spread(0));
  std::map<Tokens, double> exact;
  const std::function<void(const Tokens&, double)> walk = [&](const Tokens& tail, double probability) {
    if (tail.size() == 3) {
      exact[tail] = probability;
      return;
    }
    Tokens text = prompt;
    text.insert(text.end(), tail.begin(), tail.end());
    std::vector<float> logits;
    engine->reset();
    engine->evaluate(text, LogitsMode::kLast, &logits);
    for (const TokenProbability& next : sampler.distribution(logits.data(), logits.size(), text)) {
      Tokens longer = tail;
      longer.push_back(next.token);
      walk(longer, probability * next.probability);
    }
  };
  walk({}, 1);
  ASSERT_GT(exact.size(), 100u);
  const auto by_probability = [](const auto& a, const auto& b) { return a.second < b.second; };
  const Tokens likeliest = std::max_element(exact.begin(), exact.end(), by_probability)->first;
  const Tokens rare = std::next(exact.begin(), static_cast<std::ptrdiff_t>(exact.size() / 2))->first;

  constexpr std::uint64_t kTexts = 20000;
  for (const Tokens& guess : {likeliest, rare}) {
    FixedDrafter drafter(prompt.size(), guess);
    Speculator speculator(*engine, drafter, {3, {}, {}});
    Sampler draws(spread(test_seed()));
    std::map<Tokens, std::uint64_t> seen;
    engine->reset();
    engine->evaluate(prompt, LogitsMode::kNone, nullptr);
    for (std::uint64_t i = 0; i < kTexts; ++i) {
      Tokens text = prompt;
      while (text.size() < prompt.size() + 3) {
        engine->rollback(static_cast<std::uint32_t>(text.size() - 1));
        for (const std::int32_t token :
             speculator.next(text, prompt.size() + 3 - text.size(), &draws, nullptr))
          text.push_back(token);
      }
      ++seen[Tokens(text.begin() + static_cast<std::ptrdiff_t>(prompt.size()), text.end())];
    }
    EXPECT_GT(speculator.counts().accepted, kTexts / 20);
    EXPECT_LT(excess(exact, seen, kTexts), 1);
  }
}

}  // namespace
