// SPDX-License-Identifier: Apache-2.0
#include "config/inventory.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "luoshu/error.h"
#include "luoshu/printable.h"

namespace luoshu {
namespace {

using std::string_view;

constexpr string_view kArchitectures[] = {"llama", "qwen2", "qwen3"};

// Keys below the architecture's prefix that ModelConfig::from() reads.
constexpr string_view kRead[] = {
    "block_count",          "context_length",         "embedding_length",
    "feed_forward_length",  "attention.head_count",   "attention.head_count_kv",
    "attention.key_length", "attention.value_length", "attention.layer_norm_rms_epsilon",
    "rope.dimension_count", "rope.freq_base",         "rope.scaling.factor",
    "rope.scale_linear"};

// Keys below the architecture's prefix that change nothing whatever they say.
struct Harmless {
  string_view key, why;
};
constexpr Harmless kHarmless[] = {
    {"vocab_size", "repeats the rows of the embedding"},
    {"tensor_data_layout", "is a remark"},
    {"attention.layer_norm_epsilon", "is of another kind of norm"},
    {"rope.scaling.original_context_length", "is a remark without YaRN"},
    {"rope.scaling.finetuned", "is a remark"},
    {"rope.scaling.yarn_beta_fast", "is of YaRN"},
    {"rope.scaling.yarn_beta_slow", "is of YaRN"},
    {"rope.freq_base_swa", "is of layers with a sliding window"},
    {"rope.dimension_count_swa", "is of layers with a sliding window"},
    {"attention.key_length_swa", "is of layers with a sliding window"},
    {"attention.value_length_swa", "is of layers with a sliding window"},
};

// Keys below the architecture's prefix that change nothing at one value (false is 0 and true is 1; of an
// array every element must have it), and the mathematics at others.
struct Neutral {
  string_view key;
  double value;
  string_view what;  // the key's part in the mathematics
};
constexpr Neutral kNeutral[] = {
    {"expert_count", 0, "mixtures of experts"},
    {"expert_used_count", 0, "mixtures of experts"},
    {"expert_feed_forward_length", 0, "mixtures of experts"},
    {"expert_chunk_feed_forward_length", 0, "mixtures of experts"},
    {"expert_shared_feed_forward_length", 0, "mixtures of experts"},
    {"expert_shared_count", 0, "mixtures of experts"},
    {"expert_group_count", 0, "mixtures of experts"},
    {"expert_group_used_count", 0, "mixtures of experts"},
    {"expert_gating_func", 0, "mixtures of experts"},
    {"expert_weights_norm", 0, "mixtures of experts"},
    {"expert_weights_scale", 1, "mixtures of experts"},
    {"leading_dense_block_count", 0, "mixtures of experts"},
    {"interleave_moe_layer_step", 0, "mixtures of experts"},
    {"moe_every_n_layers", 0, "mixtures of experts"},
    {"nextn_predict_layers", 0, "layers that predict further tokens"},
    {"attn_logit_softcapping", 0, "soft-capped attention scores"},
    {"final_logit_softcapping", 0, "soft-capped logits"},
    {"router_logit_softcapping", 0, "mixtures of experts"},
    {"logit_scale", 1, "scaled logits"},
    {"embedding_scale", 1, "scaled embeddings"},
    {"residual_scale", 1, "scaled residuals"},
    {"attention.output_scale", 1, "scaled attention"},
    {"attention.temperature_length", 0, "attention temperature"},
    {"attention.temperature_scale", 0, "attention temperature"},
    {"attention.clamp_kqv", 0, "clamped queries, keys and values"},
    {"attention.max_alibi_bias", 0, "ALiBi positions"},
    {"attention.causal", 1, "attention to later tokens"},
    {"attention.sliding_window_pattern", 0, "sliding windows"},
    {"attention.shared_kv_layers", 0, "layers that share keys and values"},
    {"attention.q_lora_rank", 0, "latent attention"},
    {"attention.kv_lora_rank", 0, "latent attention"},
    {"pooling_type", 0, "pooled embeddings"},
    {"use_parallel_residual", 0, "parallel residuals"},
    {"embedding_length_per_layer_input", 0, "embeddings per layer"},
    {"rope.dimension_sections", 0, "RoPE in sections"},
    {"rope.scaling.attn_factor", 1, "a RoPE attention factor"},
    {"rope.scaling.yarn_attn_factor", 1, "YaRN"},
    {"rope.scaling.yarn_ext_factor", 0, "YaRN"},
    {"rope.scaling.yarn_log_multiplier", 0, "YaRN"},
};

constexpr string_view kTokenizerRead[] = {"model",
                                          "pre",
                                          "tokens",
                                          "scores",
                                          "token_type",
                                          "merges",
                                          "bos_token_id",
                                          "eos_token_id",
                                          "eot_token_id",
                                          "eom_token_id",
                                          "unknown_token_id",
                                          "padding_token_id",
                                          "fim_pad_token_id",
                                          "fim_rep_token_id",
                                          "fim_sep_token_id",
                                          "add_bos_token",
                                          "add_eos_token",
                                          "add_space_prefix"};
constexpr string_view kTokenizerHarmless[] = {
    "seperator_token_id", "separator_token_id",   "cls_token_id",
    "mask_token_id",      "prefix_token_id",      "suffix_token_id",
    "middle_token_id",    "fim_pre_token_id",     "fim_suf_token_id",
    "fim_mid_token_id",   "token_type_count",     "add_sep_token",
    "added_tokens",       "precompiled_charsmap", "remove_extra_whitespaces"};

// Parts of a layer: "blk.N." and this.
constexpr string_view kLayer[] = {"attn_norm.weight", "ffn_norm.weight", "attn_q.weight",
                                  "attn_k.weight",    "attn_v.weight",   "attn_output.weight",
                                  "ffn_gate.weight",  "ffn_up.weight",   "ffn_down.weight",
                                  "attn_q.bias",      "attn_k.bias",     "attn_v.bias"};

template <class List>
bool contains(const List& list, string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool starts(string_view text, string_view with) {
  return text.substr(0, with.size()) == with;
}

bool ends(string_view text, string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

// The numbers of a key; nothing where it holds no number.
std::vector<double> numbers(const gguf::File& file, const std::string& key) {
  try {
    return file.numbers(key);
  } catch (const InputError&) {
    return {};
  }
}

std::optional<double> number(const gguf::File& file, const std::string& key) {
  const std::vector<double> all = numbers(file, key);
  return all.empty() ? std::nullopt : std::optional<double>(all.front());
}

class Keeper {
 public:
  explicit Keeper(const gguf::File& file) : file_(file) {
    try {
      arch_ = file.string("general.architecture").value_or("");
    } catch (const InputError&) {
      arch_.clear();
    }
    shown_arch_ = printable(arch_);
  }

  Finding key(const std::string& name) const {
    Finding f{name, Fate::kUsed, ""};
    if (!arch_.empty() && starts(name, arch_ + ".")) return arch_key(f, name.substr(arch_.size() + 1));
    if (starts(name, "tokenizer.ggml.")) return tokenizer_key(f, name.substr(15));
    if (name == "general.type") {
      if (file_.shown(name) == "'model'") return harmless(f, "is a remark");
      return refused(f, "is " + file_.shown(name) + ", no model that runs by itself");
    }
    if (starts(name, "adapter.")) return refused(f, "is of an adapter, no model that runs by itself");
    if (name == "general.architecture" && !contains(kArchitectures, arch_))
      return refused(f, "is " + file_.shown(name) + ", this release runs llama, qwen2 and qwen3");
    if (name == "general.architecture" || name == "general.name" || name == "general.alignment" ||
        starts(name, "split."))
      return f;
    return harmless(
        f, starts(name, "general.") || starts(name, "tokenizer.") ? "is a remark" : "is not of this model");
  }

  Finding tensor(const std::string& name) const {
    Finding f{name, Fate::kUsed, ""};
    if (name == "token_embd.weight" || name == "output_norm.weight" || name == "output.weight") return f;
    if (name == "rope_freqs.weight") {
      if (arch_ == "llama") return f;
      return refused(f, "holds RoPE factors, which " + shown_arch_ + " models have not");
    }
    if (starts(name, "blk.")) {
      const std::size_t dot = name.find('.', 4);
      const std::string layer = name.substr(4, dot == std::string::npos ? dot : dot - 4);
      const std::string part = dot == std::string::npos ? "" : name.substr(dot + 1);
      if (!layer.empty() && layer.size() < 6 && layer.find_first_not_of("0123456789") == std::string::npos &&
          layer == std::to_string(std::stoul(layer))) {
        const double layers = number(file_, arch_ + ".block_count").value_or(0);
        if (static_cast<double>(std::stoul(layer)) >= layers) {
          return refused(f, "is of layer " + layer + ", key '" + shown_arch_ + ".block_count' counts " +
                                file_.shown(arch_ + ".block_count"));
        }
        if (contains(kLayer, part)) return f;
        if (arch_ == "qwen3" && (part == "attn_q_norm.weight" || part == "attn_k_norm.weight")) return f;
      }
    }
    return refused(f, stranger(name));
  }

 private:
  static Finding harmless(Finding f, string_view why) {
    f.fate = Fate::kHarmless;
    f.why = why;
    return f;
  }
  static Finding refused(Finding f, string_view why) {
    f.fate = Fate::kRefused;
    f.why = why;
    return f;
  }

  // Why a tensor without a use here cannot be passed over.
  std::string stranger(string_view name) const {
    if (name.find("_exps") != string_view::npos || name.find("_shexp") != string_view::npos ||
        name.find("gate_inp") != string_view::npos || name.find("exp_probs") != string_view::npos)
      return "is of a mixture of experts, which this release does not run";
    if (ends(name, "scale") || ends(name, "scales")) return "is a scale, which this release does not apply";
    if (name.find("sinks") != string_view::npos)
      return "holds attention sinks, which this release does not run";
    if (name.find("norm") != string_view::npos && !ends(name, "norm.bias"))
      return "is a norm that this release does not run in " + shown_arch_ + " models";
    if (ends(name, ".bias")) return "is a bias, and only Q, K and V may have one";
    if (name.find("lora") != string_view::npos) return "is of an adapter, which this release does not apply";
    return "has no part in the " + shown_arch_ + " models that this release runs";
  }

  Finding arch_key(const Finding& f, const std::string& key) const {
    if (contains(kRead, key)) return f;
    if (key == "rope.scaling.type") {
      const std::string type = file_.shown(f.name);
      if (type == "'none'" || type == "'linear'") return f;
      return refused(f, "is " + type + ", this release knows 'none' and 'linear'");
    }
    if (key == "attention.sliding_window") {
      const double window = number(file_, f.name).value_or(-1);
      const double context = number(file_, arch_ + ".context_length").value_or(0);
      if (window == 0 || (context > 0 && window >= context)) return harmless(f, "reaches over the context");
      return refused(f, "is " + file_.shown(f.name) + ", and this release does not run sliding windows");
    }
    if (key == "attention.scale") {
      const double width = number(file_, arch_ + ".embedding_length").value_or(0);
      const double heads = number(file_, arch_ + ".attention.head_count").value_or(1);
      const double head = number(file_, arch_ + ".attention.key_length").value_or(std::floor(width / heads));
      const double scale = number(file_, f.name).value_or(-1);
      if (scale == 0 || std::fabs(scale * std::sqrt(head) - 1) < 1e-6)
        return harmless(f, "is what this release computes");
      return refused(f, "is " + file_.shown(f.name) +
                            ", and this release scales attention by the root of the head's width");
    }
    for (const Harmless& rule : kHarmless) {
      if (key == rule.key) return harmless(f, rule.why);
    }
    for (const Neutral& rule : kNeutral) {
      if (key != rule.key) continue;
      const std::vector<double> values = numbers(file_, f.name);
      const bool neutral = std::all_of(values.begin(), values.end(),
                                       [&](double v) { return std::fabs(v - rule.value) < 1e-9; });
      if (neutral && (!values.empty() || file_.is_array(f.name))) return harmless(f, "changes nothing so");
      return refused(
          f, "is " + file_.shown(f.name) + ", and this release does not run " + std::string(rule.what));
    }
    return refused(f, "is not known to this release and may change the mathematics");
  }

  static Finding tokenizer_key(const Finding& f, const std::string& key) {
    if (contains(kTokenizerRead, key)) return f;
    if (contains(kTokenizerHarmless, key)) return harmless(f, "is not for continuing a text");
    return refused(f, "is not known to this release and may change the tokens");
  }

  const gguf::File& file_;
  std::string arch_, shown_arch_;
};

}  // namespace

bool is_known_architecture(const std::string& name) {
  return contains(kArchitectures, name);
}

Inventory inventory_of(const gguf::File& file) {
  const Keeper keeper(file);
  Inventory out;
  for (const std::string& name : file.keys()) out.keys.push_back(keeper.key(name));
  for (const gguf::Tensor& t : file.tensors()) out.tensors.push_back(keeper.tensor(t.name));
  return out;
}

void Inventory::check() const {
  const auto look = [](const std::vector<Finding>& list, const char* kind) {
    for (const Finding& f : list) {
      if (f.fate == Fate::kRefused)
        throw InputError(std::string(kind) + " '" + printable(f.name) + "' " + f.why +
                         "; choose another model");
    }
  };
  look(keys, "key");
  look(tensors, "tensor");
}

}  // namespace luoshu
