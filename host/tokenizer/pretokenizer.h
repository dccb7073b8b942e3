// SPDX-License-Identifier: Apache-2.0
// Splits text into the words inside which byte-level BPE merges. Each pattern of a family runs over the parts
// that the one before left; its matches and the text between them become the new parts, and no pattern sees
// past its part.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace luoshu {

class PreTokenizer {
 public:
  // `name` is tokenizer.ggml.pre; empty means "default". Throws InputError, with the list of names, for an
  // unknown one.
  explicit PreTokenizer(const std::string& name);
  ~PreTokenizer();
  PreTokenizer(const PreTokenizer&) = delete;
  PreTokenizer& operator=(const PreTokenizer&) = delete;

  // The words of `text` (valid UTF-8) in order; joined they are `text`. Safe to call from several threads.
  std::vector<std::string_view> split(std::string_view text) const;

  // Whether a word that is a token as a whole is taken without merging (as Llama 3 does).
  bool whole_words() const { return whole_words_; }

  // Whether models with this pattern start with BOS when their file does not say.
  static bool default_add_bos(const std::string& name);

 private:
  struct Pattern;
  std::vector<Pattern> patterns_;
  bool whole_words_ = false;
};

}  // namespace luoshu
