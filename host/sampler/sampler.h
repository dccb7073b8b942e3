// SPDX-License-Identifier: Apache-2.0
// Chooses the next token from the logits: repeat penalty, top-k, top-p, min-p, temperature, then one draw.
// The order and the meaning of each step are those of llama.cpp; its random numbers are not, so that equal
// seeds give other texts.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "luoshu/error.h"
#include "sampler/random.h"

namespace luoshu {

struct SamplerOptions {
  float temperature = 0.8f;     // --temp; 0 takes the best token
  float top_p = 0.95f;          // --top-p; 1 is off
  float min_p = 0.05f;          // --min-p; 0 is off
  float repeat_penalty = 1.0f;  // --repeat-penalty; 1 is off
  int top_k = 40;               // --top-k; 0 and -1 are off
  int repeat_last_n = 64;       // --repeat-last-n; 0 is off, -1 is the whole history
  std::uint64_t seed = 0;       // --seed
};

struct TokenProbability {
  std::int32_t token;
  double probability;
};

class Sampler {
 public:
  // Throws InputError naming the flag whose value is out of range.
  explicit Sampler(const SamplerOptions& options);

  // The token that follows `history` (prompt and generated tokens, oldest first). `logits` is [n], index =
  // token id. Takes one number from the random stream, none at temperature 0, where the lowest id wins among
  // equal logits. Throws DeviceError if a logit is NaN or +infinity, or if all are -infinity.
  std::int32_t sample(const float* logits, std::size_t n, const std::vector<std::int32_t>& history);

  // The distribution that sample() draws from: likeliest first, lower id first where equal; sums to 1 up to
  // rounding. Tokens that the filters removed are absent. Throws like sample().
  std::vector<TokenProbability> distribution(const float* logits, std::size_t n,
                                             const std::vector<std::int32_t>& history) const;

  // Draws from `tokens`, not empty, with probability in proportion to TokenProbability::probability. One
  // random number.
  std::int32_t draw(const std::vector<TokenProbability>& tokens);

  // The next number of the random stream, in [0, 1): for the accept-or-reject step of speculative sampling.
  double uniform() { return random_.uniform(); }

 private:
  SamplerOptions options_;
  Random random_;
};

}  // namespace luoshu
