// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/tokenizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "luoshu/printable.h"
#include "tokenizer/byte_bpe.h"
#include "tokenizer/sentencepiece.h"

namespace luoshu {
namespace {

constexpr std::size_t kLongestText = std::size_t{1} << 30;  // bytes; positions are 32-bit

// Texts of the tokens that end a turn, a message or a document in published models, besides the ids that a
// file names.
constexpr std::string_view kEndings[] = {
    "</s>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<eos>",
    "<end_of_turn>",
    "<end_of_utterance>",
    "<turn|>",
    "<|call|>",
    "<|calls|>",
    "<|end|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|eom_id|>",
    "<|eot_id|>",
    "<|flush|>",
    "<|im_end|>",
    "<|return|>",
    "<|tool_response>",
    "<｜end▁of▁sentence｜>",
    "[e~[",
    // Of models that fill in the middle: padding, the next repository, the next file.
    "<|fim_pad|>",
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
};
// Where a vocabulary has all the tokens on the left, the one on the right ends no generation: messages of
// several channels follow each other.
struct NoEnding {
  std::string_view first, second, text;
};
constexpr NoEnding kNoEndings[] = {{"<|return|>", "<|call|>", "<|end|>"},
                                   {"<|calls|>", "<|flush|>", "<|end|>"},
                                   {"<|tool_response>", "<|tool_response>", "</s>"}};

void check_id_key(const char* name, std::int32_t id, std::size_t size) {
  if (id >= -1 && (id < 0 || static_cast<std::size_t>(id) < size)) return;
  throw InputError("tokenizer.ggml." + std::string(name) + " is " + std::to_string(id) +
                   " but the vocabulary has " + std::to_string(size) + " tokens; convert the model again");
}

void check_count(const char* name, std::size_t count, std::size_t tokens) {
  if (count == tokens) return;
  throw InputError("tokenizer.ggml." + std::string(name) + " has " + std::to_string(count) + " entries for " +
                   std::to_string(tokens) + " tokens; convert the model again");
}

void check_tokens(const Vocabulary& v) {
  if (v.tokens.empty()) throw InputError("tokenizer.ggml.tokens is empty; convert the model again");
  if (v.tokens.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() / 4)) {
    throw InputError(
        "tokenizer.ggml.tokens has more entries than token ids can name; convert the model again");
  }
  std::unordered_map<std::string_view, std::size_t> seen;
  seen.reserve(v.tokens.size());
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    if (v.tokens[i].empty()) continue;  // stands for no text
    const auto [first, is_new] = seen.emplace(v.tokens[i], i);
    if (!is_new) {
      throw InputError("tokenizer.ggml.tokens[" + std::to_string(i) + "] repeats entry " +
                       std::to_string(first->second) + "; convert the model again");
    }
  }
}

void check(const Vocabulary& v) {
  if (v.model != "llama" && v.model != "gpt2") {
    throw InputError("tokenizer.ggml.model '" + printable(v.model) +
                     "' is not supported; use a model with 'llama' or 'gpt2'");
  }
  check_tokens(v);
  if (!v.scores.empty()) check_count("scores", v.scores.size(), v.tokens.size());
  for (std::size_t i = 0; i < v.scores.size(); ++i) {
    if (std::isnan(v.scores[i])) {
      throw InputError("tokenizer.ggml.scores[" + std::to_string(i) +
                       "] is not a number; convert the model again");
    }
  }
  if (!v.types.empty()) check_count("token_type", v.types.size(), v.tokens.size());
  for (std::size_t i = 0; i < v.types.size(); ++i) {
    if (v.types[i] < 0 || v.types[i] > static_cast<std::int32_t>(TokenType::kByte)) {
      throw InputError("tokenizer.ggml.token_type[" + std::to_string(i) + "] is " +
                       std::to_string(v.types[i]) + ", not 0 to 6; convert the model again");
    }
  }
  check_id_key("bos_token_id", v.bos, v.tokens.size());
  check_id_key("eos_token_id", v.eos, v.tokens.size());
  check_id_key("unknown_token_id", v.unk, v.tokens.size());
  check_id_key("padding_token_id", v.pad, v.tokens.size());
  for (const std::int32_t id : v.ends) check_id_key("eot_token_id", id, v.tokens.size());
  if (v.add_bos && v.bos < 0) {
    throw InputError(
        "tokenizer.ggml.bos_token_id is missing but tokenizer.ggml.add_bos_token asks for it; convert the "
        "model again");
  }
  if (v.add_eos && v.eos < 0) {
    throw InputError(
        "tokenizer.ggml.eos_token_id is missing but tokenizer.ggml.add_eos_token asks for it; convert the "
        "model again");
  }
}

// The byte that a token such as <0x0A> stands for, or -1.
int byte_of(std::string_view token) {
  if (token.size() != 6 || token.substr(0, 3) != "<0x" || token[5] != '>') return -1;
  int value = 0;
  for (const char c : token.substr(3, 2)) {
    const std::size_t digit = std::string_view("0123456789ABCDEFabcdef").find(c);
    if (digit == std::string_view::npos) return -1;
    value = value * 16 + static_cast<int>(digit < 16 ? digit : digit - 6);
  }
  return value;
}

// Whether one of the ascending ranges has a byte in [from, to).
bool meets(const std::vector<std::pair<std::size_t, std::size_t>>& ranges, std::size_t from, std::size_t to) {
  const auto after = std::lower_bound(ranges.begin(), ranges.end(), to,
                                      [](const auto& range, std::size_t end) { return range.first < end; });
  return after != ranges.begin() && (after - 1)->second > from;
}

std::string restore_spaces(std::string_view token) {
  std::string text;
  while (!token.empty()) {
    const bool space = token.substr(0, 3) == "\xE2\x96\x81";
    text.push_back(space ? ' ' : token[0]);
    token.remove_prefix(space ? 3 : 1);
  }
  return text;
}

}  // namespace

bool default_add_bos(const std::string& model, const std::string& pre) {
  return model == "llama" || PreTokenizer::default_add_bos(pre);
}

std::unique_ptr<Tokenizer> Tokenizer::create(Vocabulary vocabulary) {
  check(vocabulary);
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(vocabulary)));
}

// The encoders keep references to the vocabulary, which stays as it is from then on (but for its notes).
Tokenizer::Tokenizer(Vocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)), eog_(vocabulary_.tokens.size()) {
  if (vocabulary_.model == "llama" && vocabulary_.scores.empty())
    vocabulary_.scores.resize(vocabulary_.tokens.size());
  for (std::int32_t& type : vocabulary_.types) {
    if (type == 0) type = static_cast<std::int32_t>(TokenType::kNormal);
  }
  find_ends();
  std::size_t empty = 0;
  std::int32_t first_empty = 0;
  for (std::int32_t id = 0; id < size(); ++id) {
    const std::string& token = vocabulary_.tokens[static_cast<std::size_t>(id)];
    const TokenType kind = type(id);
    if (token.empty()) {
      if (empty++ == 0) first_empty = id;
      continue;
    }
    if (kind == TokenType::kByte && byte_of(token) < 0) {
      throw InputError("tokenizer.ggml.tokens[" + std::to_string(id) +
                       "] has type byte but is not written <0x00> to <0xFF>; convert the model again");
    }
    if (kind == TokenType::kControl || kind == TokenType::kUserDefined || kind == TokenType::kUnknown)
      special_.push_back(id);
  }
  if (empty != 0) {
    vocabulary_.notes.push_back("tokenizer.ggml.tokens[" + std::to_string(first_empty) + "]" +
                                (empty == 1
                                     ? std::string(" is empty and stands")
                                     : " and " + std::to_string(empty - 1) + " more are empty and stand") +
                                " for no text");
  }
  std::stable_sort(special_.begin(), special_.end(), [this](std::int32_t a, std::int32_t b) {
    return vocabulary_.tokens[static_cast<std::size_t>(a)].size() >
           vocabulary_.tokens[static_cast<std::size_t>(b)].size();
  });
  for (std::size_t i = 0; i < special_.size(); ++i) {
    const std::string& token = vocabulary_.tokens[static_cast<std::size_t>(special_[i])];
    starts_[static_cast<std::uint8_t>(token[0])].push_back(static_cast<std::int32_t>(i));
  }
  if (vocabulary_.model == "llama") {
    encoder_ = std::make_unique<SentencePieceEncoder>(vocabulary_);
  } else {
    encoder_ = std::make_unique<ByteBpeEncoder>(vocabulary_, vocabulary_.notes);
  }
}

void Tokenizer::find_ends() {
  std::unordered_map<std::string_view, std::int32_t> ids;
  for (std::int32_t id = 0; id < size(); ++id)
    ids.emplace(vocabulary_.tokens[static_cast<std::size_t>(id)], id);
  for (const std::string_view text : kEndings) {
    const auto found = ids.find(text);
    if (found == ids.end()) continue;
    const bool message = std::any_of(std::begin(kNoEndings), std::end(kNoEndings), [&](const NoEnding& no) {
      return no.text == text && ids.count(no.first) != 0 && ids.count(no.second) != 0;
    });
    if (message) continue;
    eog_[static_cast<std::size_t>(found->second)] = true;
    if (type(found->second) == TokenType::kControl) continue;
    if (vocabulary_.types.empty())
      vocabulary_.types.assign(vocabulary_.tokens.size(), static_cast<std::int32_t>(TokenType::kNormal));
    vocabulary_.types[static_cast<std::size_t>(found->second)] =
        static_cast<std::int32_t>(TokenType::kControl);
  }
  for (const std::int32_t id : vocabulary_.ends) eog_[static_cast<std::size_t>(id)] = true;
  if (vocabulary_.eos >= 0) eog_[static_cast<std::size_t>(vocabulary_.eos)] = true;
}

TokenType Tokenizer::type(std::int32_t id) const {
  if (vocabulary_.types.empty()) return TokenType::kNormal;
  return static_cast<TokenType>(vocabulary_.types[static_cast<std::size_t>(id)]);
}

void Tokenizer::check_id(std::int32_t id) const {
  if (id >= 0 && id < size()) return;
  throw InputError("token id " + std::to_string(id) + " is not in the vocabulary; use 0 to " +
                   std::to_string(size() - 1));
}

void Tokenizer::encode_text(std::string_view text, const Ranges& guarded,
                            std::vector<std::int32_t>& ids) const {
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) {
    throw InputError("prompt is not valid UTF-8 at byte " + std::to_string(invalid) + "; save it as UTF-8");
  }
  if (text.size() > kLongestText) {
    throw InputError("prompt has " + std::to_string(text.size()) + " bytes; use at most " +
                     std::to_string(kLongestText));
  }
  for (const Fragment& fragment : split_at_special(text, guarded)) {
    if (fragment.special >= 0) {
      ids.push_back(fragment.special);
    } else {
      encoder_->encode(fragment.text, ids);
    }
  }
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool add_special,
                                            bool parse_control) const {
  std::vector<std::int32_t> ids;
  if (add_special && vocabulary_.add_bos) ids.push_back(vocabulary_.bos);
  encode_text(text, parse_control ? Ranges() : Ranges{{0, text.size()}}, ids);
  if (add_special && vocabulary_.add_eos) ids.push_back(vocabulary_.eos);
  return ids;
}

std::vector<std::int32_t> Tokenizer::encode_spans(const std::vector<PromptSpan>& spans) const {
  std::string text;
  Ranges guarded;
  for (const PromptSpan& span : spans) {
    if (span.user) guarded.emplace_back(text.size(), text.size() + span.text.size());
    text += span.text;
  }
  std::vector<std::int32_t> ids;
  encode_text(text, guarded, ids);
  return ids;
}

// Longer tokens claim their text before shorter ones, wherever they stand; equally long ones in order of
// their ids.
std::vector<Tokenizer::Fragment> Tokenizer::split_at_special(std::string_view text,
                                                             const Ranges& guarded) const {
  std::vector<Fragment> fragments;
  if (text.empty()) return fragments;
  fragments.push_back({text, -1});
  std::vector<bool> occurs(
      special_.size());  // one pass, as most vocabularies hold many tokens and texts few of them
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const std::int32_t index : starts_[static_cast<std::uint8_t>(text[at])]) {
      const std::string& token =
          vocabulary_.tokens[static_cast<std::size_t>(special_[static_cast<std::size_t>(index)])];
      if (text.compare(at, token.size(), token) == 0) occurs[static_cast<std::size_t>(index)] = true;
    }
  }
  std::vector<Fragment> next;
  for (std::size_t index = 0; index < special_.size(); ++index) {
    const std::int32_t id = special_[index];
    if (!occurs[index]) continue;
    const std::string_view token = vocabulary_.tokens[static_cast<std::size_t>(id)];
    const bool anywhere = type(id) == TokenType::kUserDefined;
    next.clear();
    for (Fragment fragment : fragments) {
      std::size_t from = 0;  // no occurrence before it counts
      while (fragment.special < 0) {
        const std::size_t found = fragment.text.find(token, from);
        if (found == std::string_view::npos) break;
        const auto at = static_cast<std::size_t>(fragment.text.data() - text.data()) + found;
        if (!anywhere && meets(guarded, at, at + token.size())) {
          from = found + 1;
          continue;
        }
        from = 0;
        if (found > 0) next.push_back({fragment.text.substr(0, found), -1});
        next.push_back({token, id});
        fragment.text.remove_prefix(found + token.size());
      }
      if (!fragment.text.empty()) next.push_back(fragment);
    }
    fragments.swap(next);
  }
  return fragments;
}

std::string Tokenizer::piece(std::int32_t id, bool show_control) const {
  check_id(id);
  const std::string& token = vocabulary_.tokens[static_cast<std::size_t>(id)];
  switch (type(id)) {
    case TokenType::kUnknown:
    case TokenType::kControl:
      return show_control ? token : "";
    case TokenType::kUnused:
      return "";
    case TokenType::kUserDefined:
      return token;
    case TokenType::kByte:
      return token.empty() ? "" : std::string(1, static_cast<char>(byte_of(token)));
    case TokenType::kNormal:
      break;
  }
  return vocabulary_.model == "llama" ? restore_spaces(token) : decode_byte_alphabet(token);
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids, bool show_control) const {
  std::string text;
  for (const std::int32_t id : ids) text += piece(id, show_control);
  return text;
}

bool Tokenizer::is_control(std::int32_t id) const {
  check_id(id);
  return type(id) == TokenType::kControl;
}

bool Tokenizer::is_eog(std::int32_t id) const {
  check_id(id);
  return eog_[static_cast<std::size_t>(id)];
}

}  // namespace luoshu
