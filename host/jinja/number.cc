// SPDX-License-Identifier: Apache-2.0
#include "jinja/number.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "jinja/error.h"
#include "jinja/unicode.h"

namespace luoshu::jinja {
namespace {

[[noreturn]] void too_large() {
  throw TemplateError("an integer beyond 64 bits is not supported");
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_space(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && is_space(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

// Takes "0x" and its like off; the base that it names, or `base`.
int take_prefix(std::string_view& text, int base) {
  if (text.size() < 2 || text[0] != '0') return base;
  const char c = static_cast<char>(text[1] | 0x20);
  const int named = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
  if (named == 0 || (base != 0 && base != named)) return base;
  text.remove_prefix(2);
  if (!text.empty() && text[0] == '_') text.remove_prefix(1);
  return named;
}

}  // namespace

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string result;
  if (text[0] == '-') {
    result = "-";
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  if (exponent < -4 || exponent >= 16) {
    result += digits[0];
    if (digits.size() > 1) result += "." + digits.substr(1);
    char tail[16];
    std::snprintf(tail, sizeof tail, "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
    return result + tail;
  }
  if (exponent < 0) return result + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return result + digits + std::string(whole - digits.size(), '0') + ".0";
  return result + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::optional<std::int64_t> parse_integer(std::string_view text, int base) {
  text = strip(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const bool any_base = base == 0;
  base = take_prefix(text, base);
  if (base == 0) base = 10;
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  bool large = false;
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_') {
      if (!after_digit) return std::nullopt;
      after_digit = false;
      continue;
    }
    const int digit = digit_of(c);
    if (digit >= base) return std::nullopt;
    after_digit = true;
    large = large || value > (std::numeric_limits<std::uint64_t>::max() - 63) / static_cast<unsigned>(base);
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
  }
  if (!after_digit) return std::nullopt;
  if (any_base && base == 10 && text[0] == '0' && value != 0) return std::nullopt;  // "010"
  const std::uint64_t limit = std::uint64_t{1} << 63;
  if (large || value > limit || (value == limit && !negative)) too_large();
  return negative ? static_cast<std::int64_t>(~value + 1) : static_cast<std::int64_t>(value);
}

std::optional<double> parse_float(std::string_view text) {
  text = strip(text);
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      const bool between =
          i > 0 && i + 1 < text.size() && digit_of(text[i - 1]) < 10 && digit_of(text[i + 1]) < 10;
      if (!between) return std::nullopt;
      continue;
    }
    if (static_cast<unsigned char>(text[i]) >= 0x80 || text[i] == 'x' || text[i] == 'X' || text[i] == '(')
      return std::nullopt;
    plain.push_back(text[i]);
  }
  if (plain.empty() || is_space(static_cast<unsigned char>(plain[0]))) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(plain.c_str(), &end);
  if (end != plain.c_str() + plain.size()) return std::nullopt;
  return value;
}

double round_half_even(double value, int digits) {
  if (!std::isfinite(value) || digits > 300) return value;
  if (digits < -308) return std::copysign(0.0, value);
  if (digits >= 0) {
    char buffer[700];
    std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
    return std::strtod(buffer, nullptr);
  }
  const double unit = std::pow(10.0, -digits);
  return std::nearbyint(value / unit) * unit;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) too_large();
  return result;
}

std::int64_t checked_subtract(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_sub_overflow(a, b, &result)) too_large();
  return result;
}

std::int64_t checked_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) too_large();
  return result;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == -1) return checked_subtract(0, a);
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double floor_modulo(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest != 0) {
    if ((b < 0) != (rest < 0)) rest += b;
  } else {
    rest = std::copysign(0.0, b);
  }
  return rest;
}

std::int64_t checked_power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if (exponent % 2 == 1) result = checked_multiply(result, base);
    exponent /= 2;
    if (exponent > 0) base = checked_multiply(base, base);
  }
  return result;
}

std::int64_t to_integer(double truncated) {
  if (std::isnan(truncated) || std::isinf(truncated))
    throw TemplateError("cannot make an integer of " + float_repr(truncated));
  const double whole = std::trunc(truncated);
  if (!(whole >= -0x1p63 && whole < 0x1p63)) too_large();
  return static_cast<std::int64_t>(whole);
}

}  // namespace luoshu::jinja
