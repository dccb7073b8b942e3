// SPDX-License-Identifier: Apache-2.0
#include "bench/shapes.h"

#include "luoshu/error.h"

namespace luoshu::bench {

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      // name, arch, layers, d, ff, heads, kv heads, head dim, vocab, context, RoPE base, eps, tied
      {"stories260k", "llama", 5, 64, 172, 8, 4, 8, 512, 512, 1e4f, 1e-5f, true},
      {"stories15m", "llama", 6, 288, 768, 6, 6, 48, 32000, 256, 1e4f, 1e-5f, true},
      {"smollm2-135m", "llama", 30, 576, 1536, 9, 3, 64, 49152, 8192, 1e5f, 1e-5f, true},
      {"qwen2.5-0.5b", "qwen2", 24, 896, 4864, 14, 2, 64, 151936, 32768, 1e6f, 1e-6f, true},
      {"qwen3-0.6b", "qwen3", 28, 1024, 3072, 16, 8, 128, 151936, 40960, 1e6f, 1e-6f, true},
      {"tinyllama-1.1b", "llama", 22, 2048, 5632, 32, 4, 64, 32000, 2048, 1e4f, 1e-5f, false},
  };
  return all;
}

const Shape& shape(const std::string& name) {
  std::string names;
  for (const Shape& s : shapes()) {
    if (s.name == name) return s;
    names += (names.empty() ? "" : ", ") + s.name;
  }
  throw InputError("unknown shape '" + name + "'; --shape takes " + names);
}

gguf::Type weight_type(const std::string& name) {
  for (const gguf::Type type : {gguf::Type::kQ8_0, gguf::Type::kQ4_0, gguf::Type::kQ4_1, gguf::Type::kF16}) {
    if (gguf::type_name(type) == name) return type;
  }
  throw InputError("unknown weight type '" + name + "'; --type takes Q8_0, Q4_0, Q4_1 or F16");
}

}  // namespace luoshu::bench
