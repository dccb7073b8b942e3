// SPDX-License-Identifier: Apache-2.0
#include "runtime/roofline.h"

#include <algorithm>

namespace luoshu {

std::uint64_t key_bytes(const ModelConfig& config) {
  return std::uint64_t{config.layers} * config.kv_heads * (config.head_dim * 5 / 2 + 2);
}

Work shared_work(const Image& image, const ModelConfig& config, const std::vector<Span>& spans,
                 std::uint64_t logits) {
  std::uint64_t tokens = 0;
  std::uint64_t keys = 0;   // read from the cache or written to it
  std::uint64_t pairs = 0;  // of a query and a key
  for (const Span& span : spans) {
    const std::uint64_t n = span.tokens;
    tokens += n;
    keys += span.position + n;
    pairs += n * span.position + n * (n + 1) / 2;
  }
  const std::uint64_t lm_head = image.macs(true) - image.macs(false);
  Work work;
  work.bytes = image.least_bytes() + keys * key_bytes(config);
  // Scores and weighted values, each head_dim multiplications per query head.
  work.macs = tokens * image.macs(false) + logits * lm_head +
              pairs * config.layers * config.heads * config.head_dim * 2;
  return work;
}

Work decode_work(const Image& image, const ModelConfig& config, std::uint32_t position) {
  return shared_work(image, config, {{position, 1}}, 1);
}

Work prefill_work(const Image& image, const ModelConfig& config, std::uint32_t tokens, bool all_logits) {
  return shared_work(image, config, {{0, tokens}}, all_logits ? tokens : 1);
}

std::uint64_t roofline_cycles(const Work& work, const Capabilities& chip) {
  const std::uint64_t multipliers = std::uint64_t{chip.lanes} * chip.columns;
  return std::max((work.bytes + chip.lanes - 1) / chip.lanes, (work.macs + multipliers - 1) / multipliers);
}

}  // namespace luoshu
