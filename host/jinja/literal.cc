// SPDX-License-Identifier: Apache-2.0
#include "jinja/literal.h"

#include "jinja/error.h"
#include "jinja/number.h"
#include "tokenizer/utf8.h"

namespace luoshu::jinja {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

// Digits of `base` from `at`, single underscores between them; the end.
std::size_t digits(const std::string& s, std::size_t at, int base) {
  std::size_t end = at;
  while (end < s.size()) {
    if (hex_digit(s[end]) < base) {
      ++end;
    } else if (s[end] == '_' && end > at && end + 1 < s.size() && hex_digit(s[end + 1]) < base) {
      end += 2;
    } else {
      break;
    }
  }
  return end;
}

// The end of a float that starts at `at`; `at` where there is none.
std::size_t float_end(const std::string& s, std::size_t at) {
  if (at > 0 && s[at - 1] == '.') return at;
  std::size_t end = digits(s, at, 10);
  bool is_float = false;
  if (end + 1 < s.size() && s[end] == '.' && is_digit(s[end + 1])) {
    end = digits(s, end + 1, 10);
    is_float = true;
  }
  if (end < s.size() && (s[end] == 'e' || s[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < s.size() && (s[exponent] == '+' || s[exponent] == '-')) ++exponent;
    if (exponent < s.size() && is_digit(s[exponent])) {
      end = digits(s, exponent, 10);
      is_float = true;
    }
  }
  return is_float ? end : at;
}

std::size_t integer_end(const std::string& s, std::size_t at) {
  if (s[at] != '0') return digits(s, at, 10);
  const char mark = at + 1 < s.size() ? static_cast<char>(s[at + 1] | 0x20) : '\0';
  const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 1;
  if (base > 1) {
    const std::size_t first = at + 2 < s.size() && s[at + 2] == '_' ? at + 3 : at + 2;
    const std::size_t end = digits(s, first, base);
    if (end > first) return end;
  }
  return digits(s, at, 1);  // zeros
}

class Escapes {
 public:
  explicit Escapes(std::string_view body) : body_(body) {}

  std::string resolve() {
    while (at_ < body_.size()) {
      const char c = body_[at_++];
      if (c != '\\') {
        out_.push_back(c);
      } else {
        escape();
      }
    }
    return std::move(out_);
  }

 private:
  void escape() {
    const char c = body_[at_++];
    static constexpr std::string_view kLetters = "abfnrtv\\'\"";
    static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
    const std::size_t known = kLetters.find(c);
    if (known != std::string_view::npos) {
      out_.push_back(kMeanings[known]);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      code_point(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c >= '0' && c <= '7') {
      octal(c);
    } else if (c == 'N') {
      throw TemplateError("the escape \\N{...} in a string is not supported");
    } else if (c != '\n') {  // an escaped line end goes, other escapes stay as they are
      out_.push_back('\\');
      out_.push_back(c);
    }
  }

  void code_point(int count) {
    char32_t value = 0;
    for (int i = 0; i < count; ++i) {
      const int digit = at_ < body_.size() ? hex_digit(body_[at_]) : 99;
      if (digit > 15) throw TemplateError("an escape \\x, \\u or \\U in a string has too few digits");
      value = value * 16 + static_cast<char32_t>(digit);
      ++at_;
    }
    append(value);
  }

  void octal(char first) {
    auto value = static_cast<char32_t>(first - '0');
    for (int i = 0; i < 2 && at_ < body_.size() && body_[at_] >= '0' && body_[at_] <= '7'; ++i)
      value = value * 8 + static_cast<char32_t>(body_[at_++] - '0');
    append(value);
  }

  void append(char32_t value) {
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
      throw TemplateError("an escape in a string names no character");
    append_utf8(value, out_);
  }

  std::string_view body_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::size_t scan_number(const std::string& source, std::size_t at, Token& token) {
  std::size_t end = float_end(source, at);
  if (end > at) {
    token.kind = TokenKind::kFloat;
    token.real = *parse_float(source.substr(at, end - at));
    return end - at;
  }
  end = integer_end(source, at);
  token.kind = TokenKind::kInteger;
  token.integer = *parse_integer(source.substr(at, end - at), 0);
  return end - at;
}

std::size_t scan_string(const std::string& source, std::size_t at, Token& token) {
  std::size_t end = at + 1;
  while (end < source.size() && source[end] != source[at]) end += source[end] == '\\' ? 2 : 1;
  if (end >= source.size()) throw TemplateError("a string has no end");
  token.kind = TokenKind::kString;
  token.text = Escapes(std::string_view(source).substr(at + 1, end - at - 1)).resolve();
  return end - at + 1;
}

}  // namespace luoshu::jinja
