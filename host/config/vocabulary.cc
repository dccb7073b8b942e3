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
  if (v.tokens.size() > vocab) {
    throw InputError("key 'tokenizer.ggml.tokens' has " + std::to_string(v.tokens.size()) +
                     " tokens, tensor 'token_embd.weight' " + std::to_string(vocab) +
                     " rows; convert the model again");
  }
  const auto id = [&](const char* key) -> std::int32_t {
    const auto value = file.integer(prefix + key);
    if (!value) return -1;
    if (*value == 0xffffffffu) return -1;  // some converters write -1 as an unsigned number
    if (*value >= v.tokens.size()) {
      throw InputError("key '" + prefix + key + "' is " + std::to_string(*value) + ", beyond the " +
                       std::to_string(v.tokens.size()) + " tokens; convert the model again");
    }
    return static_cast<std::int32_t>(*value);
  };
  v.bos = id("bos_token_id");
  v.eos = id("eos_token_id");
  v.unk = id("unknown_token_id");
  v.pad = id("padding_token_id");
  v.add_bos = file.boolean(prefix + "add_bos_token").value_or(default_add_bos(v.model, v.pre)) && v.bos >= 0;
  v.add_eos = file.boolean(prefix + "add_eos_token").value_or(false) && v.eos >= 0;
  v.add_space_prefix = file.boolean(prefix + "add_space_prefix").value_or(true);
  return v;
}

}  // namespace luoshu
