// SPDX-License-Identifier: Apache-2.0
// Arithmetic, and what `+`, `*` and `%` do to strings and lists.
#pragma once
#include "jinja/runtime.h"

namespace luoshu::jinja {

enum class Operator { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };

// The operator as it is written.
const char* spelling(Operator op);
// Throws TemplateError for operands that Python refuses, division by zero, and integers beyond 64 bits.
Value apply(Runtime& runtime, Operator op, const Value& a, const Value& b);
Value negate(const Value& a);
Value unary_plus(const Value& a);

// `text` as HTML text: what `|escape` does.
Text escape_html(Runtime& runtime, const Text& text);

}  // namespace luoshu::jinja
