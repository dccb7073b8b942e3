// SPDX-License-Identifier: Apache-2.0
#include "jinja/compare.h"

#include <algorithm>

#include "jinja/attributes.h"
#include "jinja/iterate.h"

namespace luoshu::jinja {
namespace {

// -1, 0 or 1; 2 where one is not a number. Long double holds every 64-bit integer.
int order_numbers(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) {
    return a.integer() < b.integer() ? -1 : a.integer() > b.integer() ? 1 : 0;
  }
  const auto wide = [](const Value& v) {
    return v.is_integral() ? static_cast<long double>(v.integer()) : static_cast<long double>(v.real());
  };
  const long double x = wide(a);
  const long double y = wide(b);
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
}

bool is_sequence_kind(const Value& v) {
  return v.is(Kind::kList) || v.is(Kind::kTuple);
}

bool equal_lists(Runtime& runtime, const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (!equal(runtime, a[i], b[i])) return false;
  }
  return true;
}

bool equal_dicts(Runtime& runtime, const Dict& a, const Dict& b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.entries().begin(), a.entries().end(), [&](const Dict::Entry& e) {
    const Value* other = b.find(e.key);
    return other != nullptr && equal(runtime, e.value, *other);
  });
}

// Python's order of sequences: that of the first items that differ, else of the lengths.
bool ordered(Runtime& runtime, const Value& a, const Value& b, bool or_equal) {
  if (a.is_number() && b.is_number()) {
    const int order = order_numbers(a, b);
    return order == -1 || (or_equal && order == 0);
  }
  if (a.is_string() && b.is_string()) {
    runtime.budget.spend(std::min(a.text().size(), b.text().size()));
    const int order = a.text().bytes().compare(b.text().bytes());  // UTF-8 sorts as code points do
    return order < 0 || (or_equal && order == 0);
  }
  if (is_sequence_kind(a) && a.kind() == b.kind()) {
    const Budget::Level level(runtime.budget);
    const std::vector<Value>& x = a.list().items;
    const std::vector<Value>& y = b.list().items;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(runtime, x[i], y[i])) return ordered(runtime, x[i], y[i], or_equal);
    }
    return or_equal ? x.size() <= y.size() : x.size() < y.size();
  }
  if (a.is_undefined()) throw TemplateError(a.why_undefined());
  if (b.is_undefined()) throw TemplateError(b.why_undefined());
  throw TemplateError("cannot order " + kind_name(a) + " and " + kind_name(b));
}

}  // namespace

bool truth(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
      return value.boolean();
    case Kind::kInt:
      return value.integer() != 0;
    case Kind::kFloat:
      return value.real() != 0;
    case Kind::kString:
      return !value.text().empty();
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kView:
      return !value.list().items.empty();
    case Kind::kDict:
      return value.dict().size() != 0;
    case Kind::kRange:
      return value.range().size() != 0;
    case Kind::kIterator:
    case Kind::kNamespace:
    case Kind::kCallable:
      return true;
  }
  return true;
}

bool equal(Runtime& runtime, const Value& a, const Value& b) {
  runtime.budget.step();
  if (a.is_number() && b.is_number()) return order_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return true;
    case Kind::kString:
      if (a.text().size() != b.text().size()) return false;
      runtime.budget.spend(a.text().size());
      return a.text().bytes() == b.text().bytes();
    case Kind::kList:
    case Kind::kTuple: {
      const Budget::Level level(runtime.budget);
      return equal_lists(runtime, a.list().items, b.list().items);
    }
    case Kind::kDict: {
      const Budget::Level level(runtime.budget);
      return equal_dicts(runtime, a.dict(), b.dict());
    }
    case Kind::kRange: {
      const Range& x = a.range();
      const Range& y = b.range();
      return x.size() == y.size() &&
             (x.size() == 0 || (x.start == y.start && (x.size() == 1 || x.step == y.step)));
    }
    default:
      return a.object() == b.object();
  }
}

bool less(Runtime& runtime, const Value& a, const Value& b) {
  return ordered(runtime, a, b, false);
}
bool less_or_equal(Runtime& runtime, const Value& a, const Value& b) {
  return ordered(runtime, a, b, true);
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::kString: {
      if (item.is_undefined()) throw TemplateError(item.why_undefined());
      if (!item.is_string()) throw TemplateError("cannot look for " + kind_name(item) + " in a string");
      runtime.budget.spend(container.text().size());
      return find_bytes(container.text().bytes(), item.text().bytes(), 0) != std::string::npos;
    }
    case Kind::kDict:
      charge_key(runtime, item);
      return container.dict().find(item) != nullptr;
    case Kind::kNamespace:
      throw TemplateError("cannot look for something in a namespace");
    default:
      break;
  }
  Cursor cursor(runtime, container);
  for (Value next; cursor.next(next);) {
    if (equal(runtime, next, item)) return true;
  }
  return false;
}

}  // namespace luoshu::jinja
