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
  // Evaluates the tokens, at most pass_tokens(), at the next positions in one pass and returns the greedy
  // next token after each of them. With logits: appends [tokens, vocab] floats.
  virtual std::vector<std::int32_t> evaluate_each(const std::vector<std::int32_t>& tokens,
                                                  std::vector<float>* logits) = 0;
  virtual std::uint32_t pass_tokens() const = 0;
  // Forgets everything evaluated at `position` and after it; position <= position().
  virtual void rollback(std::uint32_t position) = 0;
  // Evaluates `token`, then greedily its continuation, at most `passes` passes. on_token gets every new token
  // and the cycles its pass took (0 where unknown); it returns false to stop early. A token of stop_ids ends
  // the loop as well.
  virtual void decode_greedy(std::int32_t token, std::uint32_t passes,
                             const std::vector<std::uint32_t>& stop_ids,
                             const std::function<bool(std::int32_t, std::uint64_t)>& on_token) = 0;
  // Cost since the last call.
  virtual PhaseCost take_cost() = 0;
};

// The next token of one of several sequences.
struct SequenceToken {
  std::uint32_t sequence = 0;
  std::int32_t token = 0;
};

// An engine with several sequences, each with a KV cache and a position of its own (Image's `sequences`).
// What Engine says is about the selected one, at first sequence 0.
class BatchEngine : public Engine {
 public:
  virtual std::uint32_t sequences() const = 0;
  virtual void select(std::uint32_t sequence) = 0;
  // Moves the selected sequence to a position up to the context. What lies before counts as evaluated: its
  // keys and values are in the cache, evaluated earlier or written there.
  virtual void seek(std::uint32_t position) = 0;
  // Evaluates one token each of different sequences together, every weight read once for as many as a pass
  // holds. Returns the greedy next tokens, in the order given; with logits appends [tokens, vocab] floats.
  virtual std::vector<std::int32_t> evaluate_batch(const std::vector<SequenceToken>& tokens,
                                                   std::vector<float>* logits) = 0;
};

// Starts a run that gives no tokens and waits for its end. Throws DeviceError.
void run_to_end(Chip& chip, const RunRequest& run);
// Runs a model on a chip. The image must have been uploaded; both must outlive the engine.
std::unique_ptr<BatchEngine> make_chip_engine(Chip& chip, const Image& image, std::uint32_t vocab);
// Runs a model on the fp32 reference.
std::unique_ptr<Engine> make_reference_engine(Reference& reference, std::uint32_t vocab,
                                              std::uint32_t context);

}  // namespace luoshu
