// SPDX-License-Identifier: Apache-2.0
// A template as tokens, with trim_blocks and lstrip_blocks on and keep_trailing_newline off: the first
// newline behind a block or comment goes, and so do blanks between the start of a line and a block or
// comment.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luoshu::jinja {

enum class TokenKind : std::uint8_t {
  kData,  // text between the tags
  kVariableBegin,
  kVariableEnd,
  kBlockBegin,
  kBlockEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,  // text is one of + - / // * % ** ~ [ ] ( ) { } == != > >= < <= = . : | , ;
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  int line = 1;
  std::string text;  // of a string: its value, escapes resolved
  std::int64_t integer = 0;
  double real = 0;

  bool is_operator(std::string_view op) const { return kind == TokenKind::kOperator && text == op; }
  bool is_name(std::string_view name) const { return kind == TokenKind::kName && text == name; }
};

// Throws TemplateError with the line. The last token is kEnd.
std::vector<Token> tokenize(std::string_view source);

// The token in words, for messages.
std::string describe(const Token& token);

}  // namespace luoshu::jinja
