// SPDX-License-Identifier: Apache-2.0
#include "bench/cache.h"

#include <cstring>
#include <vector>

#include "bench/xorshift.h"
#include "chip/kernels.h"
#include "luoshu/defs.h"
#include "luoshu/interrupt.h"

namespace luoshu::bench {
namespace {

constexpr std::uint32_t kDifferent = 61;  // blocks that are made
constexpr int kKeyExponent = -10;         // 12-bit keys below 2
constexpr int kValueExponent = -6;        // 8-bit values below 2

// kDifferent blocks of one head's cache, one after the other.
std::vector<std::uint8_t> random_blocks(const Image& image, const ModelConfig& config) {
  model::KvCache cache;
  cache.lanes = image.chip().lanes;
  cache.head_dim = config.head_dim;
  cache.block_bytes = image.kv().block_bytes;
  std::vector<std::uint8_t> blocks(std::size_t{kDifferent} * cache.block_bytes);
  cache.base = blocks.data();
  Xorshift random(2);
  std::vector<std::int16_t> k(config.head_dim);
  std::vector<std::int8_t> v(config.head_dim);
  for (std::uint32_t key = 0; key < kDifferent * LUOSHU_KEY_BLOCK; ++key) {
    for (auto& x : k) x = static_cast<std::int16_t>(static_cast<int>(random.below(4095)) - 2047);
    for (auto& x : v) x = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
    model::write_key(cache, 0, key, k.data(), kKeyExponent);
    model::write_value(cache, 0, key, v.data(), kValueExponent);
  }
  return blocks;
}

}  // namespace

void fill_cache(Chip& chip, const Image& image, const ModelConfig& config, std::uint32_t sequences,
                std::uint32_t depth) {
  if (depth == 0) return;
  const std::vector<std::uint8_t> blocks = random_blocks(image, config);
  const std::size_t bytes = image.kv().block_bytes;
  const std::size_t count = (std::size_t{depth} + LUOSHU_KEY_BLOCK - 1) / LUOSHU_KEY_BLOCK;
  std::vector<std::uint8_t> head(count * bytes);
  Xorshift random(3);
  for (std::uint32_t s = 0; s < sequences; ++s) {
    for (std::uint32_t l = 0; l < config.layers; ++l) {
      for (std::uint32_t h = 0; h < config.kv_heads; ++h) {
        for (std::size_t b = 0; b < count; ++b)
          std::memcpy(head.data() + b * bytes, blocks.data() + random.below(kDifferent) * bytes, bytes);
        poll_interrupt();
        chip.write_memory(image.kv_address(s, l, h), head.data(), head.size());
      }
    }
  }
}

}  // namespace luoshu::bench
