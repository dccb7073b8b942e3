// SPDX-License-Identifier: Apache-2.0
#include "sampler/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>

#include "support/seed.h"

namespace luoshu {
namespace {

using Logits = std::vector<float>;
using Tokens = std::vector<std::int32_t>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Every step switched off at temperature 1.
SamplerOptions plain() {
  SamplerOptions options;
  options.temperature = 1;
  options.top_p = 1;
  options.min_p = 0;
  options.repeat_penalty = 1;
  options.top_k = 0;
  return options;
}

std::vector<TokenProbability> distribution(const SamplerOptions& options, const Logits& logits,
                                           const Tokens& history = {}) {
  return Sampler(options).distribution(logits.data(), logits.size(), history);
}

Tokens kept(const SamplerOptions& options, const Logits& logits, const Tokens& history = {}) {
  Tokens tokens;
  for (const TokenProbability& each : distribution(options, logits, history)) tokens.push_back(each.token);
  return tokens;
}

Logits logs(const std::vector<double>& probabilities) {
  Logits logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

TEST(Sampler, GreedyTakesTheBestAndTheLowestIdOfEquals) {
  SamplerOptions options;
  options.temperature = 0;
  Sampler sampler(options);
  const Logits logits = {-1, 3, 2, 3, -kInfinity};
  EXPECT_EQ(sampler.sample(logits.data(), logits.size(), {}), 1);
  EXPECT_EQ(kept(options, logits), (Tokens{1}));
  EXPECT_EQ(distribution(options, logits)[0].probability, 1.0);
  options.repeat_penalty = 1.1f;
  EXPECT_EQ(kept(options, logits, {1}), (Tokens{3}));
}

TEST(Sampler, GreedyUsesNoRandomNumber) {
  SamplerOptions options;
  options.temperature = 0;
  Sampler sampler(options), untouched(options);
  const Logits logits = {1, 2};
  sampler.sample(logits.data(), logits.size(), {});
  EXPECT_EQ(sampler.uniform(), untouched.uniform());
}

TEST(Sampler, SoftmaxSortedByProbabilityThenId) {
  const std::vector<TokenProbability> d = distribution(plain(), logs({0.125, 0.25, 0.5, 0.125}));
  ASSERT_EQ(d.size(), 4u);
  const Tokens order = {2, 1, 0, 3};
  const std::vector<double> expected = {0.5, 0.25, 0.125, 0.125};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(d[i].token, order[i]);
    // A logit of at most 3 has an error of at most 2^-23, half of its spacing; two such errors enter a ratio.
    EXPECT_NEAR(d[i].probability, expected[i], expected[i] * 4 * 0x1p-23);
  }
}

TEST(Sampler, Temperature) {
  SamplerOptions options = plain();
  options.temperature = 0.5f;  // squares the probabilities
  const std::vector<TokenProbability> d = distribution(options, logs({0.8, 0.2}));
  EXPECT_NEAR(d[0].probability, 0.64 / 0.68, 1e-6);
  options.temperature = 1e-6f;
  EXPECT_EQ(kept(options, {1, 2}), (Tokens{1}));  // exp underflows: the other token is absent, nothing is NaN
}

TEST(Sampler, TopK) {
  SamplerOptions options = plain();
  const Logits logits = {1, 5, 3, 5, 2};
  for (const auto& [k, expected] : std::map<int, Tokens>{{-1, {1, 3, 2, 4, 0}},
                                                         {0, {1, 3, 2, 4, 0}},
                                                         {1, {1}},
                                                         {2, {1, 3}},
                                                         {3, {1, 3, 2}},
                                                         {99, {1, 3, 2, 4, 0}}}) {
    options.top_k = k;
    EXPECT_EQ(kept(options, logits), expected) << k;
  }
}

TEST(Sampler, TopP) {
  SamplerOptions options = plain();
  const Logits logits = logs({0.1, 0.5, 0.3, 0.1});
  for (const auto& [p, expected] : std::map<float, Tokens>{{0.01f, {1}},
                                                           {0.49f, {1}},
                                                           {0.51f, {1, 2}},
                                                           {0.79f, {1, 2}},
                                                           {0.81f, {1, 2, 0}},
                                                           {0.95f, {1, 2, 0, 3}},
                                                           {1.0f, {1, 2, 0, 3}}}) {
    options.top_p = p;
    EXPECT_EQ(kept(options, logits), expected) << p;
  }
}

TEST(Sampler, MinP) {
  SamplerOptions options = plain();
  const Logits logits = logs({0.1, 0.5, 0.3, 0.1});
  for (const auto& [p, expected] : std::map<float, Tokens>{
           {0.0f, {1, 2, 0, 3}}, {0.19f, {1, 2, 0, 3}}, {0.21f, {1, 2}}, {0.61f, {1}}, {1.0f, {1}}}) {
    options.min_p = p;
    EXPECT_EQ(kept(options, logits), expected) << p;
  }
  options.min_p = 1;
  EXPECT_EQ(kept(options, {2, 2, 1}), (Tokens{0, 1}));  // equals of the best stay
}

TEST(Sampler, RepeatPenalty) {
  SamplerOptions options = plain();
  options.repeat_penalty = 2;
  const std::vector<TokenProbability> d = distribution(options, {4, -1, 3}, {0, 1, 0, 77, -5});
  // 4 / 2 once although it is there twice, -1 * 2, ids outside the vocabulary are skipped: 2, -2, 3
  ASSERT_EQ(d.size(), 3u);
  EXPECT_EQ(d[0].token, 2);
  EXPECT_NEAR(d[1].probability / d[0].probability, std::exp(-1.0), 1e-12);
  EXPECT_NEAR(d[2].probability / d[0].probability, std::exp(-5.0), 1e-12);
}

TEST(Sampler, RepeatPenaltyLooksBackLastN) {
  SamplerOptions options = plain();
  options.repeat_penalty = 10;
  const Logits logits = {3, 2, 1};
  const Tokens history = {0, 1};
  for (const auto& [n, first] : std::map<int, std::int32_t>{{0, 0}, {1, 0}, {2, 2}, {64, 2}, {-1, 2}}) {
    options.repeat_last_n = n;
    EXPECT_EQ(kept(options, logits, history).front(), first) << n;
  }
}

// Order of the steps: each pair gives another result the other way round.
TEST(Sampler, StepsComeInOrder) {
  SamplerOptions options = plain();
  options.repeat_penalty = 10;
  options.top_k = 1;
  EXPECT_EQ(kept(options, {3, 2}, {0}), (Tokens{1}));  // penalty, then top-k

  options = plain();
  options.top_k = 2;
  options.top_p = 0.55f;                                         // 0.4 / 0.7 = 0.57 of what top-k leaves
  EXPECT_EQ(kept(options, logs({0.4, 0.3, 0.3})), (Tokens{0}));  // top-k, then top-p

  options = plain();
  options.top_p = 0.85f;
  options.temperature = 100;  // nearly uniform, but the filters saw the sharp one
  EXPECT_EQ(kept(options, logs({0.9, 0.05, 0.05})), (Tokens{0}));
  options.top_p = 1;
  options.min_p = 0.5f;
  EXPECT_EQ(kept(options, logs({0.9, 0.05, 0.05})), (Tokens{0}));  // filters, then temperature
}

// The definition: each step over what the one before left. Returns the tokens in order.
Tokens filter_slowly(const SamplerOptions& options, const Logits& logits) {
  std::vector<std::pair<float, std::int32_t>> left;
  for (std::size_t i = 0; i < logits.size(); ++i) left.emplace_back(-logits[i], static_cast<std::int32_t>(i));
  std::sort(left.begin(), left.end());
  if (options.top_k > 0) left.resize(std::min(left.size(), static_cast<std::size_t>(options.top_k)));
  double total = 0, passed = 0;
  for (const auto& [negative, token] : left) total += std::exp(-static_cast<double>(negative));
  std::size_t count = 0;
  while (count < left.size() && (options.top_p == 1 || passed < static_cast<double>(options.top_p) * total)) {
    passed += std::exp(-static_cast<double>(left[count++].first));
  }
  left.resize(count);
  Tokens tokens;
  for (const auto& [negative, token] : left) {
    const double ratio = std::exp(static_cast<double>(left[0].first) - static_cast<double>(negative));
    if (ratio >= static_cast<double>(options.min_p)) tokens.push_back(token);
  }
  return tokens;
}

TEST(Sampler, FiltersEqualTheDefinition) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 2000; ++round) {
    SamplerOptions options;
    options.top_k = random() % 2 == 0 ? 0 : static_cast<int>(random() % 50);
    options.top_p = random() % 4 == 0 ? 1.0f : 0.001f + static_cast<float>(random() % 998) * 1e-3f;
    options.min_p = random() % 4 == 0 ? 0.0f : static_cast<float>(random() % 1000) * 3e-4f;
    Logits logits(1 + random() % 200);
    for (float& logit : logits) logit = static_cast<float>(random() % 100000) * 1e-4f - 5;
    ASSERT_EQ(kept(options, logits), filter_slowly(options, logits)) << "round " << round;
  }
}

TEST(Sampler, EqualSeedsGiveEqualTokens) {
  SamplerOptions options = plain();
  options.seed = 7;
  Sampler a(options), b(options);
  options.seed = 8;
  Sampler c(options);
  Logits logits(1000);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i % 17) * 0.1f;
  bool differs = false;
  for (int i = 0; i < 200; ++i) {
    const std::int32_t token = a.sample(logits.data(), logits.size(), {});
    ASSERT_EQ(token, b.sample(logits.data(), logits.size(), {}));
    differs = differs || token != c.sample(logits.data(), logits.size(), {});
  }
  EXPECT_TRUE(differs);
}

// Pinned, so that a change of the random stream or of its mapping to tokens cannot go unnoticed.
TEST(Sampler, KnownTokens) {
  SamplerOptions options = plain();
  options.seed = 42;
  Sampler sampler(options);
  const Logits logits(10, 0.0f);
  Random random(42);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(sampler.sample(logits.data(), logits.size(), {}),
              static_cast<std::int32_t>(random.uniform() * 10));
  }
}

// Pearson's statistic of `draws` samples; its distribution is close to chi-square with cells - 1 degrees of
// freedom.
double chi_square(const std::vector<TokenProbability>& expected, const std::map<std::int32_t, int>& counts,
                  int draws) {
  double sum = 0;
  for (const TokenProbability& each : expected) {
    const auto found = counts.find(each.token);
    const double mean = each.probability * draws;
    const double miss = (found == counts.end() ? 0 : found->second) - mean;
    sum += miss * miss / mean;
  }
  return sum;
}

// The value that chi-square with `degrees` exceeds with a probability of 1e-9 (Wilson and Hilferty 1931; the
// normal deviate of that tail is 5.998).
double chi_square_limit(double degrees) {
  const double spread = 2.0 / (9.0 * degrees);
  return degrees * std::pow(1.0 - spread + 5.998 * std::sqrt(spread), 3);
}

TEST(Sampler, FrequenciesFollowTheDistribution) {
  std::mt19937_64 random(test_seed());
  constexpr int kDraws = 60000;
  for (int round = 0; round < 4; ++round) {
    SamplerOptions options;  // the defaults, so that every filter takes part
    options.seed = random();
    options.top_k = 20;
    options.repeat_penalty = 1.2f;
    Sampler sampler(options);
    Logits logits(100);
    for (float& logit : logits) logit = static_cast<float>(random() % 4000) * 1e-3f;
    const Tokens history = {1, 2, 3};
    const std::vector<TokenProbability> expected =
        sampler.distribution(logits.data(), logits.size(), history);
    ASSERT_GT(expected.size(), 10u);
    ASSERT_GT(expected.back().probability * kDraws,
              20);  // enough in each cell for the chi-square approximation
    std::map<std::int32_t, int> counts;
    for (int i = 0; i < kDraws; ++i) ++counts[sampler.sample(logits.data(), logits.size(), history)];
    for (const auto& [token, count] : counts) {
      ASSERT_TRUE(
          std::any_of(expected.begin(), expected.end(), [t = token](const auto& e) { return e.token == t; }));
    }
    const double limit = chi_square_limit(static_cast<double>(expected.size() - 1));
    EXPECT_LT(chi_square(expected, counts, kDraws), limit);
    // The check can fail: 0.3 of the likeliest token's share given to the second adds about
    // 2 * 0.3^2 * mean to the statistic, hundreds for a mean of thousands.
    ASSERT_GT(expected[0].probability * kDraws, 2000);
    std::vector<TokenProbability> wrong = expected;
    wrong[0].probability -= expected[0].probability * 0.3;
    wrong[1].probability += expected[0].probability * 0.3;
    EXPECT_GT(chi_square(wrong, counts, kDraws), limit);
  }
}

TEST(Sampler, ProbabilitiesSumToOne) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 200; ++round) {
    SamplerOptions options;
    options.top_k = static_cast<int>(random() % 60) - 1;
    options.temperature = 0.1f + static_cast<float>(random() % 30) * 0.1f;
    Logits logits(1 + random() % 500);
    for (float& logit : logits)
      logit = random() % 9 == 0 ? -kInfinity : static_cast<float>(random() % 2000) * 0.01f - 10;
    logits[random() % logits.size()] = 10;
    double sum = 0, previous = 2;
    const std::vector<TokenProbability> d = distribution(options, logits);
    for (const TokenProbability& each : d) {
      ASSERT_GT(each.probability, 0);
      ASSERT_LE(each.probability, previous);
      ASSERT_FALSE(std::isinf(logits[static_cast<std::size_t>(each.token)]));
      previous = each.probability;
      sum += each.probability;
    }
    // Each of the at most 500 quotients and sums is rounded by at most 2^-53 of a value of at most 1.
    ASSERT_NEAR(sum, 1.0, 1000 * 0x1p-53);
  }
}

TEST(Sampler, BrokenLogitsAreADeviceError) {
  for (const float temperature : {0.0f, 1.0f}) {
    SamplerOptions options;
    options.temperature = temperature;
    Sampler sampler(options);
    const auto error = [&](const Logits& logits) -> std::string {
      try {
        sampler.sample(logits.data(), logits.size(), {});
      } catch (const DeviceError& caught) {
        return caught.what();
      }
      return "no DeviceError";
    };
    EXPECT_NE(error({1, 2, NAN}).find("logit of token 2 is NaN"), std::string::npos);
    EXPECT_NE(error({1, kInfinity}).find("logit of token 1 is infinite"), std::string::npos);
    EXPECT_NE(error({-kInfinity, -kInfinity}).find("every logit is -infinity"), std::string::npos);
    EXPECT_NE(error({}).find("0 logits"), std::string::npos);
    EXPECT_EQ(error({1, -kInfinity}), "no DeviceError");
  }
}

TEST(Sampler, OptionsOutOfRangeNameTheirFlag) {
  const auto error = [](void (*change)(SamplerOptions&)) -> std::string {
    SamplerOptions options;
    change(options);
    try {
      Sampler sampler(options);
    } catch (const InputError& caught) {
      return caught.what();
    }
    return "no InputError";
  };
  EXPECT_EQ(error([](SamplerOptions&) {}), "no InputError");
  EXPECT_EQ(error([](SamplerOptions& o) { o.top_p = 0; }).find("--top-p must be in (0, 1], not 0; "), 0u);
  EXPECT_EQ(error([](SamplerOptions& o) { o.top_p = 1.5f; }).find("--top-p must be in (0, 1], not 1.5; "),
            0u);
  EXPECT_EQ(error([](SamplerOptions& o) { o.top_p = NAN; }).find("--top-p must be in (0, 1], not nan; "), 0u);
  EXPECT_EQ(
      error([](SamplerOptions& o) { o.temperature = -0.1f; }).find("--temp must be 0 or more, not -0.1; "),
      0u);
  EXPECT_EQ(
      error([](SamplerOptions& o) { o.temperature = kInfinity; }).find("--temp must be 0 or more, not inf; "),
      0u);
  EXPECT_EQ(error([](SamplerOptions& o) { o.min_p = 1.1f; }).find("--min-p must be in [0, 1], not 1.1; "),
            0u);
  EXPECT_EQ(error([](SamplerOptions& o) { o.min_p = -1; }).find("--min-p must be in [0, 1], not -1; "), 0u);
  EXPECT_EQ(error([](SamplerOptions& o) {
              o.repeat_penalty = 0;
            }).find("--repeat-penalty must be more than 0, not 0; "),
            0u);
  EXPECT_EQ(error([](SamplerOptions& o) { o.top_k = -2; }).find("--top-k must be -1 or more"), 0u);
  EXPECT_EQ(error([](SamplerOptions& o) { o.repeat_last_n = -2; }).find("--repeat-last-n must be -1 or more"),
            0u);
}

}  // namespace
}  // namespace luoshu
