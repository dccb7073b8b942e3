// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/sentencepiece.h"

#include <gtest/gtest.h>

#include <map>

#include "support/seed.h"
#include "tokenizer/vocabularies.h"

namespace luoshu {
namespace {

using Ids = std::vector<std::int32_t>;
using testing::Piece;
using testing::piece_vocabulary;

constexpr std::int32_t kFirst = 259;  // id of the first piece after the byte tokens
constexpr char kSpace[] = "\u2581";

std::int32_t byte_id(std::uint8_t byte) {
  return 3 + byte;
}

TEST(SentencePiece, BestScoreFirstThenLeftmost) {
  const auto t = Tokenizer::create(
      piece_vocabulary({{kSpace, -9}, {"a", -9}, {"b", -9}, {"ab", -3}, {"ba", -2}, {"aa", -1}}));
  EXPECT_EQ(t->encode("aba"), (Ids{1, kFirst, kFirst + 1, kFirst + 4}));  // ba beats ab
  EXPECT_EQ(t->encode("aaa"), (Ids{1, kFirst, kFirst + 5, kFirst + 1}));  // equal scores: the left pair
  EXPECT_EQ(t->encode("abab", false), (Ids{kFirst, kFirst + 1, kFirst + 4, kFirst + 2}));
}

TEST(SentencePiece, SpacePrefix) {
  const std::string s = kSpace;
  Vocabulary v = piece_vocabulary({{s, -3}, {"a", -3}, {s + "a", -1}}, true);
  EXPECT_EQ(Tokenizer::create(v)->encode("a a"), (Ids{1, kFirst + 2, kFirst + 2}));
  EXPECT_EQ(Tokenizer::create(v)->encode("a</s>a", false),
            (Ids{kFirst + 2, 2, kFirst + 2}));  // again after a control token
  EXPECT_EQ(Tokenizer::create(v)->encode(""), (Ids{1}));
  EXPECT_EQ(Tokenizer::create(v)->encode(" a"), (Ids{1, kFirst, kFirst + 2}));
  v.add_space_prefix = false;
  EXPECT_EQ(Tokenizer::create(v)->encode("a a"), (Ids{1, kFirst + 1, kFirst + 2}));
}

TEST(SentencePiece, ByteFallback) {
  Vocabulary v = piece_vocabulary({{"a", 0}});
  v.add_space_prefix = false;
  const auto t = Tokenizer::create(v);
  EXPECT_EQ(t->encode("aé\n"), (Ids{1, kFirst, byte_id(0xC3), byte_id(0xA9), byte_id(0x0A)}));
  EXPECT_EQ(t->piece(byte_id(0xC3)), "\xC3");
  EXPECT_EQ(t->piece(byte_id(0x00)), std::string(1, '\0'));
  // The text of a byte token is no byte: it is spelt with the bytes of its characters.
  EXPECT_EQ(t->encode("<0x0A>", false).size(), 6u);
}

TEST(SentencePiece, UnknownRunIsOneToken) {
  Vocabulary v = piece_vocabulary({{"a", 0}}, false);
  v.add_space_prefix = false;
  EXPECT_EQ(Tokenizer::create(v)->encode("aéé你a你", false), (Ids{3, 0, 3, 0}));
  v.unk = -1;  // found by its type
  EXPECT_EQ(Tokenizer::create(v)->encode("é", false), (Ids{0}));
  v.types[0] = 1;
  const std::string message = testing::input_error([&] { Tokenizer::create(v); });
  EXPECT_NE(message.find("tokenizer.ggml.unknown_token_id"), std::string::npos) << message;
}

// An unused token may be built on the way to a longer one, and is taken apart where it remains.
TEST(SentencePiece, UnusedTokensAreTakenApart) {
  Vocabulary v = piece_vocabulary({{"a", -9}, {"b", -9}, {"ab", -1, TokenType::kUnused}, {"abab", -2}});
  v.add_space_prefix = false;
  const auto t = Tokenizer::create(v);
  EXPECT_EQ(t->encode("abab", false), (Ids{kFirst + 3}));
  EXPECT_EQ(t->encode("ab", false), (Ids{kFirst, kFirst + 1}));
}

// Control tokens are never built from text by merging.
TEST(SentencePiece, ControlTokensAreNotMerged) {
  Vocabulary v = piece_vocabulary({{"<", -9}, {"/", -9}, {"s", -9}, {">", -9}, {"</", -1}, {"s>", -1}});
  v.add_space_prefix = false;
  EXPECT_EQ(Tokenizer::create(v)->encode("</s>", false, false), (Ids{kFirst + 4, kFirst + 5}));
  EXPECT_EQ(Tokenizer::create(v)->encode("</s>", false, true), (Ids{2}));
}

// The definition, quadratic: join the leftmost pair of best score until no pair spells a token.
std::vector<std::string> merge_slowly(const std::string& text, const std::map<std::string, float>& scores) {
  std::vector<std::string> parts;
  for (const char c : text) parts.emplace_back(1, c);
  for (;;) {
    std::size_t at = parts.size();
    float best = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = scores.find(parts[i] + parts[i + 1]);
      if (found != scores.end() && (at == parts.size() || found->second > best)) {
        best = found->second;
        at = i;
      }
    }
    if (at == parts.size()) return parts;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

TEST(SentencePiece, EqualsTheDefinitionForRandomScores) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 60; ++round) {
    std::map<std::string, float> scores = {{"a", 0.0f}, {"b", 0.0f}, {"c", 0.0f}};
    for (int i = 0; i < 40; ++i) {
      std::string token;
      for (std::size_t length = 2 + random() % 5; length > 0; --length)
        token.push_back(static_cast<char>('a' + random() % 3));
      scores.emplace(token, -static_cast<float>(random() % 8));  // few values, so that there are ties
    }
    std::vector<Piece> pieces;
    pieces.reserve(scores.size());
    for (const auto& [token, score] : scores) pieces.push_back({token, score});
    Vocabulary v = piece_vocabulary(pieces);
    v.add_space_prefix = false;
    const auto t = Tokenizer::create(v);
    for (int word = 0; word < 50; ++word) {
      std::string text;
      for (std::size_t i = 1 + random() % 40; i > 0; --i)
        text.push_back(static_cast<char>('a' + random() % 3));
      std::vector<std::string> parts;
      for (const std::int32_t id : t->encode(text, false)) parts.push_back(t->piece(id));
      ASSERT_EQ(parts, merge_slowly(text, scores)) << text;
    }
  }
}

TEST(SentencePiece, EveryTextComesBackBehindTheSpacePrefix) {
  std::mt19937_64 random(test_seed());
  const std::string s = kSpace;
  const auto t = Tokenizer::create(piece_vocabulary(
      {{s, -9}, {"a", -8}, {"T", -8}, {"e", -8}, {s + "T", -1}, {s + s, -2}, {"你", -5}, {"你好", -3}}));
  for (int round = 0; round < 10000; ++round) {
    const std::string text = testing::random_text(random, 30);
    if (text.find(kSpace) != std::string::npos) continue;  // reads back as a space
    ASSERT_EQ(t->decode(t->encode(text)), text.empty() ? "" : " " + text);
  }
}

}  // namespace
}  // namespace luoshu
