// SPDX-License-Identifier: Apache-2.0
// Python's methods of strings, lists, tuples and dicts.
#pragma once
#include "jinja/builtin.h"

namespace luoshu::jinja {

// Null where values of this kind have no method of that name.
const Builtin* find_method(Kind kind, std::string_view name);
const Builtin* find_string_method(std::string_view name);                // string_methods.cc
const Builtin* find_container_method(Kind kind, std::string_view name);  // container_methods.cc

// What strings are made of in several places (string_parts.cc).
// Without the characters of `characters` at the ends; white space where it is null.
Text strip_text(Runtime& runtime, const Text& text, const Text* characters, bool left, bool right);
Text change_case(Runtime& runtime, const Text& text, bool upper);
Text capitalize_text(Runtime& runtime, const Text& text);
// Has letters of the case and none of the other.
bool has_case(Runtime& runtime, const Text& text, bool upper);
// Each occurrence of `from`, at most `count` (all where it is negative).
Text replace_text(Runtime& runtime, const Text& text, const Text& from, const Text& to, std::int64_t count);
std::vector<Text> split_lines(Runtime& runtime, const Text& text, bool keep_ends);
// str.join.
Text join_texts(Runtime& runtime, const Text& separator, const std::vector<Value>& items);

}  // namespace luoshu::jinja
