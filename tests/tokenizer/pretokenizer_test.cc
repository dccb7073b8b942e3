// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/pretokenizer.h"

#include <gtest/gtest.h>

#include "support/seed.h"
#include "tokenizer/vocabularies.h"

namespace luoshu {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& name, const std::string& text) {
  const PreTokenizer pre_tokenizer(name);
  Words words;
  for (const std::string_view word : pre_tokenizer.split(text)) words.emplace_back(word);
  return words;
}

const std::vector<std::string>& names() {
  static const std::vector<std::string> list = {
      "",          "default",          "gpt-2",        "smollm",         "qwen2",       "qwen35",
      "llama-bpe", "deepseek-r1-qwen", "deepseek-llm", "deepseek-coder", "deepseek-v3", "falcon"};
  return list;
}

TEST(PreTokenizer, Gpt2) {
  EXPECT_EQ(split("gpt-2", "Hello world, I'll pay 1000!"),
            (Words{"Hello", " world", ",", " I", "'ll", " pay", " 1000", "!"}));
  EXPECT_EQ(split("gpt-2", "a  b\n\n c "), (Words{"a", " ", " b", "\n\n", " c", " "}));
  EXPECT_EQ(split("gpt-2", "I'LL"), (Words{"I", "'", "LL"}));  // contractions in lower case only
}

TEST(PreTokenizer, SmolLmSplitsDigitsFirst) {
  EXPECT_EQ(split("smollm", "in 1987."), (Words{"in", " ", "1", "9", "8", "7", "."}));
  EXPECT_EQ(split("smollm", "½Ⅷ٣"), (Words{"½", "Ⅷ", "٣"}));    // every kind of number
  EXPECT_EQ(split("smollm", "a  7"), (Words{"a", "  ", "7"}));  // no pattern sees past its part
}

TEST(PreTokenizer, Qwen2AndLlama3) {
  EXPECT_EQ(split("qwen2", "He'LL get 1234"), (Words{"He", "'LL", " get", " ", "1", "2", "3", "4"}));
  EXPECT_EQ(split("llama-bpe", "He'LL get 1234"), (Words{"He", "'LL", " get", " ", "123", "4"}));
  EXPECT_EQ(split("qwen2", "end.\n\n  next"), (Words{"end", ".\n\n", " ", " next"}));
  EXPECT_EQ(split("qwen2", "x \n \n y"), (Words{"x", " \n \n", " y"}));
  EXPECT_EQ(split("qwen2", "(foo"), (Words{"(foo"}));  // one other character may lead a word
  EXPECT_EQ(split("qwen2", "你好世界"), (Words{"你好世界"}));
  EXPECT_EQ(split("qwen2", "e\u0301a"), (Words{"e", "\u0301a"}));
  EXPECT_EQ(split("qwen35", "e\u0301a"), (Words{"e\u0301a"}));       // marks count as letters
  EXPECT_EQ(split("qwen2", "it'\u017F"), (Words{"it", "'\u017F"}));  // long s folds to s
}

TEST(PreTokenizer, Default) {
  EXPECT_EQ(split("default", "a+b 12345..."), (Words{"a", "+", "b", " ", "123", "45", "..."}));
  EXPECT_EQ(split("", "a+b 12345..."), split("default", "a+b 12345..."));
}

TEST(PreTokenizer, DeepSeek) {
  EXPECT_EQ(split("deepseek-llm", "ab 12你好\n!"), (Words{"ab", " ", "12", "你好", "\n", "!"}));
  EXPECT_EQ(split("deepseek-llm", "a\U0001D4B3b"),
            (Words{"a", "\U0001D4B3", "b"}));  // not among the listed letters
  EXPECT_EQ(split("deepseek-coder", "ab 12"), (Words{"ab", " ", "1", "2"}));
  EXPECT_EQ(split("deepseek-v3", "x.foo 1234"), (Words{"x", ".foo", " ", "123", "4"}));
}

TEST(PreTokenizer, WhiteSpaceIsUnicodeWhiteSpace) {
  EXPECT_EQ(split("gpt-2", "a\u3000\u3000b"), (Words{"a", "\u3000", "\u3000", "b"}));
  EXPECT_EQ(split("gpt-2", "a\u180e\u180eb"),
            (Words{"a", "\u180e\u180e", "b"}));  // no space since Unicode 6.3
  EXPECT_EQ(split("gpt-2", "a\u0085\u0085b"), (Words{"a", "\u0085", "\u0085", "b"}));
}

TEST(PreTokenizer, WordsJoinToTheText) {
  std::mt19937_64 random(test_seed());
  for (const std::string& name : names()) {
    const PreTokenizer pre_tokenizer(name);
    for (int round = 0; round < 1000; ++round) {
      const std::string text = testing::random_text(random, 60);
      std::string joined;
      for (const std::string_view word : pre_tokenizer.split(text)) {
        ASSERT_FALSE(word.empty());
        joined += word;
      }
      ASSERT_EQ(joined, text) << name;
    }
  }
}

// Runs that make a backtracking matcher walk far.
TEST(PreTokenizer, LongRuns) {
  for (const std::string& name : names()) {
    const PreTokenizer pre_tokenizer(name);
    for (const std::string unit : {"a", " ", "\n", "!", "1", " \n", "你", "'", "\u0301"}) {
      std::string text;
      while (text.size() < 100000) text += unit;
      std::size_t bytes = 0;
      for (const std::string_view word : pre_tokenizer.split(text + "b")) bytes += word.size();
      ASSERT_EQ(bytes, text.size() + 1) << name;
    }
  }
}

TEST(PreTokenizer, UnknownNameIsAnError) {
  const std::string message = testing::input_error([] { PreTokenizer("novel"); });
  EXPECT_NE(message.find("tokenizer.ggml.pre 'novel'"), std::string::npos) << message;
  EXPECT_NE(message.find("smollm, "), std::string::npos) << message;
}

}  // namespace
}  // namespace luoshu
