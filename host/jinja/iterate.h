// SPDX-License-Identifier: Apache-2.0
// One item after the other of whatever can be iterated.
#pragma once
#include "jinja/runtime.h"

namespace luoshu::jinja {

class Cursor {
 public:
  // Throws TemplateError for what cannot be iterated. A dict gives its keys, a string its characters, an
  // iterator what is left of it. A list that grows meanwhile gives its new items too.
  Cursor(Runtime& runtime, const Value& iterable);
  // False at the end.
  bool next(Value& item);

 private:
  Runtime& runtime_;
  Value source_;
  std::size_t at_ = 0;
};

bool is_iterable(const Value& value);
// All items that are left.
std::vector<Value> items_of(Runtime& runtime, const Value& iterable);
// len(value): characters of a string. Throws TemplateError for what has no length.
std::int64_t length_of(const Value& value);

}  // namespace luoshu::jinja
