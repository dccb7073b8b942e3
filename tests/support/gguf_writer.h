// SPDX-License-Identifier: Apache-2.0
// Writes GGUF files for tests: keys and tensors by hand, or a whole random model of a given shape.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "gguf/writer.h"

namespace luoshu::testing_support {

using GgufWriter = gguf::Writer;
using gguf::to_half;

// A model with random weights.
struct RandomModel {
  std::string arch = "llama";
  std::uint32_t layers = 2, d = 96, ff = 160, heads = 4, kv_heads = 2, head_dim = 24, vocab = 131,
                rope_dims = 0;
  gguf::Type type = gguf::Type::kQ8_0;  // of the matrices; rows that its blocks do not divide become F16
  gguf::Type output_type = gguf::Type::kQ8_0;  // of an untied head
  bool tied = true;
  bool bias = false;     // qwen2
  bool qk_norm = false;  // qwen3
  std::uint64_t seed = 1;
  std::uint32_t context = 256;
  // With a template the last two tokens are <|im_start|> and <|im_end|>, the end of a text.
  std::string chat_template;

  std::string file() const;

 private:
  std::string matrix(std::mt19937_64& random, std::uint64_t rows, std::uint64_t columns,
                     gguf::Type& as) const;
};

inline std::string RandomModel::matrix(std::mt19937_64& random, std::uint64_t rows, std::uint64_t columns,
                                       gguf::Type& as) const {
  if (columns % 32 != 0 && as != gguf::Type::kF32 && as != gguf::Type::kBF16) as = gguf::Type::kF16;
  std::normal_distribution<float> normal(0.0f, 1.0f / std::sqrt(static_cast<float>(columns)));
  std::string data;
  const auto half = [&](float v) { data += GgufWriter::bytes(to_half(v)); };
  for (std::uint64_t i = 0; i < rows * columns;) {
    if (as == gguf::Type::kF32) {
      data += GgufWriter::bytes(normal(random));
      ++i;
    } else if (as == gguf::Type::kF16) {
      half(normal(random));
      ++i;
    } else if (as == gguf::Type::kBF16) {
      const float v = normal(random);
      std::uint32_t raw = 0;
      std::memcpy(&raw, &v, 4);
      data += GgufWriter::bytes(static_cast<std::uint16_t>(raw >> 16));
      ++i;
    } else {
      const float spread = std::fabs(normal(random)) + 0.01f;
      const bool wide = as == gguf::Type::kQ8_0;
      half(wide ? spread / 64 : spread / 8);
      if (as == gguf::Type::kQ4_1) half(-spread);
      const int bytes = wide ? 32 : 16;
      for (int b = 0; b < bytes; ++b) data += static_cast<char>(random() & 255u);
      i += 32;
    }
  }
  return data;
}

// The begin of a SentencePiece vocabulary: unknown, BOS, EOS and a token for each byte, at most `vocab` of
// them.
inline void byte_tokens(std::size_t vocab, std::vector<std::string>& tokens,
                        std::vector<std::int32_t>& types) {
  tokens = {"<unk>", "<s>", "</s>"};
  types = {2, 3, 3};
  for (int b = 0; b < 256 && tokens.size() < vocab; ++b) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", b);
    tokens.emplace_back(name);
    types.push_back(6);
  }
}

inline std::string RandomModel::file() const {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> around_one(0.5f, 1.5f);
  GgufWriter w;
  w.string("general.architecture", arch);
  w.string("general.name", "random " + arch);
  w.u32(arch + ".block_count", layers);
  w.u32(arch + ".context_length", context);
  w.u32(arch + ".embedding_length", d);
  w.u32(arch + ".feed_forward_length", ff);
  w.u32(arch + ".attention.head_count", heads);
  w.u32(arch + ".attention.head_count_kv", kv_heads);
  w.u32(arch + ".attention.key_length", head_dim);
  w.u32(arch + ".attention.value_length", head_dim);
  w.f32(arch + ".attention.layer_norm_rms_epsilon", 1e-6f);
  w.f32(arch + ".rope.freq_base", 10000.0f);
  if (rope_dims != 0) w.u32(arch + ".rope.dimension_count", rope_dims);
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;
  byte_tokens(vocab, tokens, types);
  while (tokens.size() < vocab) {
    tokens.push_back("piece" + std::to_string(tokens.size()));
    types.push_back(1);
  }
  std::uint32_t end = 2;
  if (!chat_template.empty()) {
    w.string("tokenizer.chat_template", chat_template);
    w.boolean("tokenizer.ggml.add_bos_token", false);
    w.boolean("tokenizer.ggml.add_space_prefix", false);
    end = vocab - 1;
    tokens[end - 1] = "<|im_start|>";
    tokens[end] = "<|im_end|>";
    types[end - 1] = types[end] = 3;
  }
  w.string("tokenizer.ggml.model", "llama");
  w.strings("tokenizer.ggml.tokens", tokens);
  w.floats("tokenizer.ggml.scores", std::vector<float>(tokens.size(), 0.0f));
  w.integers("tokenizer.ggml.token_type", types);
  w.u32("tokenizer.ggml.bos_token_id", 1);
  w.u32("tokenizer.ggml.eos_token_id", end);
  const auto add = [&](const std::string& name, std::uint64_t columns, std::uint64_t rows, gguf::Type as) {
    const std::string data = matrix(random, rows, columns, as);
    w.tensor(name, {columns, rows}, as, data);
  };
  const auto vector = [&](const std::string& name, std::uint64_t n, bool small) {
    std::string data;
    for (std::uint64_t i = 0; i < n; ++i)
      data += GgufWriter::bytes(small ? around_one(random) - 1.0f : around_one(random));
    w.tensor(name, {n}, gguf::Type::kF32, data);
  };
  const std::uint64_t q = std::uint64_t{heads} * head_dim;
  const std::uint64_t kv = std::uint64_t{kv_heads} * head_dim;
  add("token_embd.weight", d, vocab, type);
  if (!tied) add("output.weight", d, vocab, output_type);
  vector("output_norm.weight", d, false);
  for (std::uint32_t l = 0; l < layers; ++l) {
    const std::string p = "blk." + std::to_string(l) + ".";
    vector(p + "attn_norm.weight", d, false);
    vector(p + "ffn_norm.weight", d, false);
    add(p + "attn_q.weight", d, q, type);
    add(p + "attn_k.weight", d, kv, type);
    add(p + "attn_v.weight", d, kv, type);
    add(p + "attn_output.weight", q, d, type);
    add(p + "ffn_gate.weight", d, ff, type);
    add(p + "ffn_up.weight", d, ff, type);
    add(p + "ffn_down.weight", ff, d, type);
    if (bias) {
      vector(p + "attn_q.bias", q, true);
      vector(p + "attn_k.bias", kv, true);
      vector(p + "attn_v.bias", kv, true);
    }
    if (qk_norm) {
      vector(p + "attn_q_norm.weight", head_dim, false);
      vector(p + "attn_k_norm.weight", head_dim, false);
    }
  }
  return w.file();
}

}  // namespace luoshu::testing_support
