// SPDX-License-Identifier: Apache-2.0
#include "jinja/unicode.h"

#include <algorithm>

#include "jinja/unicode_data.h"
#include "tokenizer/utf8.h"

namespace luoshu::jinja {
namespace {

struct CaseTables {
  const CaseRun* runs;
  std::size_t run_count;
  const CaseSpecial* specials;
  std::size_t special_count;
};

CaseTables tables(Case to) {
  switch (to) {
    case Case::kUpper:
      return {kUpper, kUpperCount, kUpperSpecial, kUpperSpecialCount};
    case Case::kLower:
      return {kLower, kLowerCount, kLowerSpecial, kLowerSpecialCount};
    case Case::kTitle:
      break;
  }
  return {kTitle, kTitleCount, kTitleSpecial, kTitleSpecialCount};
}

bool in_ranges(const CodeRange* ranges, std::size_t count, char32_t code_point) {
  const CodeRange* found = std::upper_bound(ranges, ranges + count, code_point,
                                            [](char32_t c, const CodeRange& r) { return c < r.first; });
  return found != ranges && code_point <= (found - 1)->last;
}

}  // namespace

void append_case(char32_t code_point, Case to, std::string& out) {
  if (code_point < 0x80) {
    const auto c = static_cast<char>(code_point);
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    out.push_back(to == Case::kLower ? static_cast<char>(upper ? c + 32 : c)
                                     : static_cast<char>(lower ? c - 32 : c));
    return;
  }
  const CaseTables t = tables(to);
  const CaseSpecial* special =
      std::lower_bound(t.specials, t.specials + t.special_count, code_point,
                       [](const CaseSpecial& s, char32_t c) { return s.code_point < c; });
  if (special != t.specials + t.special_count && special->code_point == code_point) {
    out += special->text;
    return;
  }
  const CaseRun* end = t.runs + t.run_count;
  const CaseRun* run =
      std::upper_bound(t.runs, end, code_point, [](char32_t c, const CaseRun& r) { return c < r.first; });
  if (run != t.runs && code_point <= (--run)->last && (code_point - run->first) % run->step == 0) {
    append_utf8(static_cast<char32_t>(static_cast<std::int32_t>(code_point) + run->delta), out);
    return;
  }
  append_utf8(code_point, out);
}

bool is_cased(char32_t code_point) {
  return in_ranges(kCased, kCasedCount, code_point);
}

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool is_printable(char32_t code_point) {
  return !in_ranges(kUnprintable, kUnprintableCount, code_point);
}

char32_t next_character(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const Utf8Char c = decode_utf8(text.substr(at, 4));
  at += c.length;
  return c.kind == Utf8Char::Kind::kWhole ? c.code_point : 0xFFFD;
}

std::size_t previous_character(std::string_view text, std::size_t end) {
  do {
    --end;
  } while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  return end;
}

}  // namespace luoshu::jinja
