// SPDX-License-Identifier: Apache-2.0
// The functions that every template may call.
#pragma once
#include "jinja/runtime.h"
#include "jinja/scope.h"

namespace luoshu::jinja {

constexpr std::int64_t kLongestRange = 100000;  // items; the limit of Jinja2's sandbox

// Sets range, dict, namespace, raise_exception and strftime_now; cycler, joiner and lipsum are refused when
// they are called.
void add_globals(Runtime& runtime, Scope& scope);

}  // namespace luoshu::jinja
