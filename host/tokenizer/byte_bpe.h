// SPDX-License-Identifier: Apache-2.0
// The "gpt2" tokenizer model: byte-level BPE. Each byte is written as one character in the vocabulary; merges
// are applied by rank inside the words of the pre-tokenizer.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tokenizer/pretokenizer.h"
#include "tokenizer/tokenizer.h"

namespace luoshu {

// The character that stands for `byte` in the vocabulary: printable Latin-1 stands for itself, the 68 others
// are U+0100 and up in order.
char32_t byte_to_alphabet(std::uint8_t byte);

// Bytes that `token` stands for; characters outside the alphabet stay as they are.
std::string decode_byte_alphabet(std::string_view token);

class ByteBpeEncoder final : public TextEncoder {
 public:
  // Keeps a reference to `vocabulary`, which has been checked except for its merges and the name of its
  // pattern. Merges that are not "left right" are left out, and `notes` gets a line about them. Throws
  // InputError naming tokenizer.ggml.merges when all are so, or tokenizer.ggml.pre.
  ByteBpeEncoder(const Vocabulary& vocabulary, std::vector<std::string>& notes);

  // Merges the pair of lowest rank, the leftmost at equal ranks, until none is left; O(n log n) in the
  // longest word. Never appends an id of type control.
  void encode(std::string_view text, std::vector<std::int32_t>& ids) const override;

 private:
  // Symbols are what merges join: every token, and parts of merges that are no token themselves.
  struct Rule {
    std::int32_t rank, result;  // result is a symbol
  };
  std::int32_t intern(std::string_view symbol);
  const Rule* find_rule(std::int32_t left, std::int32_t right) const;
  void encode_word(std::string_view word, std::vector<std::int32_t>& ids) const;
  void emit(std::int32_t symbol, std::vector<std::int32_t>& ids) const;

  bool is_control(std::int32_t id) const;

  const Vocabulary& vocabulary_;
  PreTokenizer pre_tokenizer_;
  std::int32_t vocabulary_size_;                           // symbols below are token ids
  std::unordered_map<std::string, std::int32_t> symbols_;  // spelling to symbol
  std::vector<std::vector<std::int32_t>> extra_bytes_;     // byte symbols of each symbol that is no token
  std::unordered_map<std::uint64_t, Rule> rules_;          // by left symbol * 2^32 + right symbol
  std::unordered_map<std::string, std::int32_t> words_;    // raw bytes to token, only with whole words
  std::array<std::int32_t, 256> byte_symbols_;
};

}  // namespace luoshu
