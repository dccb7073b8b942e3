// SPDX-License-Identifier: Apache-2.0
// UTF-8: validation, code points, and a stream that never splits a character.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace luoshu {

// Result of looking at the front of a byte string (Unicode 15, table 3-7: no overlong forms, no surrogates).
struct Utf8Char {
  enum class Kind {
    kWhole,    // `length` bytes hold one character, `code_point`
    kInvalid,  // `length` bytes can never start a character (a maximal ill-formed part, at least 1)
    kPartial,  // all `length` bytes up to the end of the input are the start of a character
  };
  Kind kind;
  std::size_t length;
  char32_t code_point;  // only for kWhole
};

// Decodes the front of `bytes`, which must not be empty.
Utf8Char decode_utf8(std::string_view bytes);

// Offset of the first byte that breaks UTF-8, or std::string_view::npos if `text` is valid.
std::size_t find_invalid_utf8(std::string_view text);

// Appends `code_point` (a Unicode scalar value) to `out`.
void append_utf8(char32_t code_point, std::string& out);

// Joins token pieces, which may end inside a character, into whole characters. Everything that push() and
// finish() return is valid UTF-8: bytes that cannot be part of a character come out as U+FFFD, one for each
// maximal ill-formed part.
class Utf8Stream {
 public:
  // Takes the next bytes; returns the characters that are now whole. An incomplete tail (at most 3 bytes) is
  // kept.
  std::string push(std::string_view bytes);

  // Ends the text: an incomplete tail comes out as one U+FFFD. The stream is then empty and can be used
  // again.
  std::string finish();

 private:
  std::string tail_;
};

}  // namespace luoshu
