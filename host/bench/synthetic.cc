// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "bench/shapes.h"
#include "bench/xorshift.h"
#include "gguf/types.h"
#include "gguf/writer.h"

namespace luoshu::bench {
namespace {

constexpr std::uint64_t kPeriod = 8191;  // blocks until they repeat; a prime, so that rows differ

// kPeriod blocks of a matrix with `columns`: weights spread evenly with variance 1 / columns.
std::vector<std::uint8_t> pattern(gguf::Type type, std::uint64_t columns, Xorshift& random) {
  const gguf::TypeLayout layout = gguf::type_layout(type);
  std::vector<std::uint8_t> out(kPeriod * layout.block_bytes);
  const float edge = std::sqrt(3.0f / static_cast<float>(columns));  // weights lie in -edge..edge
  const auto half = [](std::uint8_t* p, float value) {
    const std::uint16_t raw = gguf::to_half(value);
    std::memcpy(p, &raw, 2);
  };
  for (std::uint64_t b = 0; b < kPeriod; ++b) {
    std::uint8_t* p = out.data() + b * layout.block_bytes;
    const float scale = edge * random.between(0.5f, 1.5f);
    std::uint64_t at = 2;  // of the integers
    switch (type) {
      case gguf::Type::kF16:
        half(p, edge * random.between(-1.0f, 1.0f));
        break;
      case gguf::Type::kQ4_0:
        half(p, scale / 8);
        break;
      case gguf::Type::kQ4_1:
        half(p, scale / 8);
        half(p + 2, -scale);
        at = 4;
        break;
      default:
        half(p, scale / 128);
        break;
    }
    for (std::uint64_t i = at; i < layout.block_bytes; ++i) p[i] = static_cast<std::uint8_t>(random.next());
  }
  return out;
}

// Lays tensors out, then fills the finished file.
class Builder {
 public:
  explicit Builder(gguf::Type type) : type_(type) {}
  gguf::Writer& writer() { return writer_; }

  void matrix(const std::string& name, std::uint64_t columns, std::uint64_t rows) {
    const gguf::Type type = columns % gguf::type_layout(type_).block == 0 ? type_ : gguf::Type::kF16;
    const gguf::TypeLayout layout = gguf::type_layout(type);
    const std::uint64_t bytes = columns / layout.block * rows * layout.block_bytes;
    parts_.push_back({writer_.space(name, {columns, rows}, type, bytes), bytes, type, columns});
  }
  // Values around `middle`, within a half of it.
  void vector(const std::string& name, std::uint64_t n, float middle) {
    parts_.push_back({writer_.space(name, {n}, gguf::Type::kF32, n * 4), n * 4, gguf::Type::kF32, 0, middle});
  }

  std::vector<std::uint8_t> file() {
    const std::string header = writer_.header();
    std::vector<std::uint8_t> out(header.size() + writer_.data_bytes());
    std::memcpy(out.data(), header.data(), header.size());
    Xorshift random(1);
    for (const Part& part : parts_) fill(part, out.data() + header.size() + part.offset, random);
    return out;
  }

 private:
  struct Part {
    std::uint64_t offset, bytes;
    gguf::Type type;
    std::uint64_t columns;
    float middle = 0;
  };

  static void fill(const Part& part, std::uint8_t* out, Xorshift& random) {
    if (part.type == gguf::Type::kF32) {
      for (std::uint64_t i = 0; i < part.bytes; i += 4) {
        const float value = part.middle + random.between(-0.5f, 0.5f);
        std::memcpy(out + i, &value, 4);
      }
      return;
    }
    const std::vector<std::uint8_t> blocks = pattern(part.type, part.columns, random);
    for (std::uint64_t at = 0; at < part.bytes; at += blocks.size())
      std::memcpy(out + at, blocks.data(), std::min<std::uint64_t>(blocks.size(), part.bytes - at));
  }

  const gguf::Type type_;
  gguf::Writer writer_;
  std::vector<Part> parts_;
};

void write_keys(const Shape& s, gguf::Writer& w) {
  w.string("general.architecture", s.arch);
  w.string("general.name", s.name);
  const auto key = [&](const char* name) { return s.arch + "." + name; };
  w.u32(key("block_count"), s.layers);
  w.u32(key("context_length"), s.context);
  w.u32(key("embedding_length"), s.d);
  w.u32(key("feed_forward_length"), s.ff);
  w.u32(key("attention.head_count"), s.heads);
  w.u32(key("attention.head_count_kv"), s.kv_heads);
  w.u32(key("attention.key_length"), s.head_dim);
  w.u32(key("attention.value_length"), s.head_dim);
  w.f32(key("attention.layer_norm_rms_epsilon"), s.eps);
  w.f32(key("rope.freq_base"), s.rope_base);
}

}  // namespace

std::unique_ptr<gguf::File> synthetic_model(const Shape& s, gguf::Type type) {
  Builder b(type);
  write_keys(s, b.writer());
  const std::uint64_t q = std::uint64_t{s.heads} * s.head_dim;
  const std::uint64_t kv = std::uint64_t{s.kv_heads} * s.head_dim;
  b.matrix("token_embd.weight", s.d, s.vocab);
  if (!s.tied) b.matrix("output.weight", s.d, s.vocab);
  b.vector("output_norm.weight", s.d, 1);
  for (std::uint32_t l = 0; l < s.layers; ++l) {
    const std::string p = "blk." + std::to_string(l) + ".";
    b.vector(p + "attn_norm.weight", s.d, 1);
    b.vector(p + "ffn_norm.weight", s.d, 1);
    b.matrix(p + "attn_q.weight", s.d, q);
    b.matrix(p + "attn_k.weight", s.d, kv);
    b.matrix(p + "attn_v.weight", s.d, kv);
    b.matrix(p + "attn_output.weight", q, s.d);
    b.matrix(p + "ffn_gate.weight", s.d, s.ff);
    b.matrix(p + "ffn_up.weight", s.d, s.ff);
    b.matrix(p + "ffn_down.weight", s.ff, s.d);
    if (s.arch == "qwen2") {
      b.vector(p + "attn_q.bias", q, 0);
      b.vector(p + "attn_k.bias", kv, 0);
      b.vector(p + "attn_v.bias", kv, 0);
    }
    if (s.arch == "qwen3") {
      b.vector(p + "attn_q_norm.weight", s.head_dim, 1);
      b.vector(p + "attn_k_norm.weight", s.head_dim, 1);
    }
  }
  return std::make_unique<gguf::File>("synthetic " + s.name, b.file());
}

}  // namespace luoshu::bench
