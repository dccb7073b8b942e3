// SPDX-License-Identifier: Apache-2.0
// ThinkingSplitter: the same parts however the text is cut, tags that are none, tags that never end.
#include "chat/thinking.h"

#include <gtest/gtest.h>

#include <random>

#include "support/seed.h"

namespace luoshu {
namespace {

struct Split {
  std::string thinking, answer;
};

Split split(const std::string& text, bool inside, std::size_t longest, std::mt19937_64& random) {
  ThinkingSplitter splitter(inside);
  Split result;
  const auto take = [&](const std::vector<AnswerPart>& parts) {
    for (const AnswerPart& part : parts) {
      EXPECT_FALSE(part.text.empty());
      (part.thinking ? result.thinking : result.answer) += part.text;
      if (part.thinking) EXPECT_EQ(result.answer, "") << "thinking behind the answer";
    }
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = 1 + random() % longest;
    take(splitter.push(text.substr(at, n)));
    at += n;
  }
  take(splitter.finish());
  return result;
}

TEST(Thinking, HoweverItIsCut) {
  struct Case {
    const char* text;
    bool inside;
    const char* thinking;
    const char* answer;
  };
  const Case cases[] = {
      {"<think>\nhm, </thin no\n</think>\n\nYes.", false, "hm, </thin no\n", "Yes."},
      {"  \n<think>a</think>b", false, "a", "b"},
      {"<think>\n\n</think>\n\nb\n", false, "", "b\n"},
      {"a <think>b</think>", false, "", "a <think>b</think>"},
      {"<thinker>", false, "", "<thinker>"},
      {"<thi", false, "", "<thi"},
      {"\n\n answer", false, "", "\n\n answer"},
      {"never ends </thin", false, "", "never ends </thin"},
      {"<think>never ends </thin", false, "never ends </thin", ""},
      {"it began before</think>\nb", true, "it began before", "b"},
      {"x</think>a</think>b", true, "x", "a</think>b"},
      {"<</think>", true, "<", ""},
      {"", false, "", ""},
  };
  std::mt19937_64 random(test_seed());
  for (const Case& c : cases) {
    for (std::size_t longest = 1; longest < 12; ++longest) {
      const Split s = split(c.text, c.inside, longest, random);
      EXPECT_EQ(s.thinking, c.thinking) << c.text << ", pieces of up to " << longest;
      EXPECT_EQ(s.answer, c.answer) << c.text << ", pieces of up to " << longest;
    }
  }
}

// What is certain comes at once: an answer streams.
TEST(Thinking, HoldsNothingBack) {
  ThinkingSplitter splitter;
  EXPECT_TRUE(splitter.push("<think").empty());
  EXPECT_EQ(splitter.push(">abc <").at(0).text, "abc ");
  EXPECT_EQ(splitter.push("b").at(0).text, "<b");
  const auto parts = splitter.push("</think>now");
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].text, "now");
  EXPECT_EQ(splitter.push(" <").at(0).text, " <");
}

TEST(Thinking, OpenedByThePrompt) {
  EXPECT_TRUE(opens_thinking("assistant\n<think>\n"));
  EXPECT_FALSE(opens_thinking("assistant\n<think>\n\n</think>\n\n"));
  EXPECT_FALSE(opens_thinking(""));
  EXPECT_FALSE(opens_thinking("think>"));
}

}  // namespace
}  // namespace luoshu
