// SPDX-License-Identifier: Apache-2.0
// Shapes of models that people know, and models with synthetic weights in these shapes.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gguf/gguf.h"

namespace luoshu::bench {

struct Shape {
  std::string name;
  std::string arch;  // "llama", "qwen2" (biases of Q, K and V), "qwen3" (norms per head)
  std::uint32_t layers, d, ff, heads, kv_heads, head_dim, vocab, context;
  float rope_base, eps;
  bool tied;  // the LM head is the embedding table
};

// The shapes that --shape knows, and the one with this name; throws InputError for any other.
const std::vector<Shape>& shapes();
const Shape& shape(const std::string& name);

// "Q8_0", "Q4_0", "Q4_1" or "F16" as a tensor type; throws InputError for any other.
gguf::Type weight_type(const std::string& name);

// A GGUF file in memory: every matrix, embedding and LM head included, in `type` (in F16 where its blocks do
// not divide the rows), norms and biases in F32. The same bytes at every call. Values are those of a freshly
// initialised network, so that activations stay near 1 and logits finite; blocks of a matrix repeat with a
// prime period.
std::unique_ptr<gguf::File> synthetic_model(const Shape& shape, gguf::Type type);

}  // namespace luoshu::bench
