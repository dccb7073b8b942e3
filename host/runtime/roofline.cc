// SPDX-License-Identifier: Apache-2.0
#include "runtime/roofline.h"

#include <algorithm>

namespace luoshu {
namespace {

// Multiplications of scores and weighted values for `keys` (query, key) pairs, all layers.
std::uint64_t attention_macs(const ModelConfig& config, std::uint64_t keys) {
  return keys * config.layers * config.heads * config.head_dim * 2;
}

}  // namespace

Work decode_work(const Image& image, const ModelConfig& config, std::uint32_t position) {
  const std::uint64_t keys = std::uint64_t{position} + 1;
  Work work;
  work.bytes = image.weight_bytes() + (keys + 1) * image.kv_bytes_per_token();  // read all, write one
  work.macs = image.macs(true) + attention_macs(config, keys);
  return work;
}

Work prefill_work(const Image& image, const ModelConfig& config, std::uint32_t tokens, bool all_logits) {
  const std::uint64_t n = tokens;
  Work work;
  work.bytes = image.weight_bytes() + 2 * n * image.kv_bytes_per_token();
  const std::uint64_t lm_head = image.macs(true) - image.macs(false);
  work.macs =
      n * image.macs(false) + (all_logits ? n : 1) * lm_head + attention_macs(config, n * (n + 1) / 2);
  return work;
}

std::uint64_t roofline_cycles(const Work& work, const Capabilities& chip) {
  const std::uint64_t multipliers = std::uint64_t{chip.lanes} * chip.columns;
  return std::max((work.bytes + chip.lanes - 1) / chip.lanes, (work.macs + multipliers - 1) / multipliers);
}

}  // namespace luoshu
