// SPDX-License-Identifier: Apache-2.0
// Guesses how a text goes on. A guess costs little and may be wrong: the model that generates verifies it
// (runtime/speculation.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/engine.h"

namespace luoshu {

class Drafter {
 public:
  virtual ~Drafter() = default;
  // At most `count` tokens that may follow `text` (prompt and generated tokens); empty when there is no
  // guess. A guess depends on the arguments only, so that it takes nothing from a sampler.
  virtual std::vector<std::int32_t> draft(const std::vector<std::int32_t>& text, std::size_t count) = 0;
};

// Prompt lookup (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding): the place in the text so far
// whose preceding tokens agree with the text's end over the most tokens, the latest among equals; what
// followed there is the guess. A match that reaches the end goes round, so that a period is continued.
struct NgramOptions {
  std::size_t least = 1;  // tokens that must agree, >= 1
  std::size_t most = 8;   // tokens that are compared
};
std::unique_ptr<Drafter> make_ngram_drafter(const NgramOptions& options);

// The greedy continuation by a smaller model of the same vocabulary. The engine must outlive the drafter,
// which alone uses it; texts beyond its context get no guess.
std::unique_ptr<Drafter> make_model_drafter(Engine& engine);

}  // namespace luoshu
