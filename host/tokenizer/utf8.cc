// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/utf8.h"

namespace luoshu {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// What a lead byte allows: the number of bytes and the range of the second one.
struct Lead {
  std::size_t length;  // 0: not a lead byte
  std::uint8_t low, high;
};

Lead lead_of(std::uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};  // overlong below
  if (byte == 0xED) return {3, 0x80, 0x9F};  // surrogates above
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};  // overlong below
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};  // beyond U+10FFFF above
  return {0, 0, 0};
}

}  // namespace

Utf8Char decode_utf8(std::string_view bytes) {
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const Lead lead = lead_of(first);
  if (lead.length == 0) return {Utf8Char::Kind::kInvalid, 1, 0};
  if (lead.length == 1) return {Utf8Char::Kind::kWhole, 1, first};
  char32_t code_point = first & (0x7Fu >> lead.length);
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == bytes.size()) return {Utf8Char::Kind::kPartial, i, 0};
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    const std::uint8_t low = i == 1 ? lead.low : 0x80;
    const std::uint8_t high = i == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {Utf8Char::Kind::kInvalid, i, 0};
    code_point = code_point << 6 | (byte & 0x3Fu);
  }
  return {Utf8Char::Kind::kWhole, lead.length, code_point};
}

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<std::uint8_t>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const Utf8Char next = decode_utf8(text.substr(at));
    if (next.kind != Utf8Char::Kind::kWhole) return at;
    at += next.length;
  }
  return std::string_view::npos;
}

void append_utf8(char32_t code_point, std::string& out) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::string Utf8Stream::push(std::string_view bytes) {
  tail_.append(bytes);
  std::string whole;
  std::size_t at = 0;
  while (at < tail_.size()) {
    const Utf8Char next = decode_utf8(std::string_view(tail_).substr(at));
    if (next.kind == Utf8Char::Kind::kPartial) break;
    if (next.kind == Utf8Char::Kind::kWhole) {
      whole.append(tail_, at, next.length);
    } else {
      append_utf8(kReplacement, whole);
    }
    at += next.length;
  }
  tail_.erase(0, at);
  return whole;
}

std::string Utf8Stream::finish() {
  std::string rest;
  if (!tail_.empty()) append_utf8(kReplacement, rest);
  tail_.clear();
  return rest;
}

}  // namespace luoshu
