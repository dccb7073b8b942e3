// SPDX-License-Identifier: Apache-2.0
// Writes GGUF files for tests: keys and tensors by hand, or a whole random model of a given shape.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "gguf/gguf.h"

namespace luoshu::testing_support {

class GgufWriter {
 public:
  void u32(const std::string& key, std::uint32_t value) { add(key, 4, bytes(value)); }
  void f32(const std::string& key, float value) { add(key, 6, bytes(value)); }
  void boolean(const std::string& key, bool value) { add(key, 7, bytes(static_cast<std::uint8_t>(value))); }
  void string(const std::string& key, const std::string& value) { add(key, 8, text(value)); }
  void strings(const std::string& key, const std::vector<std::string>& values) {
    std::string data = bytes(std::uint32_t{8}) + bytes(static_cast<std::uint64_t>(values.size()));
    for (const std::string& v : values) data += text(v);
    add(key, 9, data);
  }
  void floats(const std::string& key, const std::vector<float>& values) { array(key, 6, values); }
  void integers(const std::string& key, const std::vector<std::int32_t>& values) { array(key, 5, values); }
  void raw_key(const std::string& key, std::uint32_t type, const std::string& data) { add(key, type, data); }
  // Data in the file's own layout.
  void tensor(const std::string& name, const std::vector<std::uint64_t>& dims, gguf::Type type,
              const std::string& data) {
    infos_ += text(name) + bytes(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t d : dims) infos_ += bytes(d);
    infos_ += bytes(static_cast<std::uint32_t>(type)) + bytes(static_cast<std::uint64_t>(data_.size()));
    data_ += data;
    data_.resize((data_.size() + 31) / 32 * 32, '\0');
    ++tensors_;
  }
  std::string file() const {
    std::string out = "GGUF" + bytes(std::uint32_t{3}) + bytes(tensors_) + bytes(keys_) + header_ + infos_;
    out.resize((out.size() + 31) / 32 * 32, '\0');
    return out + data_;
  }
  void write(const std::string& path) const {
    std::ofstream out(path, std::ios::binary);
    const std::string all = file();
    out.write(all.data(), static_cast<std::streamsize>(all.size()));
  }

  static std::string text(const std::string& s) { return bytes(static_cast<std::uint64_t>(s.size())) + s; }
  template <class T>
  static std::string bytes(const T& value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  }

 private:
  void add(const std::string& key, std::uint32_t type, const std::string& data) {
    header_ += text(key) + bytes(type) + data;
    ++keys_;
  }
  template <class T>
  void array(const std::string& key, std::uint32_t type, const std::vector<T>& values) {
    std::string data = bytes(type) + bytes(static_cast<std::uint64_t>(values.size()));
    data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    add(key, 9, data);
  }
  std::string header_, infos_, data_;
  std::uint64_t keys_ = 0, tensors_ = 0;
};

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

  std::string file() const;

 private:
  std::string matrix(std::mt19937_64& random, std::uint64_t rows, std::uint64_t columns,
                     gguf::Type& as) const;
};

// fp16 of a value in its normal range, or zero for smaller ones; rounds towards zero.
inline std::uint16_t to_half(float value) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, &value, 4);
  const std::uint32_t sign = raw >> 16 & 0x8000u;
  const std::uint32_t exponent = raw >> 23 & 255u;
  if (exponent < 113) return static_cast<std::uint16_t>(sign);
  return static_cast<std::uint16_t>(sign | (exponent - 112) << 10 | (raw >> 13 & 1023u));
}

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

inline std::string RandomModel::file() const {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> around_one(0.5f, 1.5f);
  GgufWriter w;
  w.string("general.architecture", arch);
  w.string("general.name", "random " + arch);
  w.u32(arch + ".block_count", layers);
  w.u32(arch + ".context_length", 256);
  w.u32(arch + ".embedding_length", d);
  w.u32(arch + ".feed_forward_length", ff);
  w.u32(arch + ".attention.head_count", heads);
  w.u32(arch + ".attention.head_count_kv", kv_heads);
  w.u32(arch + ".attention.key_length", head_dim);
  w.u32(arch + ".attention.value_length", head_dim);
  w.f32(arch + ".attention.layer_norm_rms_epsilon", 1e-6f);
  w.f32(arch + ".rope.freq_base", 10000.0f);
  if (rope_dims != 0) w.u32(arch + ".rope.dimension_count", rope_dims);
  std::vector<std::string> tokens{"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> types{2, 3, 3};
  for (int b = 0; b < 256 && tokens.size() < vocab; ++b) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", b);
    tokens.emplace_back(name);
    types.push_back(6);
  }
  w.string("tokenizer.ggml.model", "llama");
  w.strings("tokenizer.ggml.tokens", tokens);
  w.floats("tokenizer.ggml.scores", std::vector<float>(tokens.size(), 0.0f));
  w.integers("tokenizer.ggml.token_type", types);
  w.u32("tokenizer.ggml.bos_token_id", 1);
  w.u32("tokenizer.ggml.eos_token_id", 2);
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
