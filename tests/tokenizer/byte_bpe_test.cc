// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/byte_bpe.h"

#include <gtest/gtest.h>

#include <map>

#include "support/seed.h"
#include "tokenizer/vocabularies.h"

namespace luoshu {
namespace {

using Ids = std::vector<std::int32_t>;
using Merges = std::vector<std::pair<std::string, std::string>>;

TEST(ByteAlphabet, IsTheOneOfGpt2) {
  EXPECT_EQ(byte_to_alphabet('!'), U'!');
  EXPECT_EQ(byte_to_alphabet(' '), 0x120u);   // Ġ
  EXPECT_EQ(byte_to_alphabet('\n'), 0x10Au);  // Ċ
  EXPECT_EQ(byte_to_alphabet(0x00), 0x100u);
  EXPECT_EQ(byte_to_alphabet(0x7F), 0x121u);
  EXPECT_EQ(byte_to_alphabet(0xA0), 0x142u);
  EXPECT_EQ(byte_to_alphabet(0xAD), 0x143u);
  EXPECT_EQ(byte_to_alphabet(0xFF), 0xFFu);
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string raw(1, static_cast<char>(byte));
    EXPECT_EQ(decode_byte_alphabet(testing::spelt(raw)), raw);
  }
  EXPECT_EQ(decode_byte_alphabet("你Ġ\xFF"), "你 \xFF");  // what is not in the alphabet stays
}

TEST(ByteBpe, LowestRankFirstThenLeftmost) {
  const auto t = Tokenizer::create(
      testing::byte_vocabulary("gpt-2", Merges{{"b", "c"}, {"a", "b"}, {"a", "bc"}, {"a", "a"}}));
  EXPECT_EQ(t->encode("abc"), (Ids{258}));  // bc (rank 0) before ab
  EXPECT_EQ(t->encode("abb"), (Ids{257, 'b'}));
  EXPECT_EQ(t->encode("aaaaa"), (Ids{259, 259, 'a'}));  // pairs from the left
}

// The definition, quadratic: merge the leftmost pair of lowest rank until there is none.
Ids merge_slowly(const std::string& word, const Merges& merges,
                 const std::map<std::string, std::int32_t>& ids) {
  std::vector<std::string> parts;
  for (const char c : word) parts.emplace_back(1, c);
  for (;;) {
    std::size_t best = merges.size(), at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      for (std::size_t rank = 0; rank < best; ++rank) {
        if (merges[rank].first == parts[i] && merges[rank].second == parts[i + 1]) {
          best = rank;
          at = i;
        }
      }
    }
    if (best == merges.size()) break;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  Ids result;
  for (const std::string& part : parts) result.push_back(ids.at(part));
  return result;
}

TEST(ByteBpe, EqualsTheDefinitionForRandomMerges) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> parts = {"a", "b", "c"};
    Merges merges;
    for (int i = 0; i < 40; ++i) {
      const std::string left = parts[random() % parts.size()], right = parts[random() % parts.size()];
      if (left.size() + right.size() > 8) continue;
      merges.emplace_back(left, right);
      parts.push_back(left + right);
    }
    std::shuffle(merges.begin(), merges.end(), random);
    const Vocabulary v = testing::byte_vocabulary("gpt-2", merges);
    std::map<std::string, std::int32_t> ids;
    for (std::size_t i = 0; i < v.tokens.size(); ++i) ids[v.tokens[i]] = static_cast<std::int32_t>(i);
    const auto t = Tokenizer::create(v);
    for (int word = 0; word < 50; ++word) {
      std::string text;
      for (std::size_t i = 1 + random() % 40; i > 0; --i)
        text.push_back(static_cast<char>('a' + random() % 3));
      ASSERT_EQ(t->encode(text), merge_slowly(text, merges, ids)) << text;
    }
  }
}

TEST(ByteBpe, EveryTextComesBack) {
  std::mt19937_64 random(test_seed());
  const Merges merges = {{"e", " "},   {" ", "T"}, {"\xE4", "\xBD"}, {"\xE4\xBD", "\xA0"},
                         {"\n", "\n"}, {"0", "7"}, {" ", " "}};
  for (const char* pre : {"default", "gpt-2", "smollm", "qwen2", "llama-bpe", "deepseek-llm"}) {
    const auto t = Tokenizer::create(testing::byte_vocabulary(pre, merges));
    for (int round = 0; round < 10000; ++round) {
      const std::string text = testing::random_text(random, 30);
      ASSERT_EQ(t->decode(t->encode(text)), text) << pre;
    }
  }
}

TEST(ByteBpe, WholeWordsSkipTheMerges) {
  Vocabulary v = testing::byte_vocabulary("llama-bpe", Merges{{"a", "b"}});
  v.tokens.push_back(testing::spelt(" abc"));
  v.types.push_back(1);
  EXPECT_EQ(Tokenizer::create(v)->encode("x abc abcd"), (Ids{'x', 257, ' ', 256, 'c', 'd'}));
  v.pre = "qwen2";
  EXPECT_EQ(Tokenizer::create(v)->encode(" abc"), (Ids{' ', 256, 'c'}));
}

TEST(ByteBpe, ByteWithoutATokenIsLeftOut) {
  Vocabulary v = testing::byte_vocabulary("gpt-2", Merges{{"a", "b"}});
  v.tokens[4] = "unreachable";
  EXPECT_EQ(Tokenizer::create(v)->encode("a\x04"
                                         "ab"),
            (Ids{'a', 256}));
}

// A merge may build a string that is no token: it comes out as bytes, and still takes part in later merges.
TEST(ByteBpe, MergeResultThatIsNoToken) {
  Vocabulary v = testing::byte_vocabulary("gpt-2", Merges{{"x", "y"}, {"xy", "z"}});
  v.tokens[256] = "unreachable";
  const auto t = Tokenizer::create(v);
  EXPECT_EQ(t->encode("xyz"), (Ids{257}));
  EXPECT_EQ(t->encode("xya"), (Ids{'x', 'y', 'a'}));
  v.tokens['y'] = "unreachable too";
  EXPECT_EQ(Tokenizer::create(v)->encode("xya"), (Ids{'x', 'a'}));
}

TEST(ByteBpe, RepeatedMergeKeepsItsBestRank) {
  const auto t =
      Tokenizer::create(testing::byte_vocabulary("gpt-2", Merges{{"a", "b"}, {"b", "c"}, {"a", "b"}}));
  EXPECT_EQ(t->encode("abc"), (Ids{256, 'c'}));
}

// A merge that is not two parts joins nothing; the others keep their ranks.
TEST(ByteBpe, MergesThatDoNotParse) {
  for (const char* merge : {"", " ", "ab", "a ", " b", "a b c", "a  b"}) {
    Vocabulary v = testing::byte_vocabulary("gpt-2", Merges{{"b", "c"}, {"a", "b"}});
    v.merges.insert(v.merges.begin() + 1, merge);
    const auto t = Tokenizer::create(v);
    EXPECT_EQ(t->encode("abcab"), (Ids{'a', 256, 257})) << merge;
    ASSERT_EQ(t->notes().size(), 1u) << merge;
    EXPECT_NE(t->notes()[0].find("tokenizer.ggml.merges[1] is not two parts"), std::string::npos) << merge;
    v.merges.assign(2, merge);
    const std::string message = testing::input_error([&] { Tokenizer::create(v); });
    EXPECT_NE(message.find("tokenizer.ggml.merges[0] and 1 more are not"), std::string::npos) << merge;
  }
}

}  // namespace
}  // namespace luoshu
