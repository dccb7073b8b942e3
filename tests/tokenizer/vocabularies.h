// SPDX-License-Identifier: Apache-2.0
// Small vocabularies and random texts for the tokenizer tests.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tokenizer/byte_bpe.h"
#include "tokenizer/tokenizer.h"

namespace luoshu::testing {

// `text` as byte-level BPE writes it in a vocabulary.
inline std::string spelt(std::string_view text) {
  std::string result;
  for (const char c : text) append_utf8(byte_to_alphabet(static_cast<std::uint8_t>(c)), result);
  return result;
}

// "gpt2" vocabulary: ids 0-255 are the bytes, then the results of `merges` ("left right" as plain text) in
// their order where they are new, then `control` tokens.
inline Vocabulary byte_vocabulary(const std::string& pre,
                                  const std::vector<std::pair<std::string, std::string>>& merges,
                                  const std::vector<std::string>& control = {}) {
  Vocabulary v;
  v.model = "gpt2";
  v.pre = pre;
  for (unsigned byte = 0; byte < 256; ++byte) {
    v.tokens.push_back(spelt(std::string(1, static_cast<char>(byte))));
  }
  for (const auto& [left, right] : merges) {
    const std::string result = spelt(left + right);
    bool known = false;
    for (const std::string& token : v.tokens) known = known || token == result;
    if (!known) v.tokens.push_back(result);
    v.merges.push_back(spelt(left) + " " + spelt(right));
  }
  v.types.assign(v.tokens.size(), 1);
  for (const std::string& token : control) {
    v.tokens.push_back(token);
    v.types.push_back(3);
  }
  return v;
}

struct Piece {
  std::string text;
  float score;
  TokenType type = TokenType::kNormal;
};

// "llama" vocabulary: 0 <unk>, 1 <s>, 2 </s>, with `bytes` 3-258 <0x00>-<0xFF>, then `pieces`. BOS is added.
inline Vocabulary piece_vocabulary(const std::vector<Piece>& pieces, bool bytes = true) {
  Vocabulary v;
  v.model = "llama";
  v.tokens = {"<unk>", "<s>", "</s>"};
  v.types = {2, 3, 3};
  for (unsigned byte = 0; bytes && byte < 256; ++byte) {
    char name[7];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    v.tokens.push_back(name);
    v.types.push_back(6);
  }
  v.scores.assign(v.tokens.size(), 0.0f);
  for (const Piece& piece : pieces) {
    v.tokens.push_back(piece.text);
    v.scores.push_back(piece.score);
    v.types.push_back(static_cast<std::int32_t>(piece.type));
  }
  v.unk = 0;
  v.bos = 1;
  v.eos = 2;
  v.add_bos = true;
  return v;
}

// Unicode text of up to `longest` characters: letters, digits, spaces and line ends, and any other scalar
// value.
inline std::string random_text(std::mt19937_64& random, std::size_t longest) {
  static const std::vector<std::string> common = {
      "a",      "b",      "e",      "T",      " ",      " ", "  ",      "\n", "\r\n", "\t", "0",
      "7",      "'s",     "'RE",    ".",      ", ",     "é", "e\u0301", "你", "好",   "。", "😀",
      "\u00a0", "\u3000", "\u2028", "\u180e", "\u0085", "½", "Ⅷ",       "٣",  "-",    "<|", "|>"};
  std::string text;
  const std::size_t length = random() % (longest + 1);
  for (std::size_t i = 0; i < length; ++i) {
    if (random() % 3 != 0) {
      text += common[random() % common.size()];
      continue;
    }
    const std::uint64_t limit = random() % 2 == 0 ? 0x3000 : 0x110000;
    auto c = static_cast<char32_t>(random() % limit);
    if (c >= 0xD800 && c < 0xE000) c -= 0x800;
    append_utf8(c, text);
  }
  return text;
}

// The message of the InputError that `action` throws.
template <typename Action>
std::string input_error(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

}  // namespace luoshu::testing
