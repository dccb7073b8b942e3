// SPDX-License-Identifier: Apache-2.0
// Speculative decoding without loss: the last token and drafts of what follows are evaluated in one pass over
// the weights; the drafts that the model agrees with are kept, and the token after them is the model's own.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "runtime/drafter.h"
#include "runtime/engine.h"
#include "sampler/sampler.h"

namespace luoshu {

// The next token where the sampler's distribution is `p` and `draft` was guessed without a random number:
// `draft` itself with probability p(draft), else a token drawn from the others. Its distribution is p
// (Leviathan, Kalman, Matias 2023, arXiv:2211.17192, section 2.3, for a draft that is certain). `p`: see
// Sampler::distribution, not empty.
std::int32_t sample_with_draft(Sampler& sampler, std::vector<TokenProbability> p, std::int32_t draft);

struct SpeculationOptions {
  std::uint32_t most = 0;  // drafts of a pass
  // Least cycles of a pass over n >= 1 tokens. The number of drafts is that with the most tokens per cycle to
  // expect; passes that were measured count with what they took. Empty: always as many drafts as possible.
  std::function<double(std::uint32_t)> cost;
  std::function<std::uint64_t()> cycles;  // so far; empty or constant: nothing is measured
};

struct SpeculationCounts {
  std::uint64_t drafted = 0, accepted = 0, passes = 0;
};

class Speculator {
 public:
  // Both references must outlive the object.
  Speculator(Engine& engine, Drafter& drafter, SpeculationOptions options)
      : engine_(engine), drafter_(drafter), options_(std::move(options)) {}

  // One pass. The engine holds `text` but its last token. Returns the 1 to `most` (>= 1) tokens that follow;
  // the engine then holds all of them but the last. Without a sampler the greedy ones. With `logits` appends
  // [returned tokens, vocab]: what each was chosen from.
  std::vector<std::int32_t> next(const std::vector<std::int32_t>& text, std::size_t most, Sampler* sampler,
                                 std::vector<float>* logits);
  const SpeculationCounts& counts() const { return counts_; }
  // Tokens evaluated by the last pass.
  std::uint32_t pass_tokens() const { return pass_tokens_; }

 private:
  std::size_t drafts_worth(std::size_t most) const;
  void learn(std::size_t drafted, std::size_t accepted, std::uint64_t cycles);
  double cost(std::size_t tokens) const;
  std::uint64_t cycles() const { return options_.cycles ? options_.cycles() : 0; }

  Engine& engine_;
  Drafter& drafter_;
  const SpeculationOptions options_;
  SpeculationCounts counts_;
  std::uint32_t pass_tokens_ = 0;
  std::vector<std::uint64_t> measured_;  // cycles of the last pass over that many tokens, 0 = none yet
  double good_ = 1.5, tried_ = 2;        // drafts accepted and judged lately, older ones count less
};

}  // namespace luoshu
