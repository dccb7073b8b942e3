// SPDX-License-Identifier: Apache-2.0
#include "jinja/iterate.h"

#include "jinja/unicode.h"

namespace luoshu::jinja {

bool is_iterable(const Value& value) {
  switch (value.kind()) {
    case Kind::kNone:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat:
    case Kind::kNamespace:
    case Kind::kCallable:
      return false;
    default:
      return true;
  }
}

Cursor::Cursor(Runtime& runtime, const Value& iterable) : runtime_(runtime), source_(iterable) {
  if (!is_iterable(iterable)) throw TemplateError("cannot iterate over " + kind_name(iterable));
}

bool Cursor::next(Value& item) {
  runtime_.budget.step();
  switch (source_.kind()) {
    case Kind::kString: {
      const Text& text = source_.text();
      if (at_ >= text.size()) return false;
      const std::size_t from = at_;
      next_character(text.bytes(), at_);
      item = runtime_.string(text.sub(from, at_));
      return true;
    }
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kView:
      if (at_ >= source_.list().items.size()) return false;
      item = source_.list().items[at_++];
      return true;
    case Kind::kDict:
      if (at_ >= source_.dict().size()) return false;
      item = source_.dict().entries()[at_++].key;
      return true;
    case Kind::kRange:
      if (static_cast<std::int64_t>(at_) >= source_.range().size()) return false;
      item = Value::of(source_.range().at(static_cast<std::int64_t>(at_++)));
      return true;
    case Kind::kIterator: {
      Iterator& iterator = source_.iterator();
      if (iterator.next >= iterator.items.size()) return false;
      item = iterator.items[iterator.next++];
      return true;
    }
    default:
      return false;  // undefined
  }
}

std::vector<Value> items_of(Runtime& runtime, const Value& iterable) {
  std::vector<Value> items;
  Cursor cursor(runtime, iterable);
  for (Value item; cursor.next(item);) {
    runtime.budget.spend(sizeof(Value));
    items.push_back(item);
  }
  return items;
}

std::int64_t length_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return 0;
    case Kind::kString:
      return static_cast<std::int64_t>(value.text().length());
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kView:
      return static_cast<std::int64_t>(value.list().items.size());
    case Kind::kDict:
      return static_cast<std::int64_t>(value.dict().size());
    case Kind::kRange:
      return value.range().size();
    default:
      throw TemplateError(kind_name(value) + " has no length");
  }
}

}  // namespace luoshu::jinja
