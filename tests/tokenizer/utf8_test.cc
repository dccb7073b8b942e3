// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/utf8.h"

#include <gtest/gtest.h>

#include "support/seed.h"
#include "tokenizer/vocabularies.h"

namespace luoshu {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";

std::string replaced(std::string_view bytes) {
  Utf8Stream stream;
  std::string text = stream.push(bytes);
  return text + stream.finish();
}

TEST(Utf8, EveryScalarValueComesBack) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string bytes;
    append_utf8(c, bytes);
    const Utf8Char decoded = decode_utf8(bytes);
    ASSERT_EQ(decoded.kind, Utf8Char::Kind::kWhole) << static_cast<std::uint32_t>(c);
    ASSERT_EQ(decoded.code_point, c);
    ASSERT_EQ(decoded.length, bytes.size());
  }
}

// All sequences of three bytes, against the definition: the shortest form of a scalar value.
TEST(Utf8, OnlyShortestFormsOfScalarValuesAreWhole) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; b += 1) {
      for (unsigned c : {0x00u, 0x7Fu, 0x80u, 0x9Fu, 0xA0u, 0xBFu, 0xC0u, 0xFFu}) {
        const char bytes[3] = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        const Utf8Char decoded = decode_utf8(std::string_view(bytes, 3));
        if (decoded.kind == Utf8Char::Kind::kWhole) {
          std::string again;
          append_utf8(decoded.code_point, again);
          ASSERT_EQ(again, std::string(bytes, decoded.length)) << a << " " << b << " " << c;
          ASSERT_FALSE(decoded.code_point >= 0xD800 && decoded.code_point < 0xE000);
        } else if (decoded.kind == Utf8Char::Kind::kPartial) {
          ASSERT_GE(a, 0xF0u);  // only a four-byte character is longer than three bytes
          ASSERT_LE(a, 0xF4u);
        }
      }
    }
  }
}

TEST(Utf8, FindsTheFirstInvalidByte) {
  EXPECT_EQ(find_invalid_utf8("plain, é, 你, 😀"), std::string_view::npos);
  EXPECT_EQ(find_invalid_utf8(""), std::string_view::npos);
  EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2u);
  EXPECT_EQ(find_invalid_utf8("ab\xC3"), 2u);             // cut off
  EXPECT_EQ(find_invalid_utf8("\xC0\x80"), 0u);           // overlong
  EXPECT_EQ(find_invalid_utf8("x\xED\xA0\x80"), 1u);      // surrogate
  EXPECT_EQ(find_invalid_utf8("x\xF4\x90\x80\x80"), 1u);  // beyond U+10FFFF
}

// The rows of the Unicode standard's tables 3-8 and 3-9 and 3-11.
TEST(Utf8Stream, ReplacesEachMaximalIllFormedPart) {
  const std::string r = kReplacement;
  EXPECT_EQ(replaced("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(replaced("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(replaced("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
}

TEST(Utf8Stream, HoldsBackAnIncompleteCharacter) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("a\xF0\x9F"), "a");
  EXPECT_EQ(stream.push("\x98"), "");
  EXPECT_EQ(stream.push("\x80!"), "\xF0\x9F\x98\x80!");
  EXPECT_EQ(stream.push("\xE4\xBD"), "");
  EXPECT_EQ(stream.finish(), kReplacement);
  EXPECT_EQ(stream.finish(), "");
  EXPECT_EQ(stream.push("\xA0"), kReplacement);  // the tail is forgotten, so this continues nothing
}

TEST(Utf8Stream, AnyCutOfAnyBytesGivesTheSameValidText) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = testing::random_text(random, 20);
    for (std::size_t i = random() % 3; i > 0 && !bytes.empty(); --i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    Utf8Stream stream;
    std::string text;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t length = 1 + random() % 4;
      const std::string part = stream.push(std::string_view(bytes).substr(at, length));
      ASSERT_EQ(find_invalid_utf8(part), std::string_view::npos);
      text += part;
      at += length;
    }
    text += stream.finish();
    ASSERT_EQ(text, replaced(bytes));
    if (find_invalid_utf8(bytes) == std::string_view::npos) {
      ASSERT_EQ(text, bytes);
    }
  }
}

}  // namespace
}  // namespace luoshu
