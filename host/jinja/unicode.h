// SPDX-License-Identifier: Apache-2.0
// What Python's str knows of characters: case, white space, which are printable.
#pragma once
#include <string>
#include <string_view>

namespace luoshu::jinja {

enum class Case { kUpper, kLower, kTitle };

// Appends `code_point` in the given case to `out`: one to three characters.
void append_case(char32_t code_point, Case to, std::string& out);
// Has a case: the letter behind it is not the first of a word.
bool is_cased(char32_t code_point);
// White space as str.strip() and str.split() see it.
bool is_space(char32_t code_point);
// Ends a line as str.splitlines() sees it ("\r\n" ends one line together).
bool is_line_end(char32_t code_point);
// repr() shows it as it is.
bool is_printable(char32_t code_point);

// The character at `at`, whose length in bytes is added to `at`. `text` is valid UTF-8.
char32_t next_character(std::string_view text, std::size_t& at);
// The first byte of the character that ends before `end`.
std::size_t previous_character(std::string_view text, std::size_t end);

}  // namespace luoshu::jinja
