// SPDX-License-Identifier: Apache-2.0
// Drafters for tests, and the comparison of speculative with plain decoding on any engine.
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "runtime/speculation.h"

namespace luoshu::testing_support {

using Tokens = std::vector<std::int32_t>;

// Guesses at random: nearly always wrong.
class RandomDrafter : public Drafter {
 public:
  RandomDrafter(std::uint32_t vocab, std::uint64_t seed) : vocab_(vocab), random_(seed) {}
  Tokens draft(const Tokens&, std::size_t count) override {
    Tokens guess(random_() % (count + 1));
    for (auto& t : guess) t = static_cast<std::int32_t>(random_() % vocab_);
    return guess;
  }

 private:
  const std::uint32_t vocab_;
  std::mt19937_64 random_;
};

// Knows the text and spoils each token with probability 1 / n: any number of drafts is accepted.
class OracleDrafter : public Drafter {
 public:
  OracleDrafter(Tokens text, std::uint64_t n, std::uint64_t seed)
      : text_(std::move(text)), n_(n), random_(seed) {}
  Tokens draft(const Tokens& text, std::size_t count) override {
    Tokens guess;
    for (std::size_t i = text.size(); i < text_.size() && guess.size() < count; ++i)
      guess.push_back(random_() % n_ == 0 ? text_[i] ^ 1 : text_[i]);
    return guess;
  }

 private:
  const Tokens text_;
  const std::uint64_t n_;
  std::mt19937_64 random_;
};

// A greedy continuation with the logits that each token was chosen from.
struct Continuation {
  Tokens tokens;
  std::vector<float> logits;  // [tokens, vocab]
};

// Token by token.
inline Continuation plain(Engine& engine, const Tokens& prompt, std::size_t count) {
  Continuation c;
  engine.reset();
  c.tokens.push_back(engine.evaluate(prompt, LogitsMode::kLast, &c.logits));
  while (c.tokens.size() < count)
    c.tokens.push_back(engine.evaluate({c.tokens.back()}, LogitsMode::kLast, &c.logits));
  return c;
}

inline std::uint32_t bits(float value) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, &value, sizeof raw);
  return raw;
}

// With up to `most` drafts a pass; the tokens and every bit of the logits must be those of `expected`.
inline SpeculationCounts expect_lossless(Engine& engine, const Tokens& prompt, const Continuation& expected,
                                         Drafter& drafter, std::uint32_t most) {
  Speculator speculator(engine, drafter, {most, {}, {}});
  Continuation c;
  engine.reset();
  c.tokens.push_back(engine.evaluate(prompt, LogitsMode::kLast, &c.logits));
  Tokens text = prompt;
  text.push_back(c.tokens.back());
  while (c.tokens.size() < expected.tokens.size()) {
    for (const std::int32_t token :
         speculator.next(text, expected.tokens.size() - c.tokens.size(), nullptr, &c.logits)) {
      c.tokens.push_back(token);
      text.push_back(token);
    }
    EXPECT_EQ(engine.position(), text.size() - 1);
  }
  EXPECT_EQ(c.tokens, expected.tokens);
  EXPECT_EQ(c.logits.size(), expected.logits.size());
  for (std::size_t i = 0; i < std::min(c.logits.size(), expected.logits.size()); ++i) {
    if (bits(c.logits[i]) == bits(expected.logits[i])) continue;
    ADD_FAILURE() << "logit " << i % engine.vocab() << " of token " << i / engine.vocab() << " is "
                  << c.logits[i] << " with drafts, " << expected.logits[i] << " without";
    break;
  }
  return speculator.counts();
}

}  // namespace luoshu::testing_support
