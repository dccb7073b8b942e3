// SPDX-License-Identifier: Apache-2.0
#include "chat/thinking.h"

#include <algorithm>

namespace luoshu {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";
constexpr std::string_view kSpace = " \t\r\n";

// The length of the longest end of `text` that `tag` begins with.
std::size_t begun(std::string_view text, std::string_view tag) {
  for (std::size_t n = std::min(text.size(), tag.size() - 1); n > 0; --n) {
    if (text.substr(text.size() - n) == tag.substr(0, n)) return n;
  }
  return 0;
}

}  // namespace

std::vector<AnswerPart> ThinkingSplitter::push(std::string_view text) {
  std::vector<AnswerPart> parts;
  held_ += text;
  advance(false, parts);
  return parts;
}

std::vector<AnswerPart> ThinkingSplitter::finish() {
  std::vector<AnswerPart> parts;
  advance(true, parts);
  return parts;
}

void ThinkingSplitter::advance(bool last, std::vector<AnswerPart>& parts) {
  if (state_ == State::kStart) {
    const std::size_t from = std::min(held_.find_first_not_of(kSpace), held_.size());
    const std::string_view rest = std::string_view(held_).substr(from);
    if (rest.substr(0, kOpen.size()) == kOpen) {
      held_.erase(0, from + kOpen.size());
      state_ = State::kThinking;
    } else if (rest == kOpen.substr(0, rest.size()) && !last) {
      return;
    } else {
      state_ = State::kAnswer;
      after_tag_ = false;
    }
  }
  if (state_ == State::kThinking) {
    const std::size_t end = held_.find(kClose);
    if (end == std::string::npos) {
      const std::size_t sure = last ? held_.size() : held_.size() - begun(held_, kClose);
      emit(std::string_view(held_).substr(0, sure), parts);
      held_.erase(0, sure);
      return;
    }
    emit(std::string_view(held_).substr(0, end), parts);
    held_.erase(0, end + kClose.size());
    state_ = State::kAnswer;
    after_tag_ = true;
  }
  emit(held_, parts);
  held_.clear();
}

void ThinkingSplitter::emit(std::string_view text, std::vector<AnswerPart>& parts) {
  if (after_tag_) text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
  if (text.empty()) return;
  after_tag_ = false;
  parts.push_back({state_ == State::kThinking, std::string(text)});
}

bool opens_thinking(std::string_view prompt) {
  const std::size_t end = prompt.find_last_not_of(kSpace);
  return end != std::string_view::npos && end + 1 >= kOpen.size() &&
         prompt.substr(end + 1 - kOpen.size(), kOpen.size()) == kOpen;
}

}  // namespace luoshu
