// SPDX-License-Identifier: Apache-2.0
// value | name(arguments). Names that Jinja2 knows and this interpreter does not are refused by name.
#pragma once
#include "jinja/builtin.h"

namespace luoshu::jinja {

Value apply_filter(Runtime& runtime, const std::string& name, const Value& value, const Arguments& arguments);
bool has_filter(std::string_view name);

const Builtin* find_text_filter(std::string_view name);      // filters_text.cc
const Builtin* find_number_filter(std::string_view name);    // filters_number.cc
const Builtin* find_sequence_filter(std::string_view name);  // filters_sequence.cc
const Builtin* find_select_filter(std::string_view name);    // filters_select.cc

// What `attribute=` of a filter names in an item: "a.b.0". Null or none: the item itself.
Value attribute_of(Runtime& runtime, const Value& item, const Value* attribute,
                   const Value* fallback = nullptr);
// Strings in lower case, as filters compare them unless case_sensitive is set.
Value ignore_case(Runtime& runtime, const Value& value);

}  // namespace luoshu::jinja
