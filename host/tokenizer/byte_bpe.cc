// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/byte_bpe.h"

#include <queue>

namespace luoshu {
namespace {

// Bytes that stand for themselves.
bool is_printable(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<char32_t, 256> characters{};
  std::unordered_map<char32_t, std::uint8_t> bytes;
  Alphabet() {
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      characters[byte] = is_printable(byte) ? static_cast<char32_t>(byte) : next++;
      bytes.emplace(characters[byte], static_cast<std::uint8_t>(byte));
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

// One run of a word; a doubly linked list. A negative symbol has been merged into its left neighbour.
struct Run {
  std::int32_t symbol, previous, next;
};

struct Candidate {
  std::int32_t rank, left, left_symbol, right_symbol;  // stale once the runs hold other symbols
  bool operator<(const Candidate& other) const {
    return rank > other.rank || (rank == other.rank && left > other.left);
  }
};

}  // namespace

char32_t byte_to_alphabet(std::uint8_t byte) {
  return alphabet().characters[byte];
}

std::string decode_byte_alphabet(std::string_view token) {
  std::string bytes;
  while (!token.empty()) {
    const Utf8Char next = decode_utf8(token);
    const auto found =
        next.kind == Utf8Char::Kind::kWhole ? alphabet().bytes.find(next.code_point) : alphabet().bytes.end();
    if (found != alphabet().bytes.end()) {
      bytes.push_back(static_cast<char>(found->second));
    } else {
      bytes.append(token.substr(0, next.length));
    }
    token.remove_prefix(next.length);
  }
  return bytes;
}

ByteBpeEncoder::ByteBpeEncoder(const Vocabulary& vocabulary, std::vector<std::string>& notes)
    : vocabulary_(vocabulary),
      pre_tokenizer_(vocabulary.pre),
      vocabulary_size_(static_cast<std::int32_t>(vocabulary.tokens.size())) {
  symbols_.reserve(vocabulary.tokens.size() + 256);
  for (std::int32_t id = 0; id < vocabulary_size_; ++id) {
    const std::string& token = vocabulary.tokens[static_cast<std::size_t>(id)];
    symbols_.emplace(token, id);
    if (is_control(id)) continue;
    if (pre_tokenizer_.whole_words()) words_.emplace(decode_byte_alphabet(token), id);
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string character;
    append_utf8(byte_to_alphabet(static_cast<std::uint8_t>(byte)), character);
    byte_symbols_[byte] = intern(character);
  }
  rules_.reserve(vocabulary.merges.size());
  std::size_t odd = 0;
  std::size_t first_odd = 0;
  for (std::size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const std::string_view merge = vocabulary.merges[rank];
    const std::size_t space = merge.find(' ');
    if (space == 0 || space == std::string_view::npos || space + 1 == merge.size() ||
        merge.find(' ', space + 1) != std::string_view::npos) {
      if (odd++ == 0) first_odd = rank;
      continue;
    }
    const std::int32_t left = intern(merge.substr(0, space));
    const std::int32_t right = intern(merge.substr(space + 1));
    const std::int32_t result = intern(std::string(merge.substr(0, space)).append(merge.substr(space + 1)));
    const auto key = static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    rules_.emplace(key,
                   Rule{static_cast<std::int32_t>(rank), result});  // a repeated pair keeps its best rank
  }
  if (odd == 0) return;
  const std::string what = "tokenizer.ggml.merges[" + std::to_string(first_odd) + "]" +
                           (odd == 1 ? std::string(" is") : " and " + std::to_string(odd - 1) + " more are") +
                           " not two parts with one space between";
  if (rules_.empty()) throw InputError(what + ", and there are no others; convert the model again");
  notes.push_back(what + ", and left out");
}

// The symbol spelt `symbol`, a new one if it is no token. Byte symbols come first, so that the bytes of later
// ones exist.
std::int32_t ByteBpeEncoder::intern(std::string_view symbol) {
  const auto next = vocabulary_size_ + static_cast<std::int32_t>(extra_bytes_.size());
  const auto [found, is_new] = symbols_.emplace(symbol, next);
  if (!is_new) return found->second;
  extra_bytes_.emplace_back();
  const std::string bytes = decode_byte_alphabet(symbol);
  if (bytes.size() > 1) {
    for (const char byte : bytes)
      extra_bytes_.back().push_back(byte_symbols_[static_cast<std::uint8_t>(byte)]);
  }
  return next;
}

const ByteBpeEncoder::Rule* ByteBpeEncoder::find_rule(std::int32_t left, std::int32_t right) const {
  const auto found = rules_.find(static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right));
  return found == rules_.end() ? nullptr : &found->second;
}

void ByteBpeEncoder::encode(std::string_view text, std::vector<std::int32_t>& ids) const {
  for (const std::string_view word : pre_tokenizer_.split(text)) {
    if (pre_tokenizer_.whole_words()) {
      const auto found = words_.find(std::string(word));
      if (found != words_.end()) {
        ids.push_back(found->second);
        continue;
      }
    }
    encode_word(word, ids);
  }
}

void ByteBpeEncoder::encode_word(std::string_view word, std::vector<std::int32_t>& ids) const {
  std::vector<Run> runs(word.size());
  const auto run = [&runs](std::int32_t index) -> Run& { return runs[static_cast<std::size_t>(index)]; };
  const auto count = static_cast<std::int32_t>(word.size());
  for (std::int32_t i = 0; i < count; ++i) {
    const auto byte = static_cast<std::uint8_t>(word[static_cast<std::size_t>(i)]);
    run(i) = {byte_symbols_[byte], i - 1, i + 1 < count ? i + 1 : -1};
  }
  std::priority_queue<Candidate> queue;
  const auto consider = [&](std::int32_t left, std::int32_t right) {
    if (left < 0 || right < 0) return;
    const Rule* rule = find_rule(run(left).symbol, run(right).symbol);
    if (rule != nullptr) queue.push({rule->rank, left, run(left).symbol, run(right).symbol});
  };
  for (std::int32_t i = 1; i < count; ++i) consider(i - 1, i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Run& left = run(best.left);
    if (left.symbol != best.left_symbol || left.next < 0) continue;
    Run& right = run(left.next);
    if (right.symbol != best.right_symbol) continue;
    left.symbol = find_rule(left.symbol, right.symbol)->result;
    right.symbol = -1;
    left.next = right.next;
    if (right.next >= 0) run(right.next).previous = best.left;
    consider(left.previous, best.left);
    consider(best.left, left.next);
  }
  for (std::int32_t i = count == 0 ? -1 : 0; i >= 0; i = run(i).next) emit(run(i).symbol, ids);
}

bool ByteBpeEncoder::is_control(std::int32_t id) const {
  return !vocabulary_.types.empty() &&
         vocabulary_.types[static_cast<std::size_t>(id)] == static_cast<std::int32_t>(TokenType::kControl);
}

// A symbol that is no token becomes its bytes; a byte that is no token is left out. So is it with a control
// token, which text can only become in an odd vocabulary, by merges.
void ByteBpeEncoder::emit(std::int32_t symbol, std::vector<std::int32_t>& ids) const {
  if (symbol < vocabulary_size_) {
    if (!is_control(symbol)) {
      ids.push_back(symbol);
      return;
    }
    for (const char c : decode_byte_alphabet(vocabulary_.tokens[static_cast<std::size_t>(symbol)])) {
      const std::int32_t byte = byte_symbols_[static_cast<std::uint8_t>(c)];
      if (byte < vocabulary_size_ && !is_control(byte)) ids.push_back(byte);
    }
    return;
  }
  for (const std::int32_t byte : extra_bytes_[static_cast<std::size_t>(symbol - vocabulary_size_)]) {
    if (byte < vocabulary_size_ && !is_control(byte)) ids.push_back(byte);
  }
}

}  // namespace luoshu
