// SPDX-License-Identifier: Apache-2.0
#include "jinja/text.h"

#include <string.h>  // memmem

#include <algorithm>

namespace luoshu::jinja {
namespace {

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

std::size_t find_bytes(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return std::string::npos;
  if (part.empty()) return from;
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t Text::length() const {
  if (length_ == kUncounted)
    length_ = static_cast<std::size_t>(std::count_if(bytes_.begin(), bytes_.end(), starts_character));
  return length_;
}

bool Text::user_at(std::size_t at) const {
  return (std::upper_bound(turns_.begin(), turns_.end(), at) - turns_.begin()) % 2 == 1;
}

void Text::append(std::string_view bytes, bool user) {
  if (bytes.empty()) return;
  if (user != (turns_.size() % 2 == 1)) turns_.push_back(bytes_.size());
  bytes_.append(bytes);
  length_ = kUncounted;
}

void Text::append(const Text& other) {
  if (&other == this) {
    append(Text(other));  // the runs must not grow while they are read
    return;
  }
  other.for_each_run([this](std::string_view bytes, bool user) { append(bytes, user); });
}

Text Text::sub(std::size_t from, std::size_t to) const {
  Text result;
  result.markup_ = markup_;
  to = std::min(to, bytes_.size());
  auto turn = std::upper_bound(turns_.begin(), turns_.end(), from);
  while (from < to) {
    const std::size_t end = turn == turns_.end() ? to : std::min(to, *turn);
    result.append(std::string_view(bytes_).substr(from, end - from), (turn - turns_.begin()) % 2 == 1);
    from = end;
    if (turn != turns_.end()) ++turn;
  }
  return result;
}

std::size_t Text::offset_of(std::size_t index) const {
  if (length() == bytes_.size()) return std::min(index, bytes_.size());
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    if (starts_character(bytes_[at]) && index-- == 0) return at;
  }
  return bytes_.size();
}

}  // namespace luoshu::jinja
