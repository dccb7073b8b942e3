// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/pretokenizer.h"

#include <algorithm>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "luoshu/error.h"
#include "luoshu/printable.h"

namespace luoshu {
namespace {

// White space is spelt out: PCRE2's own \s also holds U+180E, which Unicode dropped in 6.3 and tokenizers do
// not split at.
#define SPACES \
  R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})"
#define SPACE "[" SPACES "]"
#define NOT_SPACE "[^" SPACES "]"
// The last two alternatives of most patterns: a run of space gives its last character to the word that
// follows.
#define SPACE_RUNS SPACE "+(?!" NOT_SPACE ")|" SPACE "+"
#define IDEOGRAPHS_AND_HANGUL R"([\x{4e00}-\x{9fa5}\x{800}-\x{4e00}\x{ac00}-\x{d7ff}]+)"

// Sources: the pre_tokenizer sections of the models' published tokenizer.json files.
constexpr char kGpt2[] =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^)" SPACES R"(\p{L}\p{N}]+|)" SPACE_RUNS;
constexpr char kDigit[] = R"(\p{N})";
constexpr char kNewline[] = R"([\r\n])";
// DeepSeek LLM lists the cased letters that it means; these blocks and U+0295 are what the list leaves out
// and adds.
constexpr char kListedLetters[] = SPACE
    R"(?(?:(?![\x{560}\x{588}\x{10c7}-\x{10ff}\x{1c80}-\x{1c8f}\x{2d00}-\x{2d2f}\x{a790}-\x{a7ff}\x{ab30}-\x{ab6f})"
    R"(\x{10570}-\x{105bf}\x{16e40}-\x{16e7f}\x{1d400}-\x{1d7ff}\x{1df00}-\x{1dfff}])[\p{Lu}\p{Ll}\p{Lt}\x{295}])+)";
// Qwen2 and Llama 3 differ only in how many digits stay together, Qwen3.5 in counting marks as letters.
#define CONTRACTIONS R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|)"
#define MODERN(LETTER, DIGITS, OTHER)                                                                \
  CONTRACTIONS R"([^\r\n\p{L}\p{N}]?)" LETTER "+|" DIGITS "| ?[^" SPACES OTHER R"(]+[\r\n]*|)" SPACE \
               R"(*[\r\n]+|)" SPACE_RUNS
constexpr char kQwen2[] = MODERN(R"(\p{L})", R"(\p{N})", R"(\p{L}\p{N})");
constexpr char kQwen35[] = MODERN(R"([\p{L}\p{M}])", R"(\p{N})", R"(\p{L}\p{M}\p{N})");
constexpr char kLlama3[] = MODERN(R"(\p{L})", R"(\p{N}{1,3})", R"(\p{L}\p{N})");

struct Family {
  std::vector<const char*> names;     // values of tokenizer.ggml.pre
  std::vector<const char*> patterns;  // in the order in which they split
  bool whole_words = false;
  bool add_bos = false;
};

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      // Files that name no pattern: punctuation first, and numbers in groups of three.
      {{"default"}, {R"([\p{P}$+<=>^~|]+)", kGpt2, R"(\p{N}+)", "[0-9][0-9][0-9]"}},
      {{"gpt-2", "mpt", "olmo", "phi-2"}, {kGpt2}},
      {{"smollm", "starcoder", "refact", "command-r", "codeshell"}, {kDigit, kGpt2}},
      {{"qwen2", "deepseek-r1-qwen", "stablelm2"}, {kQwen2}},
      {{"qwen35"}, {kQwen35}},
      {{"llama-bpe", "llama3", "llama-v3"}, {kLlama3}, true, true},
      {{"dbrx", "smaug-bpe"}, {kLlama3}},
      {{"falcon"}, {R"([\p{P}$+<=>^~|`]+)", kGpt2, "[0-9][0-9][0-9]"}},
      {{"deepseek-coder"}, {kNewline, SPACE R"(?\p{L}+)", SPACE R"(?\p{P}+)", IDEOGRAPHS_AND_HANGUL, kDigit}},
      {{"deepseek-llm"},
       {kNewline, kListedLetters,
        SPACE R"(?[!-/:-~\x{ff01}-\x{ff0f}\x{ff1a}-\x{ff5e}\x{2018}-\x{201f}\x{3000}-\x{3002}]+)", SPACE "+$",
        IDEOGRAPHS_AND_HANGUL, R"(\p{N}+)"}},
      {{"deepseek-v3"},
       {R"(\p{N}{1,3})", R"([\x{4e00}-\x{9fa5}\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+)",
        R"([!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" SPACE
        R"(*[\r\n]+|)" SPACE_RUNS}},
  };
  return list;
}

const Family* find_family(const std::string& name) {
  const std::string wanted = name.empty() ? "default" : name;
  for (const Family& family : families()) {
    for (const char* known : family.names) {
      if (wanted == known) return &family;
    }
  }
  return nullptr;
}

std::string pcre2_message(int code) {
  PCRE2_UCHAR text[256] = {};
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

struct FreeMatch {
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
};
struct FreeContext {
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
};
struct FreeStack {
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
};

constexpr std::size_t kJitStackStart = 32 * 1024;
constexpr std::size_t kJitStackLimit = 8 * 1024 * 1024;

}  // namespace

struct PreTokenizer::Pattern {
  struct FreeCode {
    void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  };
  std::unique_ptr<pcre2_code, FreeCode> code;
};

PreTokenizer::PreTokenizer(const std::string& name) {
  const Family* family = find_family(name);
  if (family == nullptr) {
    std::string known;
    for (const Family& each : families()) {
      for (const char* one : each.names) known += (known.empty() ? "" : ", ") + std::string(one);
    }
    throw InputError("tokenizer.ggml.pre '" + printable(name) +
                     "' is not supported; use a model with one of: " + known);
  }
  whole_words_ = family->whole_words;
  for (const char* pattern : family->patterns) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    Pattern compiled;
    compiled.code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern), PCRE2_ZERO_TERMINATED,
                                      PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY, &error, &offset,
                                      nullptr));
    if (compiled.code == nullptr) {
      throw InputError("the split pattern of tokenizer.ggml.pre '" + name + "' does not compile (" +
                       pcre2_message(error) + "); install PCRE2 10.42 or later");
    }
    pcre2_jit_compile(compiled.code.get(), PCRE2_JIT_COMPLETE);  // without a JIT the interpreter is used
    patterns_.push_back(std::move(compiled));
  }
}

PreTokenizer::~PreTokenizer() = default;

bool PreTokenizer::default_add_bos(const std::string& name) {
  const Family* family = find_family(name);
  return family != nullptr && family->add_bos;
}

std::vector<std::string_view> PreTokenizer::split(std::string_view text) const {
  const std::unique_ptr<pcre2_match_context, FreeContext> context(pcre2_match_context_create(nullptr));
  const std::unique_ptr<pcre2_jit_stack, FreeStack> stack(
      pcre2_jit_stack_create(kJitStackStart, kJitStackLimit, nullptr));
  if (stack != nullptr) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());

  std::vector<std::string_view> parts = {text};
  std::vector<std::string_view> next;
  for (const Pattern& pattern : patterns_) {
    const std::unique_ptr<pcre2_match_data, FreeMatch> match(
        pcre2_match_data_create_from_pattern(pattern.code.get(), nullptr));
    next.clear();
    for (const std::string_view part : parts) {
      std::size_t at = 0;
      while (at < part.size()) {
        const auto* subject = reinterpret_cast<PCRE2_SPTR>(part.data());
        // The text is known to be valid and every offset is at a character.
        int found = pcre2_match(pattern.code.get(), subject, part.size(), at, PCRE2_NO_UTF_CHECK, match.get(),
                                context.get());
        if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
          found = pcre2_match(pattern.code.get(), subject, part.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                              match.get(), context.get());
        }
        if (found == PCRE2_ERROR_NOMATCH) break;
        if (found < 0) {
          throw InputError("the text cannot be split into words (" + pcre2_message(found) +
                           "); use a shorter text");
        }
        const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match.get());
        if (bounds[0] > at) next.push_back(part.substr(at, bounds[0] - at));
        next.push_back(part.substr(bounds[0], bounds[1] - bounds[0]));  // no pattern matches nothing
        at = bounds[1];
      }
      if (at < part.size()) next.push_back(part.substr(at));
    }
    parts.swap(next);
  }
  return parts;
}

}  // namespace luoshu
