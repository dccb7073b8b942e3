// SPDX-License-Identifier: Apache-2.0
#include "faults/tiny_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace luoshu::testing_support {

namespace {

using gguf::Writer;

// How byte-level BPE writes a byte: printable ASCII as itself; of the others the tests need the space.
std::string byte_token(unsigned byte) {
  if (byte >= 0x21 && byte <= 0x7e) return std::string(1, static_cast<char>(byte));
  unsigned code = 0;
  if ((byte >= 0xa1 && byte <= 0xac) || byte >= 0xae) {
    code = byte;
  } else {
    code = 0x100;
    for (unsigned b = 0; b < byte; ++b)
      code += (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae ? 0 : 1;
  }
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63u))};
}

}  // namespace

TinyModel::TinyModel(const std::string& architecture, bool pieces, std::uint64_t seed)
    : arch(architecture), state_(seed * 0x9e3779b97f4a7c15u + 1) {
  text("general.architecture", arch);
  text("general.name", "tiny");
  u32(prefixed("block_count"), kLayers);
  u32(prefixed("context_length"), kContext);
  u32(prefixed("embedding_length"), kWidth);
  u32(prefixed("feed_forward_length"), kFf);
  u32(prefixed("attention.head_count"), kHeads);
  u32(prefixed("attention.head_count_kv"), kKvHeads);
  f32(prefixed("attention.layer_norm_rms_epsilon"), 1e-5f);
  if (pieces) {
    pieces_vocabulary();
  } else {
    bytes_vocabulary();
  }
  set("tokenizer.ggml.tokens", [this](Writer& w, const std::string& key) { w.strings(key, tokens); });
  set("tokenizer.ggml.token_type", [this](Writer& w, const std::string& key) { w.integers(key, types); });
  const std::uint64_t vocab = tokens.size();
  add("token_embd.weight", {kWidth, vocab}, 1.0f);
  add("output_norm.weight", {kWidth});
  add("output.weight", {kWidth, vocab});
  for (std::uint32_t l = 0; l < kLayers; ++l) {
    const std::string p = "blk." + std::to_string(l) + ".";
    add(p + "attn_norm.weight", {kWidth});
    add(p + "ffn_norm.weight", {kWidth});
    add(p + "attn_q.weight", {kWidth, kHeads * kHead}, 0.3f);
    add(p + "attn_k.weight", {kWidth, kKvHeads * kHead}, 0.3f);
    add(p + "attn_v.weight", {kWidth, kKvHeads * kHead}, 0.3f);
    add(p + "attn_output.weight", {kHeads * kHead, kWidth}, 0.3f);
    add(p + "ffn_gate.weight", {kWidth, kFf}, 0.3f);
    add(p + "ffn_up.weight", {kWidth, kFf}, 0.3f);
    add(p + "ffn_down.weight", {kFf, kWidth}, 0.3f);
    if (arch == "qwen3") {
      add(p + "attn_q_norm.weight", {kHead});
      add(p + "attn_k_norm.weight", {kHead});
    }
  }
}

void TinyModel::pieces_vocabulary() {
  tokens = {"<unk>", "<s>", "</s>"};
  types = {2, 3, 3};
  for (unsigned byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    tokens.emplace_back(name);
    types.push_back(6);
  }
  scores.assign(tokens.size(), 0.0f);
  const std::string space = "\u2581";
  const std::vector<std::string> words = {
      space,          "O",           "n", "c", "e", "u", "p", "o", "On", "ce", "Once", "up", "on", "upon",
      space + "Once", space + "upon"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    tokens.push_back(words[i]);
    types.push_back(1);
    scores.push_back(-static_cast<float>(words.size() - i));
  }
  const auto id = [&](const std::string& word) {
    return static_cast<std::int32_t>(std::find(tokens.begin(), tokens.end(), word) - tokens.begin());
  };
  prompt = {1, id(space + "Once"), id(space + "upon")};
  while (tokens.size() < 400) {
    tokens.push_back("w" + std::to_string(tokens.size()));
    types.push_back(1);
    scores.push_back(-100);
  }
  text("tokenizer.ggml.model", "llama");
  set("tokenizer.ggml.scores", [this](Writer& w, const std::string& key) { w.floats(key, scores); });
  u32("tokenizer.ggml.bos_token_id", 1);
  u32("tokenizer.ggml.eos_token_id", 2);
  u32("tokenizer.ggml.unknown_token_id", 0);
}

void TinyModel::bytes_vocabulary() {
  tokens = {"<|endoftext|>"};
  for (unsigned byte = 0; byte < 256; ++byte) tokens.push_back(byte_token(byte));
  const std::string space = byte_token(' ');
  const std::pair<std::string, std::string> pairs[] = {{"O", "n"},          {"c", "e"}, {"On", "ce"},
                                                       {space, "u"},        {"p", "o"}, {space + "u", "po"},
                                                       {space + "upo", "n"}};
  for (const auto& [left, right] : pairs) {
    merges.push_back(std::string(left).append(" ").append(right));
    tokens.push_back(left + right);
  }
  types.assign(tokens.size(), 1);
  types[0] = 3;
  const auto id = [&](const std::string& word) {
    return static_cast<std::int32_t>(std::find(tokens.begin(), tokens.end(), word) - tokens.begin());
  };
  prompt = {id("Once"), id(space + "upon")};
  while (tokens.size() < 400) {
    tokens.push_back("w" + std::to_string(tokens.size()));
    types.push_back(1);
  }
  text("tokenizer.ggml.model", "gpt2");
  text("tokenizer.ggml.pre", "qwen2");
  set("tokenizer.ggml.merges", [this](Writer& w, const std::string& key) { w.strings(key, merges); });
  u32("tokenizer.ggml.eos_token_id", 0);
  boolean("tokenizer.ggml.add_bos_token", false);
}

void TinyModel::set(const std::string& key, Write write) {
  for (auto& [name, value] : keys_) {
    if (name == key) {
      value = std::move(write);
      return;
    }
  }
  keys_.emplace_back(key, std::move(write));
}

void TinyModel::drop(const std::string& key) {
  keys_.erase(std::remove_if(keys_.begin(), keys_.end(), [&](const auto& k) { return k.first == key; }),
              keys_.end());
}

void TinyModel::u32(const std::string& key, std::uint32_t value) {
  set(key, [value](Writer& w, const std::string& k) { w.u32(k, value); });
}
void TinyModel::f32(const std::string& key, float value) {
  set(key, [value](Writer& w, const std::string& k) { w.f32(k, value); });
}
void TinyModel::boolean(const std::string& key, bool value) {
  set(key, [value](Writer& w, const std::string& k) { w.boolean(k, value); });
}
void TinyModel::text(const std::string& key, const std::string& value) {
  set(key, [value](Writer& w, const std::string& k) { w.string(k, value); });
}

float TinyModel::random() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return static_cast<float>(static_cast<double>(state_ >> 11) / 9007199254740992.0 * 2 - 1);
}

void TinyModel::add(const std::string& name, const std::vector<std::uint64_t>& dims, float spread) {
  Tensor t;
  t.dims = dims;
  std::uint64_t n = 1;
  for (const std::uint64_t d : dims) n *= d;
  const bool norm = name.find("norm") != std::string::npos;
  for (std::uint64_t i = 0; i < n; ++i) t.values.push_back((norm ? 1.0f : 0.0f) + spread * random());
  tensors[name] = t;
  order.push_back(name);
}

std::string TinyModel::file() const {
  return part(0, order.size(), 0, 0);
}

std::string TinyModel::part(std::size_t from, std::size_t to, std::uint16_t number,
                            std::uint16_t count) const {
  Writer w;
  for (const auto& [key, write] : keys_) {
    if (number == 0 || key == "general.architecture") write(w, key);
  }
  if (count != 0) {
    w.raw_key("split.no", 2, Writer::bytes(number));
    w.raw_key("split.count", 2, Writer::bytes(count));
    w.raw_key("split.tensors.count", 5, Writer::bytes(static_cast<std::int32_t>(order.size())));
  }
  for (std::size_t i = from; i < to; ++i) {
    const auto found = tensors.find(order[i]);
    if (found == tensors.end()) continue;
    const Tensor& t = found->second;
    std::string data = t.raw;
    for (std::size_t v = 0; t.raw.empty() && v < t.values.size(); ++v) data += Writer::bytes(t.values[v]);
    w.tensor(order[i], t.dims, t.type, data);
  }
  return w.file();
}

std::vector<double> TinyModel::times(const std::string& name, const std::vector<double>& x) const {
  const Tensor& m = tensors.at(name);
  std::vector<double> y(m.dims[1], 0.0);
  for (std::size_t r = 0; r < y.size(); ++r) {
    for (std::size_t c = 0; c < x.size(); ++c) y[r] += static_cast<double>(m.values[r * x.size() + c]) * x[c];
  }
  return y;
}

// Adjacent pairs in llama, halves in the others.
void TinyModel::rotate(double* head, std::size_t position) const {
  for (std::size_t i = 0; i < kHead / 2; ++i) {
    double angle = static_cast<double>(position) / rope_scale *
                   std::pow(rope_base, -2.0 * static_cast<double>(i) / kHead);
    if (!rope_factors.empty()) angle /= rope_factors[i];
    double& a = arch == "llama" ? head[2 * i] : head[i];
    double& b = arch == "llama" ? head[2 * i + 1] : head[i + kHead / 2];
    const double turned = a * std::cos(angle) - b * std::sin(angle);
    b = a * std::sin(angle) + b * std::cos(angle);
    a = turned;
  }
}

std::vector<double> TinyModel::logits(const std::vector<std::int32_t>& ids) const {
  const auto normed = [&](const double* x, std::size_t n, const std::string& name) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += x[i] * x[i];
    std::vector<double> y(n);
    for (std::size_t i = 0; i < n; ++i)
      y[i] = x[i] / std::sqrt(sum / static_cast<double>(n) + 1e-5) *
             static_cast<double>(tensors.at(name).values[i]);
    return y;
  };
  const auto add_bias = [&](std::vector<double>& y, const std::string& name) {
    const auto bias = tensors.find(name);
    for (std::size_t i = 0; bias != tensors.end() && i < y.size(); ++i)
      y[i] += static_cast<double>(bias->second.values[i]);
  };
  std::vector<std::vector<double>> x;
  for (const std::int32_t id : ids) {
    const float* row = &tensors.at("token_embd.weight").values[static_cast<std::size_t>(id) * kWidth];
    x.emplace_back(row, row + kWidth);
  }
  for (std::uint32_t l = 0; l < kLayers; ++l) {
    const std::string p = "blk." + std::to_string(l) + ".";
    std::vector<std::vector<double>> keys, values;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const std::vector<double> n = normed(x[t].data(), kWidth, p + "attn_norm.weight");
      std::vector<double> q = times(p + "attn_q.weight", n), k = times(p + "attn_k.weight", n),
                          v = times(p + "attn_v.weight", n);
      add_bias(q, p + "attn_q.bias");
      add_bias(k, p + "attn_k.bias");
      add_bias(v, p + "attn_v.bias");
      const auto finish = [&](std::vector<double>& heads, const std::string& norm) {
        for (std::size_t h = 0; h < heads.size(); h += kHead) {
          if (arch == "qwen3") {
            const std::vector<double> one = normed(&heads[h], kHead, p + norm);
            std::copy(one.begin(), one.end(), heads.begin() + static_cast<std::ptrdiff_t>(h));
          }
          rotate(&heads[h], t);
        }
      };
      finish(q, "attn_q_norm.weight");
      finish(k, "attn_k_norm.weight");
      keys.push_back(k);
      values.push_back(v);
      std::vector<double> out(kHeads * kHead, 0.0);
      for (std::size_t h = 0; h < kHeads; ++h) {
        const std::size_t kv = h / (kHeads / kKvHeads) * kHead;
        std::vector<double> score;
        double total = 0;
        for (std::size_t s = 0; s <= t; ++s) {
          double dot = 0;
          for (std::size_t i = 0; i < kHead; ++i) dot += q[h * kHead + i] * keys[s][kv + i];
          score.push_back(std::exp(dot / std::sqrt(static_cast<double>(kHead))));
          total += score.back();
        }
        for (std::size_t s = 0; s <= t; ++s) {
          for (std::size_t i = 0; i < kHead; ++i) out[h * kHead + i] += score[s] / total * values[s][kv + i];
        }
      }
      const std::vector<double> o = times(p + "attn_output.weight", out);
      for (std::size_t i = 0; i < kWidth; ++i) x[t][i] += o[i];
      const std::vector<double> f = normed(x[t].data(), kWidth, p + "ffn_norm.weight");
      std::vector<double> gate = times(p + "ffn_gate.weight", f);
      const std::vector<double> up = times(p + "ffn_up.weight", f);
      for (std::size_t i = 0; i < kFf; ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
      const std::vector<double> down = times(p + "ffn_down.weight", gate);
      for (std::size_t i = 0; i < kWidth; ++i) x[t][i] += down[i];
    }
  }
  return times("output.weight", normed(x.back().data(), kWidth, "output_norm.weight"));
}

TinyModel::Text TinyModel::evaluate(std::size_t count) const {
  Text text{{}, "length", {}};
  std::vector<std::int32_t> ids = prompt;
  const std::int32_t eos = scores.empty() ? 0 : 2;
  while (text.tokens.size() < count) {
    std::vector<double> all = logits(ids);
    const auto best = static_cast<std::int32_t>(std::max_element(all.begin(), all.end()) - all.begin());
    const double top = all[static_cast<std::size_t>(best)];
    all[static_cast<std::size_t>(best)] = -1e9;
    text.margins.push_back(top - *std::max_element(all.begin(), all.end()));
    text.tokens.push_back(best);
    ids.push_back(best);
    if (best == eos || ends.count(best) != 0) {
      text.stop = "eos";
      break;
    }
  }
  return text;
}

}  // namespace luoshu::testing_support
