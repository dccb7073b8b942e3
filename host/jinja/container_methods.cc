// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "jinja/attributes.h"
#include "jinja/compare.h"
#include "jinja/iterate.h"
#include "jinja/methods.h"

namespace luoshu::jinja {
namespace {

using std::int64_t;

Value keys_method(Runtime& r, const Value& d, const Bound&) {
  std::vector<Value> items;
  for (const Dict::Entry& e : d.dict().entries()) items.push_back(e.key);
  return r.view(std::move(items), "dict_keys");
}

Value values_method(Runtime& r, const Value& d, const Bound&) {
  std::vector<Value> items;
  for (const Dict::Entry& e : d.dict().entries()) items.push_back(e.value);
  return r.view(std::move(items), "dict_values");
}

Value items_method(Runtime& r, const Value& d, const Bound&) {
  std::vector<Value> items;
  for (const Dict::Entry& e : d.dict().entries()) items.push_back(r.tuple({e.key, e.value}));
  return r.view(std::move(items), "dict_items");
}

Value get_method(Runtime& r, const Value& d, const Bound& a) {
  charge_key(r, a[0]);
  const Value* value = d.dict().find(a[0]);
  return value != nullptr ? *value : a.has(1) ? a[1] : Value::none();
}

Value dict_pop(Runtime& r, const Value& d, const Bound& a) {
  charge_key(r, a[0]);
  const Value* value = d.dict().find(a[0]);
  if (value == nullptr && !a.has(1)) a.refuse("does not find the key");
  if (value == nullptr) return a[1];
  Value result = *value;
  r.budget.spend(d.dict().size() * sizeof(Dict::Entry));
  d.dict().erase(a[0]);
  return result;
}

Value update_method(Runtime& r, const Value& d, const Bound& a) {
  for (const Value& given : a.given().positional) {
    if (!given.is(Kind::kDict)) a.refuse("wants a dict, not " + kind_name(given));
    const std::vector<Dict::Entry> entries = given.dict().entries();
    for (const Dict::Entry& e : entries) r.set(d.dict(), e.key, e.value);
  }
  for (const auto& [name, value] : a.given().named) r.set(d.dict(), Value::of(std::string_view(name)), value);
  return Value::none();
}

Value setdefault_method(Runtime& r, const Value& d, const Bound& a) {
  charge_key(r, a[0]);
  const Value* value = d.dict().find(a[0]);
  if (value != nullptr) return *value;
  Value fallback = a.has(1) ? a[1] : Value::none();
  r.set(d.dict(), a[0], fallback);
  return fallback;
}

Value dict_copy(Runtime& r, const Value& d, const Bound&) {
  Value result = r.dict();
  for (const Dict::Entry& e : d.dict().entries()) r.set(result.dict(), e.key, e.value);
  return result;
}

Value dict_clear(Runtime&, const Value& d, const Bound&) {
  d.dict().clear();
  return Value::none();
}

Value append_method(Runtime& r, const Value& l, const Bound& a) {
  r.budget.spend(2 * sizeof(Value));
  l.list().items.push_back(a[0]);
  return Value::none();
}

Value extend_method(Runtime& r, const Value& l, const Bound& a) {
  const std::vector<Value> more = items_of(r, a[0]);
  l.list().items.insert(l.list().items.end(), more.begin(), more.end());
  return Value::none();
}

Value insert_method(Runtime& r, const Value& l, const Bound& a) {
  std::vector<Value>& items = l.list().items;
  const auto size = static_cast<int64_t>(items.size());
  int64_t at = a.integer(0, 0);
  if (at < 0) at += size;
  at = std::clamp<int64_t>(at, 0, size);
  r.budget.spend((items.size() + 1) * sizeof(Value));
  items.insert(items.begin() + at, a[1]);
  return Value::none();
}

Value list_pop(Runtime& r, const Value& l, const Bound& a) {
  std::vector<Value>& items = l.list().items;
  const auto size = static_cast<int64_t>(items.size());
  int64_t at = a.integer(0, -1);
  if (at < 0) at += size;
  if (at < 0 || at >= size) a.refuse("finds no item there");
  Value result = items[static_cast<std::size_t>(at)];
  r.budget.spend(static_cast<std::uint64_t>(size - at) * sizeof(Value));
  items.erase(items.begin() + at);
  return result;
}

// The index of the first item that equals the argument, or the size.
std::size_t position_of(Runtime& r, const Value& l, const Value& wanted) {
  const std::vector<Value>& items = l.list().items;
  std::size_t at = 0;
  while (at < items.size() && !equal(r, items[at], wanted)) ++at;
  return at;
}

Value remove_method(Runtime& r, const Value& l, const Bound& a) {
  const std::size_t at = position_of(r, l, a[0]);
  if (at == l.list().items.size()) a.refuse("does not find its argument");
  l.list().items.erase(l.list().items.begin() + static_cast<std::ptrdiff_t>(at));
  return Value::none();
}

Value index_method(Runtime& r, const Value& l, const Bound& a) {
  const std::size_t at = position_of(r, l, a[0]);
  if (at == l.list().items.size()) a.refuse("does not find its argument");
  return Value::of(static_cast<int64_t>(at));
}

Value count_method(Runtime& r, const Value& l, const Bound& a) {
  int64_t count = 0;
  for (const Value& item : l.list().items) count += equal(r, item, a[0]) ? 1 : 0;
  return Value::of(count);
}

Value reverse_method(Runtime& r, const Value& l, const Bound&) {
  r.budget.spend(l.list().items.size() * sizeof(Value));
  std::reverse(l.list().items.begin(), l.list().items.end());
  return Value::none();
}

Value list_copy(Runtime& r, const Value& l, const Bound&) {
  return r.list(l.list().items);
}

Value list_clear(Runtime&, const Value& l, const Bound&) {
  l.list().items.clear();
  return Value::none();
}

constexpr Builtin kDictMethods[] = {
    {"clear", "", dict_clear},
    {"copy", "", dict_copy},
    {"get", "key default?", get_method},
    {"items", "", items_method},
    {"keys", "", keys_method},
    {"pop", "key default?", dict_pop},
    {"update", "*", update_method},
    {"values", "", values_method},
    {"setdefault", "key default?", setdefault_method},
    {"fromkeys", "", nullptr},
    {"popitem", "", nullptr},
};
constexpr Builtin kListMethods[] = {
    {"append", "object", append_method},
    {"clear", "", list_clear},
    {"copy", "", list_copy},
    {"count", "value", count_method},
    {"extend", "iterable", extend_method},
    {"index", "value", index_method},
    {"insert", "index object", insert_method},
    {"pop", "index?", list_pop},
    {"remove", "value", remove_method},
    {"reverse", "", reverse_method},
    {"sort", "", nullptr},
};
constexpr Builtin kTupleMethods[] = {{"count", "value", count_method}, {"index", "value", index_method}};

}  // namespace

const Builtin* find_container_method(Kind kind, std::string_view name) {
  if (kind == Kind::kDict) return find_builtin(kDictMethods, name);
  if (kind == Kind::kList) return find_builtin(kListMethods, name);
  return find_builtin(kTupleMethods, name);
}

const Builtin* find_method(Kind kind, std::string_view name) {
  switch (kind) {
    case Kind::kString:
      return find_string_method(name);
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
      return find_container_method(kind, name);
    default:
      return nullptr;
  }
}

}  // namespace luoshu::jinja
