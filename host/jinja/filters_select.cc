// SPDX-License-Identifier: Apache-2.0
// Filters that apply other filters and tests: map, select, reject, selectattr, rejectattr.
#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/iterate.h"
#include "jinja/tests.h"

namespace luoshu::jinja {
namespace {

std::string name_from(const Bound& a, std::size_t index) {
  const Value& name = a.given().positional[index];
  if (!name.is_string()) a.refuse("wants a name, not " + kind_name(name));
  return name.text().bytes();
}

// What stands behind the first `count` arguments.
Arguments rest_of(const Bound& a, std::size_t count) {
  Arguments rest;
  rest.positional.assign(a.given().positional.begin() + static_cast<std::ptrdiff_t>(count),
                         a.given().positional.end());
  rest.named = a.given().named;
  return rest;
}

Value map_filter(Runtime& r, const Value& v, const Bound& a) {
  std::vector<Value> result;
  if (!truth(v)) return r.iterator({});
  Cursor cursor(r, v);
  if (a.given().positional.empty()) {
    const Value* attribute = nullptr;
    const Value* fallback = nullptr;
    for (const auto& [name, value] : a.given().named) {
      if (name == "attribute") {
        attribute = &value;
      } else if (name == "default") {
        fallback = &value;
      } else {
        a.refuse("does not take the argument '" + name + "'");
      }
    }
    if (attribute == nullptr) a.refuse("wants the name of a filter, or attribute=");
    for (Value item; cursor.next(item);) {
      r.budget.spend(sizeof(Value));
      result.push_back(attribute_of(r, item, attribute, fallback));
    }
    return r.iterator(std::move(result));
  }
  const std::string name = name_from(a, 0);
  const Arguments rest = rest_of(a, 1);
  for (Value item; cursor.next(item);) {
    r.budget.spend(sizeof(Value));
    result.push_back(apply_filter(r, name, item, rest));
  }
  return r.iterator(std::move(result));
}

Value select_either(Runtime& r, const Value& v, const Bound& a, bool wanted, bool by_attribute) {
  if (!truth(v)) return r.iterator({});
  const std::size_t first = by_attribute ? 1 : 0;
  const std::size_t given = a.given().positional.size();
  if (given < first) a.refuse("wants the name of an attribute");
  const bool has_test = given > first;
  const std::string test = has_test ? name_from(a, first) : std::string();
  const Arguments rest = has_test ? rest_of(a, first + 1) : Arguments();
  std::vector<Value> result;
  Cursor cursor(r, v);
  for (Value item; cursor.next(item);) {
    const Value tested = by_attribute ? attribute_of(r, item, &a.given().positional[0]) : item;
    const bool holds = has_test ? apply_test(r, test, tested, rest) : truth(tested);
    if (holds != wanted) continue;
    r.budget.spend(sizeof(Value));
    result.push_back(item);
  }
  return r.iterator(std::move(result));
}
Value select_filter(Runtime& r, const Value& v, const Bound& a) {
  return select_either(r, v, a, true, false);
}
Value reject_filter(Runtime& r, const Value& v, const Bound& a) {
  return select_either(r, v, a, false, false);
}
Value selectattr_filter(Runtime& r, const Value& v, const Bound& a) {
  return select_either(r, v, a, true, true);
}
Value rejectattr_filter(Runtime& r, const Value& v, const Bound& a) {
  return select_either(r, v, a, false, true);
}

constexpr Builtin kFilters[] = {
    {"map", "*", map_filter},
    {"reject", "*", reject_filter},
    {"rejectattr", "*", rejectattr_filter},
    {"select", "*", select_filter},
    {"selectattr", "*", selectattr_filter},
};

}  // namespace

const Builtin* find_select_filter(std::string_view name) {
  return find_builtin(kFilters, name);
}

}  // namespace luoshu::jinja
