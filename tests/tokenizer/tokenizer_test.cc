// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "support/seed.h"
#include "tokenizer/vocabularies.h"

namespace luoshu {
namespace {

using Ids = std::vector<std::int32_t>;
using testing::byte_vocabulary;
using testing::input_error;
using testing::piece_vocabulary;

std::string create_error(const Vocabulary& v) {
  return input_error([&] { Tokenizer::create(v); });
}

#define EXPECT_NAMES(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(Tokenizer, ControlTokensInTheText) {
  const auto t = Tokenizer::create(byte_vocabulary("gpt-2", {}, {"<|im_start|>", "<|im_end|>"}));
  EXPECT_EQ(t->encode("<|im_start|>a<|im_end|>"), (Ids{256, 'a', 257}));
  EXPECT_EQ(t->encode("<|im_start|><|im_start|>"), (Ids{256, 256}));
  EXPECT_EQ(t->encode("<|im_"), (Ids{'<', '|', 'i', 'm', '_'}));
  EXPECT_EQ(t->encode("<|im_end|>", true, false).size(), 10u);
  EXPECT_EQ(t->piece(257), "");
  EXPECT_EQ(t->piece(257, true), "<|im_end|>");
  EXPECT_EQ(t->decode({256, 'a', 257}), "a");
  EXPECT_EQ(t->decode({256, 'a', 257}, true), "<|im_start|>a<|im_end|>");
}

TEST(Tokenizer, UserDefinedTokensAreFoundWithoutParsingControlTokens) {
  Vocabulary v = byte_vocabulary("gpt-2", {}, {"<think>", "  "});
  v.types[256] = 4;
  v.types[257] = 4;
  const auto t = Tokenizer::create(v);
  EXPECT_EQ(t->encode("<think>   x", true, false), (Ids{256, 257, ' ', 'x'}));
  EXPECT_EQ(t->piece(256), "<think>");
  EXPECT_FALSE(t->is_control(256));
}

// A longer token claims its text first, even where a shorter one starts before it.
TEST(Tokenizer, LongestControlTokenFirst) {
  const auto t = Tokenizer::create(byte_vocabulary("gpt-2", {}, {"ab", "abc", "bcde"}));
  EXPECT_EQ(t->encode("abc"), (Ids{257}));
  EXPECT_EQ(t->encode("abd"), (Ids{256, 'd'}));
  EXPECT_EQ(t->encode("abcde"), (Ids{'a', 258}));
}

using Spans = std::vector<PromptSpan>;

TEST(Tokenizer, SpansOfTheTemplateHoldControlTokensThoseOfTheUserDoNot) {
  const auto t = Tokenizer::create(byte_vocabulary("gpt-2", {}, {"<|im_start|>", "<|im_end|>"}));
  EXPECT_EQ(t->encode_spans({{"<|im_start|>", false}, {"a", true}, {"<|im_end|>", false}}),
            (Ids{256, 'a', 257}));
  const Ids ten = {'<', '|', 'i', 'm', '_', 'e', 'n', 'd', '|', '>'};
  EXPECT_EQ(t->encode_spans({{"<|im_end|>", true}}), ten);
  // Half of the user's is enough to make it text, whichever half.
  EXPECT_EQ(t->encode_spans({{"<|im_", false}, {"end|>", true}}), ten);
  EXPECT_EQ(t->encode_spans({{"<|im_", true}, {"end|>", false}}), ten);
  EXPECT_EQ(t->encode_spans({{"<|im_e", false}, {"n", true}, {"d|>", false}}), ten);
  // Two spans of the template's are one text.
  EXPECT_EQ(t->encode_spans({{"<|im_", false}, {"end|>", false}}), Ids{257});
  // The user's does not hide what the template writes behind it.
  EXPECT_EQ(t->encode_spans({{"<", true}, {"<|im_end|>", false}}), (Ids{'<', 257}));
  EXPECT_EQ(t->encode_spans({{"", true}, {"<|im_end|>", false}, {"", true}}), Ids{257});
  EXPECT_EQ(t->encode_spans({}), Ids{});
}

TEST(Tokenizer, SpansHaveTheIdsOfTheirText) {
  Vocabulary v = byte_vocabulary("gpt-2", {{"a", "b"}, {"ab", "c"}}, {"<s>", "<t>"});
  v.bos = 258;
  v.add_bos = true;  // a template writes its own
  const auto t = Tokenizer::create(v);
  // Tokens form across the border of spans.
  EXPECT_EQ(t->encode_spans({{"a", false}, {"b", true}, {"c", false}}), Ids{257});
  std::mt19937_64 random(test_seed());
  const std::string parts[] = {"<s>", "<t>", "<", "s", ">", "a", "b", "c", " ", "\xE4\xBD\xA0"};
  for (int round = 0; round < 200; ++round) {
    Spans spans;
    std::string text;
    for (int i = 0; i < 12; ++i) {
      spans.push_back({parts[random() % std::size(parts)], false});
      text += spans.back().text;
    }
    EXPECT_EQ(t->encode_spans(spans), t->encode(text, false, true)) << text;
    for (PromptSpan& span : spans) span.user = true;
    EXPECT_EQ(t->encode_spans(spans), t->encode(text, false, false)) << text;
    for (PromptSpan& span : spans) span.user = random() % 2 == 0;
    Ids expected_controls;  // those that the template's own runs spell
    std::string run;
    const auto end_run = [&] {
      for (const std::int32_t id : t->encode(run, false, true)) {
        if (t->is_control(id)) expected_controls.push_back(id);
      }
      run.clear();
    };
    for (const PromptSpan& span : spans) {
      if (span.user) {
        end_run();
      } else {
        run += span.text;
      }
    }
    end_run();
    const Ids ids = t->encode_spans(spans);
    Ids controls;
    for (const std::int32_t id : ids) {
      if (t->is_control(id)) controls.push_back(id);
    }
    EXPECT_EQ(controls, expected_controls) << text;
    EXPECT_EQ(t->decode(ids, true), text);
  }
}

TEST(Tokenizer, MergesAndWholeWordsGiveNoControlToken) {
  for (const char* pre : {"gpt-2", "llama-bpe"}) {
    Vocabulary v = byte_vocabulary(pre, {{"a", "b"}, {"ab", "c"}}, {"stop"});
    v.types[257] = 3;  // "abc", which merges make
    const auto t = Tokenizer::create(v);
    EXPECT_EQ(t->encode("abc", false, true), Ids{257}) << pre;
    EXPECT_EQ(t->encode_spans({{"abc", true}}), (Ids{'a', 'b', 'c'})) << pre;
    EXPECT_EQ(t->encode_spans({{"ab", true}}), Ids{256}) << pre;
    EXPECT_EQ(t->encode_spans({{"stop", true}}), (Ids{'s', 't', 'o', 'p'})) << pre;
  }
}

TEST(Tokenizer, SpansOfAPieceVocabulary) {
  Vocabulary v = piece_vocabulary({{"\xE2\x96\x81", -1}, {"<u>", -2, TokenType::kUserDefined}});
  const auto t = Tokenizer::create(v);
  const Ids control = t->encode_spans({{"<s>", false}, {"</s>", true}, {"</s>", false}});
  EXPECT_EQ(control.front(), 1);
  EXPECT_EQ(control.back(), 2);
  EXPECT_EQ(std::count_if(control.begin(), control.end(), [&](std::int32_t id) { return t->is_control(id); }),
            2);
  // A user-defined token is part of the text, whoever wrote it.
  const auto user_defined = static_cast<std::int32_t>(v.tokens.size()) - 1;
  EXPECT_EQ(t->encode_spans({{"<", false}, {"u>", true}}), Ids{user_defined});
  EXPECT_NAMES(input_error([&] { t->encode_spans({{"\xE4", true}}); }), "UTF-8");
}

TEST(Tokenizer, BosAndEos) {
  Vocabulary v = byte_vocabulary("gpt-2", {}, {"<s>", "</s>"});
  v.bos = 256;
  v.eos = 257;
  EXPECT_EQ(Tokenizer::create(v)->encode("a"), (Ids{'a'}));
  EXPECT_EQ(Tokenizer::create(v)->encode(""), Ids{});
  v.add_bos = v.add_eos = true;
  EXPECT_EQ(Tokenizer::create(v)->encode("a"), (Ids{256, 'a', 257}));
  EXPECT_EQ(Tokenizer::create(v)->encode(""), (Ids{256, 257}));
  EXPECT_EQ(Tokenizer::create(v)->encode("a", false), (Ids{'a'}));
  EXPECT_TRUE(default_add_bos("llama", "default"));
  EXPECT_TRUE(default_add_bos("gpt2", "llama-bpe"));
  EXPECT_FALSE(default_add_bos("gpt2", "smollm"));
}

TEST(Tokenizer, EndOfGeneration) {
  Vocabulary v =
      byte_vocabulary("gpt-2", {}, {"<|endoftext|>", "<|im_start|>", "<|im_end|>", "_<EOT>", "stop", "turn"});
  v.types[258] = 1;  // a wrong type, as in some converted files
  v.types[259] = 4;
  v.types[261] = 1;
  v.eos = 260;
  v.ends = {261};
  const auto t = Tokenizer::create(v);
  EXPECT_TRUE(t->is_eog(256));
  EXPECT_FALSE(t->is_eog(257));
  EXPECT_TRUE(t->is_eog(258));
  EXPECT_TRUE(t->is_eog(259));
  EXPECT_TRUE(t->is_eog(260));
  EXPECT_TRUE(t->is_eog(261));
  EXPECT_TRUE(t->is_control(257));
  EXPECT_TRUE(t->is_control(258));
  EXPECT_TRUE(t->is_control(259));
  EXPECT_FALSE(t->is_control(261));  // an end by its id stays text in a prompt
  EXPECT_FALSE(t->is_control('a'));
  EXPECT_EQ(t->piece(258), "");
  EXPECT_EQ(t->encode("a<|im_end|>"), (Ids{'a', 258}));
  // Without types every token is normal but these.
  v.types.clear();
  const auto untyped = Tokenizer::create(v);
  EXPECT_TRUE(untyped->is_control(258));
  EXPECT_FALSE(untyped->is_control(257));
  // Messages of several channels: <|end|> is between them.
  v = byte_vocabulary("gpt-2", {}, {"<|end|>", "<|return|>"});
  EXPECT_TRUE(Tokenizer::create(v)->is_eog(256));
  v = byte_vocabulary("gpt-2", {}, {"<|end|>", "<|return|>", "<|call|>"});
  EXPECT_FALSE(Tokenizer::create(v)->is_eog(256));
  EXPECT_TRUE(Tokenizer::create(v)->is_eog(257));
}

// What is odd and harmless is taken, and said.
TEST(Tokenizer, OddVocabularies) {
  Vocabulary v = piece_vocabulary({{"a", 0}, {"", 0}, {"aa", 0}, {"", 0}});
  v.types[259] = 0;  // undefined: as normal
  const auto t = Tokenizer::create(v);
  EXPECT_EQ(t->encode("aa", false), (Ids{3 + 0xE2, 3 + 0x96, 3 + 0x81, 261}));
  EXPECT_EQ(t->piece(259), "a");
  EXPECT_EQ(t->piece(260), "");
  EXPECT_FALSE(t->is_control(259));
  ASSERT_EQ(t->notes().size(), 1u);
  EXPECT_NAMES(t->notes()[0], "tokenizer.ggml.tokens[260] and 1 more are empty");
  v.types[260] = 3;
  EXPECT_EQ(Tokenizer::create(v)->encode("aa", false).size(), 4u);
  v.types[260] = 6;
  EXPECT_EQ(Tokenizer::create(v)->piece(260), "");
  v.scores.clear();  // all equal
  v.types[260] = 1;
  EXPECT_EQ(Tokenizer::create(v)->encode("aaa", false), (Ids{3 + 0xE2, 3 + 0x96, 3 + 0x81, 261, 259}));
}

TEST(Tokenizer, IdsOutsideTheVocabulary) {
  const auto t = Tokenizer::create(byte_vocabulary("gpt-2", {}));
  for (const std::int32_t id : {-1, 256, 1 << 30}) {
    EXPECT_NAMES(input_error([&] { t->piece(id); }), "token id " + std::to_string(id));
    EXPECT_NAMES(input_error([&] { t->is_eog(id); }), "0 to 255");
    EXPECT_NAMES(input_error([&] { t->is_control(id); }), "0 to 255");
  }
}

TEST(Tokenizer, PromptThatIsNotUtf8) {
  const auto t = Tokenizer::create(byte_vocabulary("gpt-2", {}));
  EXPECT_NAMES(input_error([&] { t->encode("ab\x80"); }), "prompt is not valid UTF-8 at byte 2; ");
  EXPECT_NAMES(input_error([&] { t->encode("\xE4\xBD"); }), "prompt is not valid UTF-8 at byte 0; ");
  EXPECT_EQ(t->encode(std::string_view("\0a", 2)), (Ids{0, 'a'}));
}

TEST(Tokenizer, HostileVocabularies) {
  const Vocabulary good = piece_vocabulary({{"a", 0}});
  ASSERT_EQ(create_error(good), "no InputError");
  Vocabulary v = good;
  v.model = "bert";
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.model 'bert'");
  v = good;
  v.tokens.clear();
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.tokens is empty");
  v = good;
  v.tokens[7] = v.tokens[5];
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.tokens[7] repeats entry 5");
  v = good;
  v.scores.pop_back();
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.scores has 259 entries for 260 tokens");
  v = good;
  v.scores[3] = NAN;
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.scores[3]");
  v = good;
  v.types.push_back(1);
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.token_type has 261 entries");
  for (const std::int32_t type : {-1, 7}) {
    v = good;
    v.types[1] = type;
    EXPECT_NAMES(create_error(v), "tokenizer.ggml.token_type[1] is " + std::to_string(type));
  }
  v = good;
  v.types.back() = 6;
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.tokens[259] has type byte");
  v = byte_vocabulary("novel", {});
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.pre 'novel'");
}

TEST(Tokenizer, HostileSpecialIds) {
  const std::vector<std::pair<std::int32_t Vocabulary::*, std::string>> keys = {
      {&Vocabulary::bos, "tokenizer.ggml.bos_token_id"},
      {&Vocabulary::eos, "tokenizer.ggml.eos_token_id"},
      {&Vocabulary::unk, "tokenizer.ggml.unknown_token_id"},
      {&Vocabulary::pad, "tokenizer.ggml.padding_token_id"}};
  for (const auto& [member, key] : keys) {
    for (const std::int32_t id : {-2, 260, 1 << 30}) {
      Vocabulary v = piece_vocabulary({{"a", 0}});
      v.*member = id;
      EXPECT_NAMES(create_error(v), key + " is " + std::to_string(id));
    }
  }
  Vocabulary v = piece_vocabulary({{"a", 0}});
  v.bos = -1;
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.bos_token_id is missing");
  v = piece_vocabulary({{"a", 0}});
  v.eos = -1;
  v.add_eos = true;
  EXPECT_NAMES(create_error(v), "tokenizer.ggml.eos_token_id is missing");
}

// Tokens and merges of random bytes must not break anything (the sanitizer build watches).
TEST(Tokenizer, RandomBytesAsVocabulary) {
  std::mt19937_64 random(test_seed());
  int created = 0;
  for (int round = 0; round < 300; ++round) {
    Vocabulary v = round % 2 == 0 ? byte_vocabulary("smollm", {{"a", "b"}}) : piece_vocabulary({{"a", 0}});
    const std::size_t changes = 1 + random() % 8;
    for (std::size_t i = 0; i < changes; ++i) {
      std::string& token = v.tokens[random() % v.tokens.size()];
      token.clear();
      for (std::size_t length = random() % 7; length > 0; --length)
        token.push_back(static_cast<char>(random()));
      v.types[random() % v.types.size()] = static_cast<std::int32_t>(random() % 7);
      if (random() % 8 == 0) v.ends.push_back(static_cast<std::int32_t>(random() % v.tokens.size()));
      if (random() % 4 == 0) v.merges.push_back(std::string(token).append(" ").append(token));
    }
    try {
      const auto t = Tokenizer::create(v);
      const Ids ids = t->encode(testing::random_text(random, 50));
      t->decode(ids, true);
      ++created;
    } catch (const InputError&) {
      continue;
    }
  }
  EXPECT_GT(created, 0);
}

// Words and runs of 100 kB take well under a second; a quadratic merge would take minutes.
TEST(Tokenizer, LongPrompts) {
  const auto bpe =
      Tokenizer::create(byte_vocabulary("qwen2", {{"a", "a"}, {"aa", "aa"}, {" ", " "}}, {"<|x|>"}));
  const auto pieces =
      Tokenizer::create(piece_vocabulary({{"a", -3}, {"aa", -2}, {"aaaa", -1}, {"\u2581", -2}}));
  for (const std::string unit : {"a", " ", "<|x|>", "<", "ab", "a \n"}) {
    std::string text;
    while (text.size() < 100000) text += unit;
    for (const Tokenizer* t : {bpe.get(), pieces.get()}) {
      const auto start = std::chrono::steady_clock::now();
      EXPECT_FALSE(t->encode(text).empty());
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
      EXPECT_LT(taken.count(), 5.0) << unit;  // generous: shared machines, sanitizers
    }
  }
}

}  // namespace
}  // namespace luoshu
