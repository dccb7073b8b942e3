// SPDX-License-Identifier: Apache-2.0
#include "jinja/lexer.h"

#include <algorithm>

#include "jinja/error.h"
#include "jinja/literal.h"
#include "jinja/unicode.h"

namespace luoshu::jinja {
namespace {

// Line ends become \n; one at the end goes.
std::string normalised(std::string_view source) {
  std::string result;
  result.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      if (i + 1 < source.size() && source[i + 1] == '\n') continue;
      result.push_back('\n');
    } else {
      result.push_back(source[i]);
    }
  }
  if (!result.empty() && result.back() == '\n') result.pop_back();
  return result;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) text_and_tag();
    add(TokenKind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  void text_and_tag();
  void comment();
  bool raw(std::size_t tag);
  void expression(TokenKind end);
  void expression_token();
  void operator_token();
  bool end_of(TokenKind end);
  void add_data(std::string_view text, int line) {
    if (text.empty()) return;
    tokens_.push_back({TokenKind::kData, line, std::string(text), 0, 0});
  }
  void add(TokenKind kind, std::string_view text) {
    tokens_.push_back({kind, line_, std::string(text), 0, 0});
  }
  // Takes `count` bytes and counts their lines.
  void advance(std::size_t count) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(at_ + count), '\n'));
    at_ += count;
  }
  bool starts(std::size_t at, std::string_view text) const {
    return source_.compare(at, text.size(), text) == 0;
  }
  char byte(std::size_t at) const { return at < source_.size() ? source_[at] : '\0'; }
  // The first byte at or behind `at` that is no white space.
  std::size_t skip_space(std::size_t at) const {
    while (at < source_.size()) {
      std::size_t next = at;
      if (!is_space(next_character(source_, next))) break;
      at = next;
    }
    return at;
  }
  // The text before a tag at `tag` without what the tag strips.
  std::string_view stripped(std::size_t tag, bool block) const;
  [[noreturn]] void fail(const std::string& what) const { throw TemplateError(what, line_); }

  const std::string source_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;  // what was taken last ended a line
  std::string open_;           // brackets that wait for their end
  std::vector<Token> tokens_;
};

std::string_view Lexer::stripped(std::size_t tag, bool block) const {
  std::string_view text = std::string_view(source_).substr(at_, tag - at_);
  const char sign = byte(tag + 2);
  if (sign == '-') {
    while (!text.empty()) {
      const std::size_t last = previous_character(text, text.size());
      std::size_t at = last;
      if (!is_space(next_character(text, at))) break;
      text = text.substr(0, last);
    }
  } else if (block && sign != '+') {
    const std::size_t newline = text.rfind('\n');
    const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
    if ((line_start > 0 || line_starting_) && skip_space(at_ + line_start) >= tag)
      text = text.substr(0, line_start);
  }
  return text;
}

void Lexer::text_and_tag() {
  std::size_t tag = at_;
  while (true) {
    tag = source_.find('{', tag);
    if (tag == std::string::npos) {
      add_data(std::string_view(source_).substr(at_), line_);
      advance(source_.size() - at_);
      return;
    }
    const char next = byte(tag + 1);
    if (next == '{' || next == '%' || next == '#') break;
    ++tag;
  }
  const char kind = source_[tag + 1];
  add_data(stripped(tag, kind != '{'), line_);
  advance(tag - at_);
  if (kind == '%' && raw(tag)) return;
  if (kind == '#') {
    comment();
    return;
  }
  add(kind == '{' ? TokenKind::kVariableBegin : TokenKind::kBlockBegin, "");
  advance(2);
  if (byte(at_) == '-' || byte(at_) == '+') advance(1);
  expression(kind == '{' ? TokenKind::kVariableEnd : TokenKind::kBlockEnd);
  line_starting_ = source_[at_ - 1] == '\n';
}

void Lexer::comment() {
  const std::size_t body = at_ + (byte(at_ + 2) == '-' || byte(at_ + 2) == '+' ? 3 : 2);
  const std::size_t end = source_.find("#}", body);
  if (end == std::string::npos) fail("a comment {# has no end #}");
  const char sign = end > body ? source_[end - 1] : '\0';
  std::size_t next = end + 2;
  if (sign == '-') {
    next = skip_space(next);
  } else if (sign != '+' && byte(next) == '\n') {
    ++next;
  }
  advance(next - at_);
  line_starting_ = source_[at_ - 1] == '\n';
}

// Takes {% raw %} ... {% endraw %} whose first tag is at `tag`; false when it is another tag.
bool Lexer::raw(std::size_t tag) {
  const auto tag_of = [this](std::size_t at, std::string_view name) {  // behind the name, npos when another
    at += 2;
    if (byte(at) == '-' || byte(at) == '+') ++at;
    at = skip_space(at);
    if (!starts(at, name)) return std::string::npos;
    return skip_space(at + name.size());
  };
  std::size_t body = tag_of(tag, "raw");
  if (body == std::string::npos) return false;
  if (starts(body, "-%}")) {
    body = skip_space(body + 3);
  } else if (starts(body, "%}")) {
    body += 2;
  } else {
    return false;
  }
  advance(body - at_);
  line_starting_ = source_[at_ - 1] == '\n';
  for (std::size_t end = source_.find("{%", at_); end != std::string::npos;
       end = source_.find("{%", end + 2)) {
    std::size_t next = tag_of(end, "endraw");
    if (next == std::string::npos) continue;
    if (starts(next, "+%}")) {
      next += 3;
    } else if (starts(next, "-%}")) {
      next = skip_space(next + 3);
    } else if (starts(next, "%}")) {
      next += 2;
      if (byte(next) == '\n') ++next;
    } else {
      continue;
    }
    add_data(stripped(end, true), line_);
    advance(next - at_);
    line_starting_ = source_[at_ - 1] == '\n';
    return true;
  }
  fail("{% raw %} has no {% endraw %}");
}

// Takes the end of a tag, with what it strips, where it stands here.
bool Lexer::end_of(TokenKind end) {
  if (!open_.empty()) return false;
  const bool block = end == TokenKind::kBlockEnd;
  const std::string_view mark = block ? "%}" : "}}";
  std::size_t next = 0;
  if (byte(at_) == '-' && starts(at_ + 1, mark)) {
    next = skip_space(at_ + 3);
  } else if (block && byte(at_) == '+' && starts(at_ + 1, mark)) {
    next = at_ + 3;
  } else if (starts(at_, mark)) {
    next = at_ + 2;
    if (block && byte(next) == '\n') ++next;
  } else {
    return false;
  }
  add(end, "");
  advance(next - at_);
  return true;
}

void Lexer::expression(TokenKind end) {
  const int from = line_;
  open_.clear();
  while (at_ < source_.size()) {
    if (end_of(end)) return;
    const std::size_t next = skip_space(at_);
    if (next > at_) {
      advance(next - at_);
    } else {
      expression_token();
    }
  }
  line_ = from;
  fail(end == TokenKind::kBlockEnd ? "a tag {% has no end %}" : "a tag {{ has no end }}");
}

void Lexer::expression_token() {
  const char c = source_[at_];
  const bool digit = c >= '0' && c <= '9';
  Token token;
  token.line = line_;
  std::size_t length = 0;
  try {
    if (digit) {
      length = scan_number(source_, at_, token);
    } else if (c == '"' || c == '\'') {
      length = scan_string(source_, at_, token);
    }
  } catch (const TemplateError& e) {
    fail(e.message());
  }
  if (length == 0 && is_word(c) && !digit) {
    while (is_word(byte(at_ + length)) && at_ + length < source_.size()) ++length;
    token.kind = TokenKind::kName;
    token.text = source_.substr(at_, length);
  }
  if (length == 0) {
    operator_token();
    return;
  }
  tokens_.push_back(std::move(token));
  advance(length);
}

void Lexer::operator_token() {
  static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", ">=", "<="};
  static constexpr std::string_view kOne = "+-/*%~[](){}><=.:|,;";
  std::string_view op = std::string_view(source_).substr(at_, 2);
  if (std::find(std::begin(kTwo), std::end(kTwo), op) == std::end(kTwo)) {
    op = op.substr(0, 1);
    if (kOne.find(op) == std::string_view::npos) fail("unexpected character '" + std::string(op) + "'");
  }
  if (op == "(" || op == "[" || op == "{") {
    open_.push_back(op == "(" ? ')' : op == "[" ? ']' : '}');
  } else if (op == ")" || op == "]" || op == "}") {
    if (open_.empty() || open_.back() != op[0]) fail("unexpected '" + std::string(op) + "'");
    open_.pop_back();
  }
  add(TokenKind::kOperator, op);
  advance(op.size());
}

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(normalised(source)).run();
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kData:
    case TokenKind::kVariableBegin:
    case TokenKind::kBlockBegin:
    case TokenKind::kEnd:
      return "the end of the template";
    case TokenKind::kVariableEnd:
      return "}}";
    case TokenKind::kBlockEnd:
      return "%}";
    case TokenKind::kString:
      return "a string";
    case TokenKind::kInteger:
      return std::to_string(token.integer);
    case TokenKind::kFloat:
      return "a float";
    case TokenKind::kName:
    case TokenKind::kOperator:
      break;
  }
  return "'" + token.text + "'";
}

}  // namespace luoshu::jinja
