// SPDX-License-Identifier: Apache-2.0
#include "jinja/error.h"

#include "jinja/unicode.h"

namespace luoshu::jinja {

std::string one_line(std::string_view text) {
  constexpr std::size_t kLongest = 300;
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const char32_t c = next_character(text, at);
    if (at > kLongest) return result + "...";
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
    result += control ? std::string_view(" ") : text.substr(from, at - from);
  }
  return result;
}

TemplateError::TemplateError(std::string_view before, std::string_view what, int line)
    : InputError(std::string(before) + one_line(what)), message_(one_line(what)), line_(line) {}

TemplateError::TemplateError(std::string_view what, int line)
    : TemplateError("chat template" + (line == 0 ? std::string() : ", line " + std::to_string(line)) + ": ",
                    what, line) {}

RaisedError::RaisedError(std::string_view what, int line)
    : TemplateError("the chat template does not take this conversation: ", what, line) {}

}  // namespace luoshu::jinja
