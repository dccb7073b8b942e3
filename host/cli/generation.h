// SPDX-License-Identifier: Apache-2.0
// One generation: prompt, sampled or greedy continuation, costs. Shared by generate and soak.
#pragma once
#include <functional>
#include <string>

#include "cli/session.h"
#include "runtime/speculation.h"
#include "sampler/sampler.h"

namespace luoshu::cli {

struct GenerationOptions {
  std::int64_t predict = 128;  // -1: until the end token or the end of the context
  bool ignore_eos = false;
  bool want_logits = false;
  SamplerOptions sampler;
  Speculator* speculator = nullptr;  // decodes with drafts where given
  bool progress = true;              // of decoding on stderr; that of the prompt comes always
  // Asked after each token: true ends the text, as "interrupted", with the session ready for the next one.
  std::function<bool()> stop;
  std::vector<std::int32_t> before;  // tokens in front of the prompt, for the repeat penalty
};

// A pass over the weights: `tokens` from `position` on.
struct DecodePass {
  std::uint32_t position = 0;
  std::uint32_t tokens = 1;
};

struct Generation {
  std::vector<std::int32_t> prompt;
  std::vector<std::int32_t> tokens;  // generated, with the end token
  std::string stop;                  // "eos", "length", "context", "interrupted"
  std::vector<float> logits;         // [prompt + generated - 1, vocab] where wanted
  bool prefilled = false;            // the prompt was evaluated to its end
  PhaseCost prefill, decode;
  // Cycles of each token after the first; those of a pass that gave several are the first one's, the others
  // have 0.
  std::vector<std::uint64_t> per_token;
  std::vector<DecodePass> passes;
  double prefill_seconds = 0, decode_seconds = 0;
  double host_seconds = 0;  // of the decode phase, outside the device
};

// Evaluates the prompt at the session's current position and continues it. on_token sees each token as it
// comes. Ctrl-C ends it within a fraction of a second, also in the middle of a pass: then the result is what
// was done until then, and the session is of no further use.
Generation generate(Session& session, std::vector<std::int32_t> prompt, const GenerationOptions& options,
                    const std::function<void(std::int32_t)>& on_token);

}  // namespace luoshu::cli
