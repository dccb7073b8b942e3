// SPDX-License-Identifier: Apache-2.0
// Truth, equality, order and membership, as Python has them.
#pragma once
#include "jinja/runtime.h"

namespace luoshu::jinja {

bool truth(const Value& value);
// Never an error: values of different kinds are different, except numbers.
bool equal(Runtime& runtime, const Value& a, const Value& b);
// Throws TemplateError for kinds that Python does not order.
bool less(Runtime& runtime, const Value& a, const Value& b);
bool less_or_equal(Runtime& runtime, const Value& a, const Value& b);
// `item in container`. Reads an iterator as far as the item.
bool contains(Runtime& runtime, const Value& container, const Value& item);

}  // namespace luoshu::jinja
