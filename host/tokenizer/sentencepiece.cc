// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/sentencepiece.h"

#include <cstdio>
#include <queue>

namespace luoshu {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, how a space is written in the vocabulary

// One run of the text; a doubly linked list in text order. An empty run has been merged into its left
// neighbour.
struct Symbol {
  std::size_t begin, length;
  std::int32_t previous, next;
};

// A pair of neighbours that spell a token.
struct Candidate {
  float score;
  std::int32_t left, right;
  std::size_t length;  // of both; stale once it differs from the symbols' present length
  bool operator<(const Candidate& other) const {
    return score < other.score || (score == other.score && left > other.left);
  }
};

std::string escape_spaces(std::string_view text, bool prefix) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 2 + kSpace.size());
  if (prefix) escaped += kSpace;
  for (const char c : text) {
    if (c == ' ') {
      escaped += kSpace;
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

}  // namespace

// For each unused token that a merge produced: the length of its left part.
struct SentencePieceEncoder::Merged : std::unordered_map<std::string_view, std::size_t> {};

SentencePieceEncoder::SentencePieceEncoder(const Vocabulary& vocabulary)
    : vocabulary_(vocabulary), unknown_(vocabulary.unk) {
  ids_.reserve(vocabulary.tokens.size());
  bool all_bytes = true;
  std::unordered_map<std::string_view, std::int32_t> all;
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    const std::string& token = vocabulary.tokens[i];
    const auto type =
        vocabulary.types.empty() ? TokenType::kNormal : static_cast<TokenType>(vocabulary.types[i]);
    const auto id = static_cast<std::int32_t>(i);
    all.emplace(token, id);
    if (unknown_ < 0 && type == TokenType::kUnknown) unknown_ = id;
    if (type == TokenType::kNormal || type == TokenType::kUserDefined || type == TokenType::kUnused) {
      ids_.emplace(token, id);
      longest_ = std::max(longest_, token.size());
    }
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    char name[7];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    const auto found = all.find(name);
    byte_ids_[byte] = found == all.end() ? -1 : found->second;
    all_bytes = all_bytes && byte_ids_[byte] >= 0;
  }
  if (!all_bytes && unknown_ < 0) {
    throw InputError(
        "tokenizer.ggml.unknown_token_id is missing and tokenizer.ggml.tokens does not hold all of <0x00> to "
        "<0xFF>; "
        "convert the model again");
  }
}

std::int32_t SentencePieceEncoder::find(std::string_view symbol) const {
  if (symbol.size() > longest_) return -1;
  const auto found = ids_.find(symbol);
  return found == ids_.end() ? -1 : found->second;
}

void SentencePieceEncoder::encode(std::string_view text, std::vector<std::int32_t>& ids) const {
  const std::string escaped = escape_spaces(text, vocabulary_.add_space_prefix);
  const std::string_view view = escaped;
  std::vector<Symbol> symbols;
  symbols.reserve(view.size());
  for (std::size_t at = 0; at < view.size();) {
    const std::size_t length = decode_utf8(view.substr(at)).length;
    const auto index = static_cast<std::int32_t>(symbols.size());
    at += length;
    symbols.push_back({at - length, length, index - 1, at < view.size() ? index + 1 : -1});
  }
  const auto symbol = [&symbols](std::int32_t index) -> Symbol& {
    return symbols[static_cast<std::size_t>(index)];
  };

  std::priority_queue<Candidate> queue;
  Merged merged;
  const auto consider = [&](std::int32_t left, std::int32_t right) {
    if (left < 0 || right < 0) return;
    const std::size_t length = symbol(left).length + symbol(right).length;
    const std::string_view both = view.substr(symbol(left).begin, length);
    const std::int32_t id = find(both);
    if (id < 0) return;
    const auto index = static_cast<std::size_t>(id);
    queue.push({vocabulary_.scores[index], left, right, length});
    if (!vocabulary_.types.empty() &&
        vocabulary_.types[index] == static_cast<std::int32_t>(TokenType::kUnused)) {
      merged[both] = symbol(left).length;
    }
  };
  for (std::int32_t i = 1; i < static_cast<std::int32_t>(symbols.size()); ++i) consider(i - 1, i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbol(best.left);
    Symbol& right = symbol(best.right);
    if (left.length == 0 || right.length == 0 || left.length + right.length != best.length) continue;
    left.length = best.length;
    right.length = 0;
    left.next = right.next;
    if (right.next >= 0) symbol(right.next).previous = best.left;
    consider(left.previous, best.left);
    consider(best.left, left.next);
  }

  bool last_unknown = false;
  for (std::int32_t i = symbols.empty() ? -1 : 0; i >= 0; i = symbol(i).next) {
    emit(view.substr(symbol(i).begin, symbol(i).length), merged, last_unknown, ids);
  }
}

// A run without a token becomes its bytes, or one unknown token for all neighbouring runs of that kind.
void SentencePieceEncoder::emit(std::string_view symbol, const Merged& merged, bool& last_unknown,
                                std::vector<std::int32_t>& ids) const {
  const auto parts = merged.find(symbol);
  if (parts != merged.end()) {
    emit(symbol.substr(0, parts->second), merged, last_unknown, ids);
    emit(symbol.substr(parts->second), merged, last_unknown, ids);
    return;
  }
  const std::int32_t id = find(symbol);
  if (id >= 0) {
    ids.push_back(id);
    last_unknown = false;
    return;
  }
  for (const char c : symbol) {
    const std::int32_t byte = byte_ids_[static_cast<std::uint8_t>(c)];
    if (byte >= 0) {
      ids.push_back(byte);
      last_unknown = false;
    } else if (!last_unknown) {
      ids.push_back(unknown_);
      last_unknown = true;
    }
  }
}

}  // namespace luoshu
