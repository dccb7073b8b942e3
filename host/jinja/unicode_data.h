// SPDX-License-Identifier: Apache-2.0
// Tables of unicode_data.cc, which make_unicode_data.py writes; used by unicode.cc alone. All are sorted.
#pragma once
#include <cstddef>
#include <cstdint>

namespace luoshu::jinja {

// The characters first, first + step, ... last become themselves plus `delta`.
struct CaseRun {
  std::uint32_t first, last, step;
  std::int32_t delta;
};
// A character that becomes several.
struct CaseSpecial {
  std::uint32_t code_point;
  const char* text;  // UTF-8
};
struct CodeRange {
  std::uint32_t first, last;
};

extern const CaseRun kUpper[], kLower[], kTitle[];
extern const std::size_t kUpperCount, kLowerCount, kTitleCount;
extern const CaseSpecial kUpperSpecial[], kLowerSpecial[], kTitleSpecial[];
extern const std::size_t kUpperSpecialCount, kLowerSpecialCount, kTitleSpecialCount;
extern const CodeRange kUnprintable[], kCased[];
extern const std::size_t kUnprintableCount, kCasedCount;

}  // namespace luoshu::jinja
