// SPDX-License-Identifier: Apache-2.0
// What a GGUF file says about its model, checked: shapes, RoPE, norms, that every tensor is there with its
// shape, and that nothing is there without a use (config/inventory.h).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gguf/gguf.h"

namespace luoshu {

struct ModelConfig {
  std::string arch;  // "llama", "qwen2", "qwen3"
  std::string name;
  std::uint32_t layers = 0;
  std::uint32_t d = 0;         // embedding width
  std::uint32_t ff = 0;        // feed-forward width
  std::uint32_t heads = 0;     // query heads
  std::uint32_t kv_heads = 0;  // key/value heads; divides heads
  std::uint32_t head_dim = 0;  // 8..256, even
  std::uint32_t vocab = 0;
  std::uint32_t context_length = 0;  // positions that the model was trained for
  float eps = 0;
  std::uint32_t rope_dims = 0;  // rotated elements of a head, even
  bool rope_halves = false;     // pairs (i, i + rope_dims/2) instead of (2i, 2i + 1)
  double rope_base = 10000;
  double rope_scale = 1;            // linear scaling: positions are divided by it
  std::vector<float> rope_factors;  // per frequency divisors; empty = none
  bool qkv_bias = false;            // some layers have biases on Q, K or V; a missing one is zero
  bool qk_norm = false;             // RMS norms per head on Q and K
  std::vector<std::string> notes;   // what the user should know: lines without an end

  // Radians per position of pair i.
  double rope_frequency(std::uint32_t i) const;
  // Throws InputError that names the key or tensor.
  static ModelConfig from(const gguf::File& file);
};

}  // namespace luoshu
