// SPDX-License-Identifier: Apache-2.0
// value.name, value[key] and value[from:to:step].
#pragma once
#include "jinja/runtime.h"

namespace luoshu::jinja {

// A method bound to `object` comes before a key of that name, as in Jinja2. Undefined where there is neither;
// throws TemplateError for an attribute of an undefined value, and by name for Python's own ("__class__").
Value get_attribute(Runtime& runtime, const Value& object, const std::string& name);
// A key comes before a method. Undefined where there is none.
Value get_item(Runtime& runtime, const Value& object, const Value& key);
// Bounds are null or none where they are left out.
Value get_slice(Runtime& runtime, const Value& object, const Value* from, const Value* to, const Value* step);

// Spends what looking for `key` in a dict costs. Throws TemplateError for what cannot be a key.
void charge_key(Runtime& runtime, const Value& key);

// The methods of strings, lists, tuples and dicts. has_method() is also true for those that are not
// supported.
bool has_method(const Value& object, std::string_view name);
Value call_method(Runtime& runtime, const Value& object, const std::string& name, const Arguments& arguments);

}  // namespace luoshu::jinja
