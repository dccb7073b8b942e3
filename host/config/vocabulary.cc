// SPDX-License-Identifier: Apache-2.0
#include "config/vocabulary.h"

namespace luoshu {

Vocabulary vocabulary_of(const gguf::File& file, std::uint32_t vocab) {
  const std::string prefix = "tokenizer.ggml.";
  Vocabulary v;
  v.model = file.string(prefix + "model").value_or("");
  v.pre = file.string(prefix + "pre").value_or("");
  v.tokens = file.strings(prefix + "tokens");
  v.scores = file.reals(prefix + "scores");
  v.types = file.integers(prefix + "token_type");
  v.merges = file.strings(prefix + "merges");
  if (v.tokens.empty())
    throw InputError(
        "key 'tokenizer.ggml.tokens' is missing; the file has no tokenizer, convert the model again");
  if (v.model == "gpt2" && v.merges.empty()) {
    throw InputError(
        "key 'tokenizer.ggml.merges' is missing or empty, and a tokenizer 'gpt2' joins nothing without it; "
        "convert the model again");
  }
  if (v.tokens.size() != vocab) {
    throw InputError("key 'tokenizer.ggml.tokens' has " + std::to_string(v.tokens.size()) +
                     " tokens, tensor 'token_embd.weight' " + std::to_string(vocab) +
                     " rows; convert the model again");
  }
  // An id beyond the tokens is noted where nothing needs it, and refused where something does.
  const auto id = [&](const char* key, std::int32_t fallback, bool needed) -> std::int32_t {
    const auto value = file.integer(prefix + key);
    if (!value || *value == 0xffffffffu) return fallback;  // some converters write -1 as an unsigned number
    if (*value < v.tokens.size()) return static_cast<std::int32_t>(*value);
    const std::string what = "key '" + prefix + key + "' is " + std::to_string(*value) + ", beyond the " +
                             std::to_string(v.tokens.size()) + " tokens";
    if (needed) throw InputError(what + "; convert the model again");
    v.notes.push_back(what + ", and is not used");
    return -1;
  };
  // A SentencePiece file that names no ids has those of the library.
  const bool pieces = v.model == "llama";
  const auto own = [&](std::int32_t piece_id) {
    return pieces && static_cast<std::size_t>(piece_id) < v.tokens.size() ? piece_id : -1;
  };
  const auto asked = file.boolean(prefix + "add_bos_token");
  v.add_bos = asked.value_or(default_add_bos(v.model, v.pre));
  v.bos = id("bos_token_id", own(1), v.add_bos);
  if (v.add_bos && v.bos < 0 && !asked) {
    v.add_bos = false;
    v.notes.push_back("key '" + prefix +
                      "bos_token_id' is missing, and no such token is put before the text");
  }
  v.add_eos = file.boolean(prefix + "add_eos_token").value_or(false);
  v.eos = id("eos_token_id", own(2), true);
  v.unk = id("unknown_token_id", own(0), false);
  v.pad = id("padding_token_id", -1, false);
  for (const char* key :
       {"eot_token_id", "eom_token_id", "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id"}) {
    const std::int32_t end = id(key, -1, false);
    if (end >= 0) v.ends.push_back(end);
  }
  v.add_space_prefix = file.boolean(prefix + "add_space_prefix").value_or(true);
  return v;
}

}  // namespace luoshu
