// SPDX-License-Identifier: Apache-2.0
// What a model thinks before it answers: the text between <think> and </think> at the start of an answer.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace luoshu {

struct AnswerPart {
  bool thinking = false;
  std::string text;
};

// Splits an answer while it comes, in pieces of any length. The tags are not part of either text, nor are the
// line breaks right behind them.
class ThinkingSplitter {
 public:
  // `inside`: the prompt has opened the thinking, as the templates of some models do.
  explicit ThinkingSplitter(bool inside = false) : state_(inside ? State::kThinking : State::kStart) {}

  // What is certain of the text so far; never an empty part.
  std::vector<AnswerPart> push(std::string_view text);
  // The rest: a tag that was never finished is text.
  std::vector<AnswerPart> finish();

 private:
  enum class State {
    kStart,     // nothing but white space and the begin of <think> has come
    kThinking,  // inside
    kAnswer,    // behind, or there is no thinking
  };
  void advance(bool last, std::vector<AnswerPart>& parts);
  void emit(std::string_view text, std::vector<AnswerPart>& parts);

  State state_;
  bool after_tag_ = true;  // line breaks are left out
  std::string held_;       // may be the begin of a tag
};

// Whether a prompt ends with an open <think>.
bool opens_thinking(std::string_view prompt);

}  // namespace luoshu
