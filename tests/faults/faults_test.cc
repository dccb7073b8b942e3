// SPDX-License-Identifier: Apache-2.0
// Model files that are unusual in one way each: whatever is in a file is used, is known to change nothing, or
// the file is refused by name. The program runs on each, and its ids are those of an evaluation in double
// precision.
#include <algorithm>
#include <limits>

#include "faults/run.h"
#include "faults/tiny_model.h"
#include "support/models.h"

namespace {

using namespace luoshu;
using testing_support::expect_refused;
using testing_support::expect_text;
using testing_support::Outcome;
using testing_support::RunFolder;
using testing_support::TinyModel;
using Write = gguf::Writer;

// Two logits this close are a tie in fp32, and a near-tie in the chip's arithmetic, whose order is its own.
constexpr double kTie = 1e-3;
constexpr double kNearTie = 0.05;
constexpr std::size_t kTokens = 6;

class Faults : public testing::Test {
 protected:
  // The file runs as the evaluation says, on both devices; in the chip's arithmetic up to the first choice
  // that is a near-tie. `note`: part of a warning, empty for none.
  void expect_runs(const TinyModel& m, const std::string& what, const std::string& note = "") {
    TinyModel::Text text = m.evaluate(kTokens);
    ASSERT_GT(*std::min_element(text.margins.begin(), text.margins.end()), kTie)
        << what << ": choose another seed";
    const std::string file = folder_.write("model.gguf", m.file());
    for (const char* device : {"reference", "model"}) {
      const Outcome run = folder_.generate(file, device);
      ASSERT_EQ(run.code, 0) << what << " on " << device << ": " << run.err;
      if (!note.empty()) EXPECT_NE(run.err.find(note), std::string::npos) << what << ": " << run.err;
      const auto json = nlohmann::json::parse(run.out);
      const auto tokens = json["tokens"].get<std::vector<std::int32_t>>();
      std::size_t clear = text.tokens.size();
      if (device == std::string("model")) {
        clear = 0;
        while (clear < text.tokens.size() && text.margins[clear] > kNearTie) ++clear;
      }
      if (clear == text.tokens.size()) EXPECT_EQ(json["stop"], text.stop) << what << " on " << device;
      text.tokens.resize(clear);
      ASSERT_GE(tokens.size(), clear) << what << " on " << device;
      EXPECT_EQ(json["prompt_tokens"].get<std::vector<std::int32_t>>(), m.prompt) << what;
      EXPECT_EQ(
          std::vector<std::int32_t>(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(clear)),
          text.tokens)
          << what << " on " << device;
    }
  }
  void expect_refusal(const TinyModel& m, const std::string& part, const std::string& what) {
    expect_refused(folder_.generate(folder_.write("model.gguf", m.file()), "reference"), part, what);
  }
  RunFolder folder_;
};

TEST_F(Faults, PlainFiles) {
  for (const char* arch : {"llama", "qwen2", "qwen3"}) {
    for (const bool pieces : {true, false}) expect_runs(TinyModel(arch, pieces), arch);
  }
}

// A tensor that no part of the program reads changes the mathematics elsewhere: refused by its name.
TEST_F(Faults, TensorsWithoutAUse) {
  const std::vector<std::uint64_t> one = {1};
  const std::vector<std::uint64_t> width = {TinyModel::kWidth};
  const std::pair<const char*, std::vector<std::uint64_t>> cases[] = {
      {"output.bias", {400}},
      {"output_norm.bias", width},
      {"token_embd_norm.weight", width},
      {"token_types.weight", {TinyModel::kWidth, 2}},
      {"position_embd.weight", {TinyModel::kWidth, TinyModel::kContext}},
      {"cls.weight", width},
      {"rope_factors_long.weight", {TinyModel::kHead / 2}},
      {"output.scale", one},
      {"nonsense", one},
      {"blk.0.attn_output.bias", width},
      {"blk.1.attn_norm.bias", width},
      {"blk.0.ffn_norm.bias", width},
      {"blk.1.ffn_gate.bias", {TinyModel::kFf}},
      {"blk.0.ffn_up.bias", {TinyModel::kFf}},
      {"blk.1.ffn_down.bias", width},
      {"blk.0.attn_q.scale", one},
      {"blk.1.ffn_down.scale", one},
      {"blk.0.attn_k.input_scale", one},
      {"blk.1.attn_q_norm.weight", {TinyModel::kHead}},
      {"blk.0.attn_k_norm.weight", {TinyModel::kHead}},
      {"blk.0.attn_norm_2.weight", width},
      {"blk.1.post_attention_norm.weight", width},
      {"blk.0.post_ffw_norm.weight", width},
      {"blk.0.attn_sub_norm.weight", width},
      {"blk.0.layer_output_norm.weight", width},
      {"blk.0.ffn_gate_inp.weight", {TinyModel::kWidth, 4}},
      {"blk.1.ffn_up_exps.weight", {TinyModel::kWidth, TinyModel::kFf, 4}},
      {"blk.1.ffn_gate_shexp.weight", {TinyModel::kWidth, TinyModel::kFf}},
      {"blk.0.exp_probs_b.bias", {4}},
      {"blk.0.attn_sinks.weight", {TinyModel::kHeads}},
      {"blk.0.attn_rot_embd.weight", {TinyModel::kHead / 2}},
      {"blk.0.attn_qkv.weight", {TinyModel::kWidth, 64}},
      {"blk.0.attn_q.weight.lora_a", {TinyModel::kWidth, 4}},
      {"blk.0.ssm_a", {4}},
      {"blk.2.attn_norm.weight", width},
      {"blk.7.attn_q.bias", width},
      {"blk.4294967296.attn_q.bias", width},
      {"blk.01.attn_q.bias", width},
      {"blk..attn_q.bias", width},
      {"blk.0", width},
  };
  for (const auto& [name, dims] : cases) {
    TinyModel m;
    m.add(name, dims);
    expect_refusal(m, "tensor '" + std::string(name) + "'", name);
  }
}

TEST_F(Faults, TensorsThatOnlyOtherFamiliesHave) {
  TinyModel a("qwen2");
  a.add("rope_freqs.weight", {TinyModel::kHead / 2});
  expect_refusal(a, "tensor 'rope_freqs.weight'", "RoPE factors in qwen2");
  TinyModel b("qwen2");
  b.add("blk.0.attn_q_norm.weight", {TinyModel::kHead});
  b.add("blk.0.attn_k_norm.weight", {TinyModel::kHead});
  expect_refusal(b, "tensor 'blk.0.attn_q_norm.weight'", "norms of heads in qwen2");
}

TEST_F(Faults, MissingTensors) {
  for (const char* name :
       {"token_embd.weight", "output_norm.weight", "blk.0.attn_norm.weight", "blk.1.ffn_norm.weight",
        "blk.1.attn_q.weight", "blk.0.attn_k.weight", "blk.1.attn_v.weight", "blk.0.attn_output.weight",
        "blk.1.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.1.ffn_down.weight"}) {
    TinyModel m;
    m.tensors.erase(name);
    expect_refusal(m, "tensor '" + std::string(name) + "' is missing", name);
  }
  TinyModel m("qwen3");
  m.tensors.erase("blk.1.attn_k_norm.weight");
  expect_refusal(m, "tensor 'blk.1.attn_k_norm.weight' is missing", "a norm in one layer only");
  TinyModel more;
  more.u32("llama.block_count", 3);
  expect_refusal(more, "tensor 'blk.2.attn_norm.weight' is missing", "a layer that is not there");
}

// Biases on Q, K and V in any layers and of any of the three: a missing one is zero.
TEST_F(Faults, AnyBiases) {
  const std::vector<std::vector<std::string>> sets = {{"1.attn_q", "1.attn_k", "1.attn_v"},
                                                      {"0.attn_q"},
                                                      {"1.attn_k"},
                                                      {"0.attn_v"},
                                                      {"0.attn_q", "1.attn_v"}};
  for (const char* arch : {"llama", "qwen2", "qwen3"}) {
    for (const auto& set : sets) {
      TinyModel m(arch);
      std::string what = arch;
      for (const std::string& name : set) {
        what += " " + name;
        m.add("blk." + name + ".bias",
              {name.back() == 'q' ? TinyModel::kHeads * TinyModel::kHead
                                  : TinyModel::kKvHeads * TinyModel::kHead},
              1.5f);
      }
      EXPECT_NE(m.evaluate(kTokens).tokens, TinyModel(arch).evaluate(kTokens).tokens) << what << ": no test";
      expect_runs(m, what);
    }
  }
  TinyModel m;
  m.add("blk.0.attn_q.bias", {TinyModel::kWidth + 1});
  expect_refusal(m, "tensor 'blk.0.attn_q.bias' is", "a bias of another length");
}

TEST_F(Faults, KeysThatChangeTheMathematics) {
  struct Case {
    const char* key;
    std::function<void(TinyModel&, const std::string&)> set;
  };
  const auto number = [](std::uint32_t n) {
    return [n](TinyModel& m, const std::string& key) { m.u32(key, n); };
  };
  const auto real = [](float x) { return [x](TinyModel& m, const std::string& key) { m.f32(key, x); }; };
  const auto flag = [](bool b) { return [b](TinyModel& m, const std::string& key) { m.boolean(key, b); }; };
  const auto text = [](const char* t) {
    return [t](TinyModel& m, const std::string& key) { m.text(key, t); };
  };
  const Case cases[] = {
      {"rope.scaling.type", text("yarn")},
      {"rope.scaling.type", text("longrope")},
      {"rope.scaling.type", text("")},
      {"rope.scaling.type", number(1)},
      {"rope.scaling.attn_factor", real(1.5f)},
      {"rope.scaling.yarn_ext_factor", real(1)},
      {"rope.scaling.yarn_log_multiplier", real(0.1f)},
      {"rope.scaling.factor", real(-2)},
      {"rope.scaling.factor", real(std::numeric_limits<float>::quiet_NaN())},
      {"rope.dimension_sections", number(2)},
      {"rope.dimension_count", number(7)},
      {"rope.dimension_count", number(10)},
      {"rope.freq_base", real(0)},
      {"attention.sliding_window", number(64)},
      {"attention.sliding_window_pattern", number(6)},
      {"attention.scale", real(0.5f)},
      {"attention.clamp_kqv", real(8)},
      {"attention.max_alibi_bias", real(8)},
      {"attention.causal", flag(false)},
      {"attention.temperature_scale", real(0.1f)},
      {"attention.value_length", number(16)},
      {"attention.layer_norm_rms_epsilon", real(-1)},
      {"attn_logit_softcapping", real(50)},
      {"final_logit_softcapping", real(30)},
      {"logit_scale", real(8)},
      {"embedding_scale", real(12)},
      {"residual_scale", real(0.5f)},
      {"expert_count", number(8)},
      {"expert_used_count", number(2)},
      {"expert_shared_count", number(1)},
      {"pooling_type", number(3)},
      {"use_parallel_residual", flag(true)},
      {"nextn_predict_layers", number(1)},
      {"something.new", number(1)},
  };
  for (const Case& c : cases) {
    TinyModel m;
    c.set(m, "llama." + std::string(c.key));
    expect_refusal(m, "key 'llama." + std::string(c.key) + "'", c.key);
  }
  TinyModel pattern;
  pattern.set("llama.attention.sliding_window_pattern", [](Write& w, const std::string& key) {
    w.integers(key, {0, 1});
  });
  expect_refusal(pattern, "key 'llama.attention.sliding_window_pattern'", "a pattern of windows");
  TinyModel adapter;
  adapter.text("general.type", "adapter");
  expect_refusal(adapter, "key 'general.type'", "an adapter");
  TinyModel tokens;
  tokens.boolean("tokenizer.ggml.lowercase", true);
  expect_refusal(tokens, "key 'tokenizer.ggml.lowercase'", "a key of the tokenizer");
  TinyModel eps;
  eps.drop("llama.attention.layer_norm_rms_epsilon");
  expect_refusal(eps, "key 'llama.attention.layer_norm_rms_epsilon' is missing", "no epsilon");
}

TEST_F(Faults, KeysThatChangeNothing) {
  TinyModel m;
  m.text("general.type", "model");
  m.text("general.license", "apache-2.0");
  m.u32("llama.vocab_size", 400);
  m.text("llama.tensor_data_layout", "Meta AI original pth");
  m.text("llama.rope.scaling.type", "none");
  m.f32("llama.rope.scaling.factor", 4);
  m.f32("llama.rope.scaling.attn_factor", 1);
  m.u32("llama.rope.scaling.original_context_length", 64);
  m.u32("llama.rope.dimension_count", TinyModel::kHead);
  m.u32("llama.attention.sliding_window", TinyModel::kContext);
  m.f32("llama.attention.scale", 0.35355339f);
  m.f32("llama.attention.layer_norm_epsilon", 0.1f);
  m.boolean("llama.attention.causal", true);
  m.f32("llama.logit_scale", 1);
  m.f32("llama.embedding_scale", 1);
  m.f32("llama.residual_scale", 1);
  m.f32("llama.attention.clamp_kqv", 0);
  m.f32("llama.final_logit_softcapping", 0);
  m.u32("llama.expert_count", 0);
  m.u32("llama.expert_used_count", 0);
  m.u32("llama.pooling_type", 0);
  m.text("tokenizer.ggml.pre", "default");
  m.text("tokenizer.chat_template", "{{ messages }}");
  m.u32("tokenizer.ggml.seperator_token_id", 999999);
  m.boolean("tokenizer.ggml.add_sep_token", false);
  m.u32("quantize.imatrix.entries_count", 7);
  m.u32("qwen2.expert_count", 8);
  m.u32(std::string(70000, 'k'), 1);
  expect_runs(m, "harmless keys");
  const Outcome run = folder_.run("examine -m " + folder_.path("model.gguf") + " --json -");
  ASSERT_EQ(run.code, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  std::size_t harmless = 0;
  for (const auto& key : json["keys"]) harmless += key["fate"] == "harmless" ? 1 : 0;
  EXPECT_EQ(harmless, 24u);
  for (const auto& tensor : json["tensors"]) EXPECT_EQ(tensor["fate"], "used") << tensor["name"];
  EXPECT_EQ(json["tensors"].size(), m.order.size());
}

TEST_F(Faults, RopeFactors) {
  TinyModel a;
  a.f32("llama.rope.scaling.factor", 4);  // without a type: linear
  a.rope_scale = 4;
  EXPECT_NE(a.evaluate(kTokens).tokens, TinyModel().evaluate(kTokens).tokens) << "no test";
  expect_runs(a, "a factor without a type");
  a.text("llama.rope.scaling.type", "linear");
  expect_runs(a, "a linear factor");
  TinyModel b;
  b.f32("llama.rope.scale_linear", 4);
  b.rope_scale = 4;
  expect_runs(b, "the old key");
  b.f32("llama.rope.scaling.factor", 0);  // there and nothing: the old key does not count
  b.rope_scale = 1;
  expect_runs(b, "a factor of 0");
  TinyModel c;
  c.add("rope_freqs.weight", {TinyModel::kHead / 2});
  c.tensors["rope_freqs.weight"].values = {1, 2, 4, 8};
  c.rope_factors = {1, 2, 4, 8};
  expect_runs(c, "factors per frequency");
  c.tensors["rope_freqs.weight"].values[2] = 0;
  expect_refusal(c, "tensor 'rope_freqs.weight'", "a factor per frequency of 0");
  TinyModel d("qwen2");
  d.f32("qwen2.rope.freq_base", 100);
  d.rope_base = 100;
  expect_runs(d, "another base");
}

TEST_F(Faults, NumbersPerLayer) {
  const auto per_layer = [](std::vector<std::int32_t> values) {
    return [values = std::move(values)](Write& w, const std::string& key) { w.integers(key, values); };
  };
  TinyModel m;
  m.set("llama.attention.head_count", per_layer({4, 4}));
  m.set("llama.attention.head_count_kv", per_layer({2, 2}));
  m.set("llama.feed_forward_length", per_layer({64, 64}));
  expect_runs(m, "equal numbers per layer");
  m.set("llama.feed_forward_length", [](Write& w, const std::string& key) {  // u16
    w.raw_key(key, 9,
              Write::bytes(std::uint32_t{2}) + Write::bytes(std::uint64_t{2}) +
                  Write::bytes(std::uint32_t{64 | 64 << 16}));
  });
  expect_runs(m, "equal narrow numbers per layer");
  for (const char* key : {"attention.head_count", "attention.head_count_kv", "feed_forward_length"}) {
    for (const auto& values : std::vector<std::vector<std::int32_t>>{{4, 2}, {4}, {4, 4, 4}, {}, {-4, -4}}) {
      TinyModel bad;
      bad.set("llama." + std::string(key), per_layer(values));
      expect_refusal(bad, "key 'llama." + std::string(key) + "'", key);
    }
  }
}

TEST_F(Faults, SentencePieceWithoutKeys) {
  TinyModel m;
  for (const char* key : {"bos_token_id", "eos_token_id", "unknown_token_id"})
    m.drop("tokenizer.ggml." + std::string(key));
  expect_runs(m, "no ids");
  TinyModel ids;
  ids.u32("tokenizer.ggml.bos_token_id", 0xffffffffu);
  expect_runs(ids, "-1 as BOS");
  TinyModel plain;
  plain.drop("tokenizer.ggml.scores");
  expect_runs(plain, "no scores");
  plain.drop("tokenizer.ggml.token_type");
  expect_runs(plain, "no types");
  TinyModel none;
  none.boolean("tokenizer.ggml.add_bos_token", false);
  none.prompt.erase(none.prompt.begin());
  expect_runs(none, "no BOS wanted");
}

TEST_F(Faults, OddVocabularies) {
  TinyModel undefined;
  for (std::size_t i = 259; i < undefined.types.size(); ++i) undefined.types[i] = 0;
  expect_runs(undefined, "type 0");
  TinyModel empty;
  empty.tokens[300] = empty.tokens[301] = "";
  expect_runs(empty, "empty tokens", "tokenizer.ggml.tokens[300] and 1 more are empty");
  for (const char* key : {"padding_token_id", "eot_token_id", "unknown_token_id", "fim_pad_token_id"}) {
    TinyModel m;
    m.u32("tokenizer.ggml." + std::string(key), 100000);
    expect_runs(m, key, "tokenizer.ggml." + std::string(key) + "' is 100000");
  }
  TinyModel bos;
  bos.u32("tokenizer.ggml.bos_token_id", 100000);
  expect_refusal(bos, "tokenizer.ggml.bos_token_id' is 100000", "a BOS that is needed");
  bos.boolean("tokenizer.ggml.add_bos_token", false);
  bos.prompt.erase(bos.prompt.begin());
  expect_runs(bos, "a BOS that is not needed", "tokenizer.ggml.bos_token_id' is 100000");
  TinyModel eos;
  eos.u32("tokenizer.ggml.eos_token_id", 100000);
  expect_refusal(eos, "tokenizer.ggml.eos_token_id' is 100000", "an EOS beyond the tokens");
  TinyModel few;
  few.tokens.pop_back();
  few.scores.pop_back();
  few.types.pop_back();
  expect_refusal(few, "tokenizer.ggml.tokens' has 399 tokens, tensor 'token_embd.weight' 400 rows",
                 "more rows than tokens");
  TinyModel wanted("qwen2", false);
  wanted.boolean("tokenizer.ggml.add_bos_token", true);
  expect_refusal(wanted, "tokenizer.ggml.bos_token_id is missing", "a BOS that is wanted and not named");
}

TEST_F(Faults, Merges) {
  for (const char* merge : {"abc", "", " ", "a b c", "a ", " b"}) {
    TinyModel m("qwen2", false);
    m.merges.insert(m.merges.begin() + 3, merge);
    expect_runs(m, merge, "tokenizer.ggml.merges[3] is not two parts");
  }
  TinyModel all("qwen2", false);
  all.merges.assign(3, "abc");
  expect_refusal(all, "tokenizer.ggml.merges[0] and 2 more are not two parts", "only odd merges");
  TinyModel none("qwen2", false);
  none.drop("tokenizer.ggml.merges");
  expect_refusal(none, "key 'tokenizer.ggml.merges' is missing", "no merges");
}

// Tokens that end a text: by a key, or by their text whatever their type.
TEST_F(Faults, Ends) {
  const std::int32_t third = TinyModel().evaluate(kTokens).tokens[2];
  ASSERT_GT(third, 275) << "choose another seed";
  const auto index = static_cast<std::size_t>(third);
  for (const char* text :
       {"<|im_end|>", "_<EOT>", "[EOT]", "<EOT>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>",
        "<end_of_turn>", "<|end|>", "<|end_of_text|>", "<end_of_utterance>", "<|return|>",
        "<｜end▁of▁sentence｜>", "[EOS]", "<eos>", "<|fim_pad|>", "<|file_sep|>"}) {
    for (const std::int32_t type : {1, 4}) {
      TinyModel m;
      m.tokens[index] = text;
      m.types[index] = type;
      m.ends = {third};
      expect_runs(m, std::string(text) + " of type " + std::to_string(type));
      const auto json = nlohmann::json::parse(folder_.read("out"));
      EXPECT_EQ(json["text"].get<std::string>().find(text), std::string::npos) << text;
    }
  }
  for (const char* key :
       {"eot_token_id", "eom_token_id", "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id"}) {
    TinyModel m;
    m.u32("tokenizer.ggml." + std::string(key), static_cast<std::uint32_t>(third));
    m.ends = {third};
    expect_runs(m, key);
  }
  // In vocabularies with both of these, <|end|> closes a message, not the text.
  TinyModel harmony;
  harmony.tokens[index] = "<|end|>";
  harmony.tokens[398] = "<|return|>";
  harmony.tokens[399] = "<|call|>";
  expect_runs(harmony, "<|end|> between messages");
}

// The chip compares four ids; the host ends the text at the others.
TEST_F(Faults, MoreEndsThanTheChipHas) {
  const TinyModel plain;
  const std::vector<std::int32_t> tokens = plain.evaluate(kTokens).tokens;
  const auto last = static_cast<std::size_t>(tokens[3]);
  ASSERT_GT(last, 290u) << "choose another seed";
  TinyModel m;
  std::size_t at = 276;
  for (const char* text :
       {"<|im_end|>", "<EOT>", "<|eot_id|>", "<|endoftext|>", "<end_of_turn>", "<|return|>"}) {
    ASSERT_EQ(std::count(tokens.begin(), tokens.end(), static_cast<std::int32_t>(at)), 0);
    m.tokens[at++] = text;
  }
  m.tokens[last] = "<|end_of_text|>";
  m.ends = {tokens[3]};
  expect_runs(m, "seven ends");
}

TEST_F(Faults, SplitFiles) {
  const TinyModel m;
  const TinyModel::Text text = m.evaluate(kTokens);
  const std::size_t n = m.order.size();
  const auto name = [](int i) { return "sp-0000" + std::to_string(i) + "-of-00003.gguf"; };
  const std::string parts[] = {m.part(0, n / 3, 0, 3), m.part(n / 3, n / 2, 1, 3), m.part(n / 2, n, 2, 3)};
  for (int i = 0; i < 3; ++i) folder_.write(name(i + 1), parts[i]);
  for (const char* device : {"reference", "model"}) {
    expect_text(folder_.generate(folder_.path(name(1)), device), m.prompt, text.tokens, text.stop,
                "three parts");
  }
  expect_refused(folder_.generate(folder_.path(name(2)), "reference"),
                 "give the first part, '" + folder_.path(name(1)) + "'", "the second part");
  folder_.write("renamed.gguf", parts[0]);
  expect_refused(folder_.generate(folder_.path("renamed.gguf"), "reference"), "-00001-of-00003.gguf'",
                 "another name");
  folder_.write("renamed.gguf", parts[1]);
  expect_refused(folder_.generate(folder_.path("renamed.gguf"), "reference"), "part 2 of 3",
                 "another name of another part");
  // Parts that are cut, of another model, in a wrong place, twice the same, missing.
  folder_.write(name(3), parts[2].substr(0, parts[2].size() - 100));
  expect_refused(folder_.generate(folder_.path(name(1)), "reference"), "beyond the end",
                 "a part that is cut");
  folder_.write(name(3), parts[1]);
  expect_refused(folder_.generate(folder_.path(name(1)), "reference"), "'split.no' is not 2", "a part twice");
  folder_.write(name(3), TinyModel("qwen2").part(n / 2, n, 2, 3));
  expect_refused(folder_.generate(folder_.path(name(1)), "reference"),
                 "'general.architecture' is not as in the first part", "of another model");
  folder_.write(name(3), m.part(n / 2, n - 1, 2, 3));
  expect_refused(folder_.generate(folder_.path(name(1)), "reference"), "split.tensors.count",
                 "a tensor less");
  folder_.write(name(3), m.part(0, n / 2, 2, 3));
  expect_refused(folder_.generate(folder_.path(name(1)), "reference"), "appears twice", "tensors twice");
  unlink(folder_.path(name(3)).c_str());
  expect_refused(folder_.generate(folder_.path(name(1)), "reference"), name(3) + "' is not there",
                 "a part is missing");
}

// Values that are no numbers, in every kind of tensor: refused by the tensor's name on each device.
TEST_F(Faults, ValuesThatAreNoNumbers) {
  for (const char* name :
       {"token_embd.weight", "output.weight", "output_norm.weight", "blk.0.attn_norm.weight",
        "blk.1.attn_v.weight", "blk.1.attn_q.bias", "blk.0.ffn_up.weight"}) {
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -1.5e38f, 0x1p30f}) {
      TinyModel m;
      m.add("blk.1.attn_q.bias", {TinyModel::kWidth});
      m.tensors[name].values[17] = value;
      const std::string file = folder_.write("model.gguf", m.file());
      for (const char* device : {"reference", "model"})
        expect_refused(folder_.generate(file, device), "tensor '" + std::string(name) + "'", name);
    }
  }
  // A block's scale, and its minimum.
  const std::pair<gguf::Type, std::size_t> types[] = {{gguf::Type::kQ8_0, 34},
                                                      {gguf::Type::kQ4_0, 18},
                                                      {gguf::Type::kQ4_1, 20},
                                                      {gguf::Type::kF16, 64},
                                                      {gguf::Type::kBF16, 64}};
  for (const auto& [type, bytes] : types) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
      if (at == 2 && bytes < 20) continue;
      if (at == 2 && type == gguf::Type::kQ8_0) continue;
      TinyModel m;
      TinyModel::Tensor& t = m.tensors["blk.0.attn_k.weight"];
      t.type = type;
      t.raw.assign(bytes * t.dims[1], '\1');
      t.raw.replace(3 * bytes + at, 2, Write::bytes(std::uint16_t{0x7fc0}));
      const std::string file = folder_.write("model.gguf", m.file());
      for (const char* device : {"reference", "model"})
        expect_refused(folder_.generate(file, device), "tensor 'blk.0.attn_k.weight'", gguf::type_name(type));
    }
  }
}

// A refused file is shown by `examine`, with the reason where it stands, and the exit code says that it is
// refused.
TEST_F(Faults, ExamineShowsWhatIsRefused) {
  TinyModel m;
  m.add("blk.0.attn_q.scale", {1});
  m.f32("llama.logit_scale", 8);
  const std::string file = folder_.write("model.gguf", m.file());
  const Outcome run = folder_.run("examine -m " + file);
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.errors.size(), 1u) << run.err;
  EXPECT_NE(run.out.find("refused: is 8, and this release does not run scaled logits"), std::string::npos)
      << run.out;
  EXPECT_NE(run.out.find("refused: is a scale, which this release does not apply"), std::string::npos)
      << run.out;
  const Outcome json = folder_.run("examine -m " + file + " --json -");
  EXPECT_EQ(json.code, 2);
  const auto shown = nlohmann::json::parse(json.out);
  EXPECT_EQ(shown["tensors"].size(), m.order.size());
  EXPECT_NE(shown["refused"].get<std::string>().find("llama.logit_scale"), std::string::npos);
}

// Files with their expected ids, where they are: the folder faults/ beside that of the models.
TEST_F(Faults, KeptFiles) {
  const char* models = std::getenv("LUOSHU_MODELS");
  const std::string folder =
      (models != nullptr ? std::string(models) : testing_support::source_root() + "/../shared/models") +
      "/../faults/";
  std::ifstream in(folder + "expected.json");
  if (!in)
    GTEST_SKIP() << "expected.json is not in " << folder << "; set LUOSHU_MODELS to the folder beside it";
  const auto expected = nlohmann::json::parse(in);
  for (const auto& item : expected.items()) {
    for (const char* device : {"reference", "model"}) {
      const Outcome run = folder_.generate(folder + item.key(), device);
      const std::string what = item.key() + " on " + device;
      nlohmann::json wanted = item.value()["expect"];
      if (wanted.is_object() && wanted.contains("either")) {
        const bool refused = run.code == 2;
        nlohmann::json chosen;
        for (const auto& one : wanted["either"]) {
          if ((one == "refuse") == refused) chosen = one;
        }
        wanted = chosen;
      }
      if (wanted == "refuse") {
        expect_refused(run, "", what);
      } else {
        expect_text(run, wanted["prompt_tokens"], wanted["tokens"], wanted["stop"], what);
      }
    }
  }
}

}  // namespace
