// SPDX-License-Identifier: Apache-2.0
// The least number of cycles that a piece of work can take on a chip: every byte that must move, moved once
// at one beat per cycle, or every multiplication on every multiplier, whichever is more.
//
// Bytes that must move: of every matrix and the LM head, norms and biases the smaller of the file's own
// blocks and the chip's format (once for all tokens of the work); the keys and values that earlier work left
// in the cache, once, and those of the new tokens, written once, in the chip's format: per key and KV
// head 1.5 bytes per element of K, 1 of V and two exponents. Not counted, though the chip moves them: scale
// beats' and rows' padding, the second plane of 16-bit weights, unused elements of a padded head, keys read
// again, embedding rows, commands, logits. Multiplications: one per weight of the file and token, and those
// of attention over the keys that a token sees.
#pragma once
#include <cstdint>
#include <vector>

#include "program/image.h"

namespace luoshu {

struct Work {
  std::uint64_t bytes = 0;
  std::uint64_t macs = 0;
};

// `tokens` of one sequence at `position` (0-based) and after it.
struct Span {
  std::uint32_t position = 0;
  std::uint32_t tokens = 1;
};

// Spans of different sequences that share one reading of the weights; `logits`: tokens through the LM head.
Work shared_work(const Image& image, const ModelConfig& config, const std::vector<Span>& spans,
                 std::uint64_t logits);
// One decode pass: the token at `position` attends to itself and everything before it.
Work decode_work(const Image& image, const ModelConfig& config, std::uint32_t position);
// A prompt of `tokens` at positions 0.., logits of the last token, or of all where `all_logits`.
Work prefill_work(const Image& image, const ModelConfig& config, std::uint32_t tokens, bool all_logits);
// Bytes of one key and value of one sequence, all layers and KV heads.
std::uint64_t key_bytes(const ModelConfig& config);
// max(bytes / lanes, macs / (lanes x columns)), rounded up.
std::uint64_t roofline_cycles(const Work& work, const Capabilities& chip);

}  // namespace luoshu
