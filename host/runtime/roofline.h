// SPDX-License-Identifier: Apache-2.0
// The least number of cycles that a piece of work can take on a chip: every byte that must move, moved once
// at one beat per cycle, or every multiplication on every multiplier, whichever is more.
#pragma once
#include <cstdint>

#include "program/image.h"

namespace luoshu {

struct Work {
  std::uint64_t bytes = 0;  // weights, KV read and written, LM head
  std::uint64_t macs = 0;
};

// One decode pass: the token at `position` (0-based) attends to itself and everything before it.
Work decode_work(const Image& image, const ModelConfig& config, std::uint32_t position);
// A prompt of `tokens` at positions 0.., logits of the last token, or of all where `all_logits`.
Work prefill_work(const Image& image, const ModelConfig& config, std::uint32_t tokens, bool all_logits);
// max(bytes / lanes, macs / (lanes x columns)), rounded up.
std::uint64_t roofline_cycles(const Work& work, const Capabilities& chip);

}  // namespace luoshu
