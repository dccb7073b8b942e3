// SPDX-License-Identifier: Apache-2.0
// Something that evaluates a model token by token: a chip (simulated, modelled, on a board) or the fp32
// reference.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "luoshu/chip.h"
#include "program/image.h"
#include "reference/reference.h"

namespace luoshu {

// What one phase (prefill or decode) cost, where the engine can tell.
struct PhaseCost {
  std::uint64_t cycles = 0;
  ChipCounters counters;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::uint32_t vocab() const = 0;
  virtual std::uint32_t context() const = 0;   // positions
  virtual std::uint32_t position() const = 0;  // tokens evaluated so far
  // Forgets everything evaluated.
  virtual void reset() = 0;
  // Evaluates the tokens at the next positions. With logits: kAll appends [tokens, vocab] floats, kLast [1,
  // vocab]. Returns the greedy next token (kLast and kAll), -1 for kNone.
  virtual std::int32_t evaluate(const std::vector<std::int32_t>& tokens, LogitsMode mode,
                                std::vector<float>* logits) = 0;
  // Evaluates `token`, then greedily its continuation, at most `passes` passes. on_token gets every new token
  // and the cycles its pass took (0 where unknown); it returns false to stop early. A token of stop_ids ends
  // the loop as well.
  virtual void decode_greedy(std::int32_t token, std::uint32_t passes,
                             const std::vector<std::uint32_t>& stop_ids,
                             const std::function<bool(std::int32_t, std::uint64_t)>& on_token) = 0;
  // Cost since the last call.
  virtual PhaseCost take_cost() = 0;
};

// Runs a model on a chip. The image must have been uploaded; both must outlive the engine.
std::unique_ptr<Engine> make_chip_engine(Chip& chip, const Image& image, std::uint32_t vocab);
// Runs a model on the fp32 reference.
std::unique_ptr<Engine> make_reference_engine(Reference& reference, std::uint32_t vocab,
                                              std::uint32_t context);

}  // namespace luoshu
