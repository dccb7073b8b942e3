// SPDX-License-Identifier: Apache-2.0
#include "config/model_config.h"

#include <algorithm>
#include <cmath>

#include "config/inventory.h"
#include "luoshu/error.h"
#include "luoshu/printable.h"

namespace luoshu {
namespace {

constexpr std::uint64_t kMaxLayers = 1024;
constexpr std::uint64_t kMaxWidth = 1 << 18;
constexpr std::uint64_t kMaxVocab = (1 << 20) - 1;  // rows of a MATMUL command
constexpr double kMaxFrequency = 1e6;               // radians per position; 1 in models

// Keys below the architecture's prefix, with ranges.
class Keys {
 public:
  Keys(const gguf::File& file, std::string arch) : file_(file), arch_(std::move(arch)) {}
  std::string name(const std::string& key) const { return arch_ + "." + key; }
  bool has(const std::string& key) const { return file_.has(name(key)); }
  std::uint32_t number(const std::string& key, std::uint64_t low, std::uint64_t high) const {
    const auto value = file_.integer(name(key));
    if (!value)
      throw InputError("key '" + name(key) + "' is missing; the file is incomplete, convert the model again");
    return check(key, *value, low, high);
  }
  std::uint32_t number_or(const std::string& key, std::uint64_t fallback, std::uint64_t low,
                          std::uint64_t high) const {
    return check(key, file_.integer(name(key)).value_or(fallback), low, high);
  }
  // A number that layers may have each their own of: as one, or as an array of equal ones.
  std::uint32_t per_layer(const std::string& key, std::uint32_t layers, std::uint64_t high) const {
    if (!file_.is_array(name(key))) return number(key, 1, high);
    const std::vector<std::int32_t> all = file_.integers(name(key));
    if (all.size() != layers) {
      throw InputError("key '" + name(key) + "' holds " + std::to_string(all.size()) + " numbers for " +
                       std::to_string(layers) + " layers; convert the model again");
    }
    const auto other = std::find_if(all.begin(), all.end(), [&](std::int32_t n) { return n != all[0]; });
    if (other != all.end()) {
      throw InputError("key '" + name(key) + "' is " + std::to_string(all[0]) + " in layer 0 and " +
                       std::to_string(*other) + " in layer " + std::to_string(other - all.begin()) +
                       "; this release runs models of equal layers");
    }
    return check(key, all[0] < 0 ? 0 : static_cast<std::uint64_t>(all[0]), 1, high);
  }
  double real(const std::string& key) const {
    const auto value = file_.real(name(key));
    if (!value)
      throw InputError("key '" + name(key) + "' is missing; the file is incomplete, convert the model again");
    return real_or(key, *value);
  }
  double real_or(const std::string& key, double fallback) const {
    const double value = file_.real(name(key)).value_or(fallback);
    if (!std::isfinite(value) || value <= 0) {
      throw InputError("key '" + name(key) + "' is " + std::to_string(value) +
                       ", not a positive number; convert the model again");
    }
    return value;
  }

 private:
  std::uint32_t check(const std::string& key, std::uint64_t value, std::uint64_t low,
                      std::uint64_t high) const {
    if (value < low || value > high) {
      throw InputError("key '" + name(key) + "' is " + std::to_string(value) + ", not in " +
                       std::to_string(low) + ".." + std::to_string(high) + "; the model is not supported");
    }
    return static_cast<std::uint32_t>(value);
  }
  const gguf::File& file_;
  const std::string arch_;
};

void read_rope(const gguf::File& file, const Keys& keys, ModelConfig& c) {
  c.rope_dims = keys.number_or("rope.dimension_count", c.head_dim, 2, c.head_dim);
  if (c.rope_dims % 2 != 0)
    throw InputError("key '" + keys.name("rope.dimension_count") + "' is odd; the model is not supported");
  c.rope_halves = c.arch != "llama";  // GGUF permutes the rows of llama models to adjacent pairs
  c.rope_base = keys.real_or("rope.freq_base", 10000);
  // A factor without a type is linear, a factor of 0 is none, and the type 'none' turns both keys off.
  if (file.string(keys.name("rope.scaling.type")).value_or("linear") != "none") {
    const std::string factor = keys.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
    if (file.real(keys.name(factor)).value_or(0) != 0) c.rope_scale = keys.real_or(factor, 1);
  }
  if (const gguf::Tensor* factors = file.find("rope_freqs.weight")) {
    if (factors->elements() != c.rope_dims / 2) {
      throw InputError("tensor 'rope_freqs.weight' has " + std::to_string(factors->elements()) +
                       " elements, expected " + std::to_string(c.rope_dims / 2) +
                       "; convert the model again");
    }
    c.rope_factors.resize(c.rope_dims / 2);
    gguf::dequantise_row(*factors, 0, c.rope_factors.data());
    for (const float f : c.rope_factors) {
      if (!std::isfinite(f) || f <= 0)
        throw InputError(
            "tensor 'rope_freqs.weight' holds a factor that is not positive; convert the model again");
    }
  }
  for (std::uint32_t i = 0; i < c.rope_dims / 2; ++i) {
    if (!(c.rope_frequency(i) < kMaxFrequency)) {
      throw InputError("key '" + keys.name("rope.freq_base") + "' and the scaling of RoPE give frequency " +
                       std::to_string(i) + " as " + std::to_string(c.rope_frequency(i)) +
                       "; the model is not supported");
    }
  }
}

// Checks that a tensor is there as [rows, columns] (one row: a vector).
class Shapes {
 public:
  explicit Shapes(const gguf::File& file) : file_(file) {}
  void matrix(const std::string& name, std::uint64_t columns, std::uint64_t rows) const {
    const gguf::Tensor& t = file_.require(name);
    if (t.dims[0] == columns && t.dims[1] == rows && t.dims[2] == 1 && t.dims[3] == 1) return;
    throw InputError("tensor '" + name + "' is " + std::to_string(t.dims[0]) + " x " +
                     std::to_string(t.rows()) + ", expected " + std::to_string(columns) + " x " +
                     std::to_string(rows) + "; convert the model again");
  }
  void vector(const std::string& name, std::uint64_t n) const {
    matrix(name, n, 1);
    const gguf::Type type = file_.require(name).type;
    if (type != gguf::Type::kF32 && type != gguf::Type::kF16 && type != gguf::Type::kBF16) {
      throw InputError("tensor '" + name +
                       "' is quantised; norms and biases must be F32, F16 or BF16, convert the model again");
    }
  }

 private:
  const gguf::File& file_;
};

void check_layer(const gguf::File& file, const ModelConfig& c, std::uint32_t layer) {
  const Shapes shapes(file);
  const std::string p = "blk." + std::to_string(layer) + ".";
  const std::uint64_t q = std::uint64_t{c.heads} * c.head_dim;
  const std::uint64_t kv = std::uint64_t{c.kv_heads} * c.head_dim;
  shapes.vector(p + "attn_norm.weight", c.d);
  shapes.vector(p + "ffn_norm.weight", c.d);
  shapes.matrix(p + "attn_q.weight", c.d, q);
  shapes.matrix(p + "attn_k.weight", c.d, kv);
  shapes.matrix(p + "attn_v.weight", c.d, kv);
  shapes.matrix(p + "attn_output.weight", q, c.d);
  shapes.matrix(p + "ffn_gate.weight", c.d, c.ff);
  shapes.matrix(p + "ffn_up.weight", c.d, c.ff);
  shapes.matrix(p + "ffn_down.weight", c.ff, c.d);
  const std::pair<const char*, std::uint64_t> biases[] = {
      {"attn_q.bias", q}, {"attn_k.bias", kv}, {"attn_v.bias", kv}};
  for (const auto& [name, n] : biases) {
    if (file.find(p + name) != nullptr) shapes.vector(p + name, n);
  }
  if (c.qk_norm) {
    shapes.vector(p + "attn_q_norm.weight", c.head_dim);
    shapes.vector(p + "attn_k_norm.weight", c.head_dim);
  }
}

}  // namespace

double ModelConfig::rope_frequency(std::uint32_t i) const {
  const double frequency = std::pow(rope_base, -2.0 * i / rope_dims) / rope_scale;
  return rope_factors.empty() ? frequency : frequency / static_cast<double>(rope_factors[i]);
}

ModelConfig ModelConfig::from(const gguf::File& file) {
  ModelConfig c;
  c.arch = file.string("general.architecture").value_or("");
  if (!is_known_architecture(c.arch)) {
    throw InputError("the architecture '" + printable(c.arch) +
                     "' is not supported; this release runs llama, qwen2 and qwen3");
  }
  c.name = file.string("general.name").value_or(c.arch);
  inventory_of(file).check();
  const Keys keys(file, c.arch);
  c.layers = keys.number("block_count", 1, kMaxLayers);
  c.d = keys.number("embedding_length", 1, kMaxWidth);
  c.ff = keys.per_layer("feed_forward_length", c.layers, kMaxWidth);
  c.heads = keys.per_layer("attention.head_count", c.layers, 1024);
  c.kv_heads = keys.has("attention.head_count_kv")
                   ? keys.per_layer("attention.head_count_kv", c.layers, c.heads)
                   : c.heads;
  if (c.heads % c.kv_heads != 0) {
    throw InputError("key '" + keys.name("attention.head_count_kv") + "' is " + std::to_string(c.kv_heads) +
                     " and does not divide the " + std::to_string(c.heads) +
                     " heads; the model is not supported");
  }
  c.head_dim = keys.number_or("attention.key_length", c.d / c.heads, 8, 256);
  if (c.head_dim % 2 != 0)
    throw InputError("key '" + keys.name("attention.key_length") + "' is odd; the model is not supported");
  if (keys.number_or("attention.value_length", c.head_dim, 8, 256) != c.head_dim) {
    throw InputError("key '" + keys.name("attention.value_length") +
                     "' differs from key_length; the model is not supported");
  }
  constexpr std::uint32_t kUnknownContext = 2048;
  c.context_length = keys.number_or("context_length", kUnknownContext, 1, ~0u);
  if (!keys.has("context_length"))
    c.notes.push_back("key '" + keys.name("context_length") + "' is missing, " +
                      std::to_string(kUnknownContext) + " positions are taken");
  c.eps = static_cast<float>(keys.real("attention.layer_norm_rms_epsilon"));
  read_rope(file, keys, c);

  const gguf::Tensor& embedding = file.require("token_embd.weight");
  if (embedding.dims[1] > kMaxVocab) {
    throw InputError("tensor 'token_embd.weight' has " + std::to_string(embedding.dims[1]) +
                     " rows, more than " + std::to_string(kMaxVocab) + "; the model is not supported");
  }
  c.vocab = static_cast<std::uint32_t>(embedding.dims[1]);
  const Shapes shapes(file);
  shapes.matrix("token_embd.weight", c.d, c.vocab);
  if (file.find("output.weight") != nullptr) shapes.matrix("output.weight", c.d, c.vocab);
  shapes.vector("output_norm.weight", c.d);
  c.qk_norm = c.arch == "qwen3";
  for (const gguf::Tensor& t : file.tensors()) {
    const std::string_view name = t.name;
    c.qkv_bias = c.qkv_bias || (name.size() > 5 && name.substr(name.size() - 5) == ".bias");
  }
  for (std::uint32_t layer = 0; layer < c.layers; ++layer) check_layer(file, c, layer);
  return c;
}

}  // namespace luoshu
