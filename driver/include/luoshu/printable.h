// SPDX-License-Identifier: Apache-2.0
// Text from a file in a message for people: one short line, no control characters for the terminal.
#pragma once
#include <string>
#include <string_view>

namespace luoshu {

// The text with everything but printable ASCII as '?', cut after 48 bytes.
inline std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 48;
  std::string out;
  for (const char c : text.substr(0, kLongest)) out += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > kLongest ? out + "..." : out;
}

}  // namespace luoshu
