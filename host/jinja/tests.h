// SPDX-License-Identifier: Apache-2.0
// value is name(arguments).
#pragma once
#include "jinja/builtin.h"

namespace luoshu::jinja {

// Throws TemplateError for an unknown test, by name.
bool apply_test(Runtime& runtime, const std::string& name, const Value& value, const Arguments& arguments);

}  // namespace luoshu::jinja
