// SPDX-License-Identifier: Apache-2.0
// The "llama" tokenizer model: SentencePiece BPE. Not covered: Unigram models, normalization rules.
#pragma once
#include <array>
#include <string_view>
#include <unordered_map>

#include "tokenizer/tokenizer.h"

namespace luoshu {

class SentencePieceEncoder final : public TextEncoder {
 public:
  // Keeps a reference to `vocabulary`, which has been checked. Throws InputError if some character could not
  // be encoded.
  explicit SentencePieceEncoder(const Vocabulary& vocabulary);

  // Merges neighbours by the best score, the leftmost at equal scores, until none is left; O(n log n).
  void encode(std::string_view text, std::vector<std::int32_t>& ids) const override;

 private:
  struct Merged;  // parts of unused tokens, which are taken apart again
  void emit(std::string_view symbol, const Merged& merged, bool& last_unknown,
            std::vector<std::int32_t>& ids) const;
  std::int32_t find(std::string_view symbol) const;

  const Vocabulary& vocabulary_;
  std::unordered_map<std::string_view, std::int32_t>
      ids_;                                 // tokens that text may become; views into vocabulary_
  std::array<std::int32_t, 256> byte_ids_;  // ids of <0x00>...<0xFF>, -1 where there is none
  std::int32_t unknown_;
  std::size_t longest_ = 0;  // bytes of the longest token in ids_
};

}  // namespace luoshu
