// SPDX-License-Identifier: Apache-2.0
// Text to token ids and back. Two models: "llama" (SentencePiece merges by score, byte fallback) and "gpt2"
// (byte-level BPE, merges by rank). What a chat
// template rendered comes as spans (host/chat).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "luoshu/error.h"
#include "tokenizer/utf8.h"

namespace luoshu {

// Values of Vocabulary::types, as in the key tokenizer.ggml.token_type; 0 there (undefined) counts as normal.
enum class TokenType : std::int32_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };

// The tokenizer.ggml.* metadata of a GGUF file. An id of -1 means that the file does not name one.
struct Vocabulary {
  std::string model;                // "llama" or "gpt2"
  std::string pre;                  // name of the split pattern, "gpt2" only; empty means "default"
  std::vector<std::string> tokens;  // [vocab]
  std::vector<float> scores;        // [vocab]; empty means all equal
  std::vector<std::int32_t> types;  // [vocab] of TokenType; empty means all normal
  std::vector<std::string> merges;  // "left right", best rank first; "gpt2" only
  std::int32_t bos = -1, eos = -1, unk = -1, pad = -1;
  std::vector<std::int32_t> ends;  // more ids that end a generation: of a turn, of a message
  bool add_bos = false;            // see default_add_bos() for a file without the key
  bool add_eos = false;
  bool add_space_prefix = true;    // "llama" only
  std::vector<std::string> notes;  // what the user should know: lines without an end
};

// Whether BOS is added when the file has no tokenizer.ggml.add_bos_token: SentencePiece and Llama 3 models
// do.
bool default_add_bos(const std::string& model, const std::string& pre);

// A piece of a prompt that a chat template made.
struct PromptSpan {
  std::string text;   // valid UTF-8 once the spans are joined
  bool user = false;  // from the conversation, not from the template: spells no control token
};

// Turns pieces of text between control tokens into ids; one implementation for each tokenizer model.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  // Appends the ids of `text`: valid UTF-8, not empty, at the start of the prompt or behind a control token.
  virtual void encode(std::string_view text, std::vector<std::int32_t>& ids) const = 0;
};

// Immutable after create(), so that any number of threads may use one.
class Tokenizer {
 public:
  // Checks the vocabulary and builds the tables. Throws InputError naming the metadata key that is bad.
  static std::unique_ptr<Tokenizer> create(Vocabulary vocabulary);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Ids of `text`. Tokens of type user-defined, and with `parse_control` those of type control and unknown,
  // are found in the text first, longest token first; the text between is tokenized by the model.
  // `add_special` adds BOS and EOS where the vocabulary asks for them. A byte that the vocabulary has no
  // token for is left out by "gpt2", as the public implementations do. Throws InputError if `text` is not
  // valid UTF-8.
  std::vector<std::int32_t> encode(std::string_view text, bool add_special = true,
                                   bool parse_control = true) const;

  // Ids of the joined spans, without BOS and EOS of its own: those are the template's to write. A token of
  // type control or unknown is found only where the template wrote all of its bytes; elsewhere its characters
  // are text, tokenized together with what stands around it. So one span of the template's gives what
  // encode(text, false, true) gives, one of the user's what encode(text, false, false) gives, and no id of
  // type control comes from the user's bytes. Throws InputError if the joined text is not valid UTF-8.
  std::vector<std::int32_t> encode_spans(const std::vector<PromptSpan>& spans) const;

  // Bytes of token `id`, not always whole characters (see Utf8Stream). Control and unknown tokens give their
  // text only with `show_control`, unused ones never do. Throws InputError if `id` is out of range.
  std::string piece(std::int32_t id, bool show_control = false) const;

  // The pieces joined. A space that the tokenizer put in front while encoding is part of the result.
  std::string decode(const std::vector<std::int32_t>& ids, bool show_control = false) const;

  // Each throws InputError if `id` is out of range.
  bool is_control(std::int32_t id) const;
  // Ends a generation: EOS, one of Vocabulary::ends, or a token with the text of one (<|im_end|>, _<EOT>...),
  // which then counts as a control token whatever type the file gives it.
  bool is_eog(std::int32_t id) const;

  std::int32_t size() const { return static_cast<std::int32_t>(vocabulary_.tokens.size()); }
  std::int32_t bos() const { return vocabulary_.bos; }
  std::int32_t eos() const { return vocabulary_.eos; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  // What was odd in the vocabulary and does no harm, with Vocabulary::notes: lines without an end.
  const std::vector<std::string>& notes() const { return vocabulary_.notes; }

 private:
  explicit Tokenizer(Vocabulary vocabulary);
  TokenType type(std::int32_t id) const;
  void check_id(std::int32_t id) const;
  void find_ends();
  struct Fragment {
    std::string_view text;
    std::int32_t special = -1;  // id of the token that `text` spells, or -1 for ordinary text
  };
  using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;  // [from, to) in bytes, ascending
  // Control tokens are not found where they meet one of `guarded`.
  std::vector<Fragment> split_at_special(std::string_view text, const Ranges& guarded) const;
  void encode_text(std::string_view text, const Ranges& guarded, std::vector<std::int32_t>& ids) const;

  Vocabulary vocabulary_;
  std::vector<bool> eog_;                  // [vocab]
  std::vector<std::int32_t> special_;      // ids found in the text first, longest first
  std::vector<std::int32_t> starts_[256];  // indices into special_ of the tokens that start with this byte
  std::unique_ptr<TextEncoder> encoder_;   // refers to vocabulary_
};

}  // namespace luoshu
