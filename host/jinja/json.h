// SPDX-License-Identifier: Apache-2.0
// JSON at the edge of the interpreter: values from it, and `|tojson` as transformers has it.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "jinja/runtime.h"

namespace luoshu::jinja {

// The value with its keys in order. Strings and keys get the mark `user`. Throws TemplateError for integers
// beyond 64 bits and for text that is not UTF-8.
Value from_json(Runtime& runtime, const nlohmann::ordered_json& json, bool user);
// The value of a JSON text, as Python's json.loads reads it. Its strings are the user's where any of it is.
Value parse_json(Runtime& runtime, const Text& text);

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  bool lines = false;  // each item on a line of its own, behind `indent` once for each level
  std::string indent;
  Text item_separator = Text(", ");
  Text key_separator = Text(": ");
};

// Python's json.dumps. Strings keep their marks. Throws TemplateError for what JSON has not, such as an
// undefined value.
Text to_json(Runtime& runtime, const Value& value, const JsonStyle& style);

}  // namespace luoshu::jinja
