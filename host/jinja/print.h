// SPDX-License-Identifier: Apache-2.0
// Values as text: str() and repr() of Python. Marks of the user's text are kept.
#pragma once
#include "jinja/runtime.h"

namespace luoshu::jinja {

// str(value); an undefined value is empty. Throws TemplateError for what Python would print with an address.
Text to_text(Runtime& runtime, const Value& value);
// The same where `value` is often a string already.
std::shared_ptr<const Text> to_shared_text(Runtime& runtime, const Value& value);
// repr(value), appended.
void append_repr(Runtime& runtime, const Value& value, Text& out);

}  // namespace luoshu::jinja
