// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "jinja/attributes.h"
#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/iterate.h"

namespace luoshu::jinja {
namespace {

Value default_filter(Runtime&, const Value& v, const Bound& a) {
  if (v.is_undefined() || (a.flag(1, false) && !truth(v))) return a.has(0) ? a[0] : Value::of("");
  return v;
}

Value length_filter(Runtime&, const Value& v, const Bound&) {
  return Value::of(length_of(v));
}
Value list_filter(Runtime& r, const Value& v, const Bound&) {
  return r.list(items_of(r, v));
}

Value first_filter(Runtime& r, const Value& v, const Bound&) {
  Cursor cursor(r, v);
  Value item;
  return cursor.next(item) ? item : Value::undefined("there is no first item, the sequence is empty");
}

Value last_filter(Runtime& r, const Value& v, const Bound& a) {
  if (v.is(Kind::kIterator)) a.refuse("does not take an iterator");
  if (v.is_string() && !v.text().empty()) return get_item(r, v, Value::of(std::int64_t{-1}));
  const std::vector<Value> items = items_of(r, v);
  return items.empty() ? Value::undefined("there is no last item, the sequence is empty") : items.back();
}

Value items_filter(Runtime& r, const Value& v, const Bound& a) {
  if (v.is_undefined()) return r.iterator({});
  if (!v.is(Kind::kDict)) a.refuse("wants a dict, not " + kind_name(v));
  std::vector<Value> pairs;
  for (const Dict::Entry& e : v.dict().entries()) pairs.push_back(r.tuple({e.key, e.value}));
  return r.iterator(std::move(pairs));
}

Value reverse_filter(Runtime& r, const Value& v, const Bound&) {
  if (v.is_string()) {
    const Value step = Value::of(std::int64_t{-1});
    return get_slice(r, v, nullptr, nullptr, &step);
  }
  std::vector<Value> items = items_of(r, v);
  std::reverse(items.begin(), items.end());
  return v.is(Kind::kIterator) || v.is_undefined() ? r.list(std::move(items)) : r.iterator(std::move(items));
}

// Sorts `items` by `keys`, equal ones in their order.
std::vector<Value> sorted(Runtime& r, const std::vector<Value>& items, const std::vector<Value>& keys,
                          bool reverse) {
  r.budget.spend(items.size() * (sizeof(Value) + sizeof(std::size_t)));
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    r.budget.step();
    return reverse ? less(r, keys[b], keys[a]) : less(r, keys[a], keys[b]);
  });
  std::vector<Value> result;
  result.reserve(items.size());
  for (const std::size_t i : order) result.push_back(items[i]);
  return result;
}

Value sort_filter(Runtime& r, const Value& v, const Bound& a) {
  const std::vector<Value> items = items_of(r, v);
  std::vector<Value> attributes;  // "a,b": by a, then by b
  if (a.has(2) && a[2].is_string()) {
    const std::string& names = a[2].text().bytes();
    for (std::size_t from = 0; from <= names.size();) {
      const std::size_t comma = std::min(names.find(',', from), names.size());
      attributes.push_back(Value::of(std::string_view(names).substr(from, comma - from)));
      from = comma + 1;
    }
  } else {
    attributes.push_back(a.has(2) ? a[2] : Value::none());
  }
  std::vector<Value> keys;
  for (const Value& item : items) {
    std::vector<Value> key;
    for (const Value& attribute : attributes) {
      const Value part = attribute_of(r, item, &attribute);
      key.push_back(a.flag(1, false) ? part : ignore_case(r, part));
    }
    keys.push_back(r.list(std::move(key)));
  }
  return r.list(sorted(r, items, keys, a.flag(0, false)));
}

Value dictsort_filter(Runtime& r, const Value& v, const Bound& a) {
  if (v.is_undefined()) throw TemplateError(v.why_undefined());
  if (!v.is(Kind::kDict)) a.refuse("wants a dict, not " + kind_name(v));
  const Text* by = a.text(1);
  if (by != nullptr && by->bytes() != "key" && by->bytes() != "value") a.refuse("sorts by key or value");
  std::vector<Value> pairs;
  std::vector<Value> keys;
  for (const Dict::Entry& e : v.dict().entries()) {
    pairs.push_back(r.tuple({e.key, e.value}));
    const Value& key = by != nullptr && by->bytes() == "value" ? e.value : e.key;
    keys.push_back(a.flag(0, false) ? key : ignore_case(r, key));
  }
  return r.list(sorted(r, pairs, keys, a.flag(2, false)));
}

Value unique_filter(Runtime& r, const Value& v, const Bound& a) {
  std::set<std::string> seen;
  std::vector<Value> result;
  Cursor cursor(r, v);
  for (Value item; cursor.next(item);) {
    const Value key = attribute_of(r, item, a.has(1) ? &a[1] : nullptr);
    const std::string hash = hash_key(a.flag(0, false) ? key : ignore_case(r, key));
    r.budget.spend(hash.size());
    if (seen.insert(hash).second) result.push_back(item);
  }
  return r.iterator(std::move(result));
}

Value extreme(Runtime& r, const Value& v, const Bound& a, bool largest) {
  Cursor cursor(r, v);
  Value best;
  if (!cursor.next(best)) return Value::undefined("the sequence has no item, it is empty");
  const auto key_of = [&](const Value& item) {
    const Value key = attribute_of(r, item, a.has(1) ? &a[1] : nullptr);
    return a.flag(0, false) ? key : ignore_case(r, key);
  };
  Value best_key = key_of(best);
  for (Value item; cursor.next(item);) {
    Value key = key_of(item);
    if (largest ? less(r, best_key, key) : less(r, key, best_key)) {
      best = item;
      best_key = std::move(key);
    }
  }
  return best;
}
Value min_filter(Runtime& r, const Value& v, const Bound& a) {
  return extreme(r, v, a, false);
}
Value max_filter(Runtime& r, const Value& v, const Bound& a) {
  return extreme(r, v, a, true);
}

Value batch_filter(Runtime& r, const Value& v, const Bound& a) {
  const std::int64_t size = a.integer(0, 1);
  std::vector<Value> batches;
  std::vector<Value> batch;
  Cursor cursor(r, v);
  for (Value item; cursor.next(item);) {
    if (static_cast<std::int64_t>(batch.size()) == size) batches.push_back(r.list(std::exchange(batch, {})));
    batch.push_back(item);
  }
  if (!batch.empty()) {
    if (a.has(1) && !a[1].is_none()) {
      while (static_cast<std::int64_t>(batch.size()) < size) {
        r.budget.spend(sizeof(Value));
        batch.push_back(a[1]);
      }
    }
    batches.push_back(r.list(std::move(batch)));
  }
  return r.iterator(std::move(batches));
}

Value slice_filter(Runtime& r, const Value& v, const Bound& a) {
  const std::vector<Value> items = items_of(r, v);
  const std::int64_t count = a.integer(0, 1);
  if (count <= 0 || count > 100000) a.refuse("wants a number of slices from 1 to 100000");
  const auto slices = static_cast<std::size_t>(count);
  const std::size_t each = items.size() / slices;
  const std::size_t longer = items.size() % slices;
  std::vector<Value> result;
  std::size_t at = 0;
  for (std::size_t i = 0; i < slices; ++i) {
    const std::size_t end = at + each + (i < longer ? 1 : 0);
    std::vector<Value> part(items.begin() + static_cast<std::ptrdiff_t>(at),
                            items.begin() + static_cast<std::ptrdiff_t>(end));
    if (a.has(1) && !a[1].is_none() && i >= longer) part.push_back(a[1]);
    result.push_back(r.list(std::move(part)));
    at = end;
  }
  return r.iterator(std::move(result));
}

// Attributes alone: a dict's keys are not looked at.
Value attr_filter(Runtime& r, const Value& v, const Bound& a) {
  const Text* name = a.text(0);
  if (name == nullptr) a.refuse("wants a name");
  if (v.is(Kind::kDict) && !has_method(v, name->bytes()))
    return Value::undefined("a dict has no attribute '" + name->bytes() + "'");
  return get_attribute(r, v, name->bytes());
}

constexpr Builtin kFilters[] = {
    {"attr", "name", attr_filter},
    {"batch", "linecount fill_with?", batch_filter},
    {"count", "", length_filter},
    {"d", "default_value? boolean?", default_filter},
    {"default", "default_value? boolean?", default_filter},
    {"dictsort", "case_sensitive? by? reverse?", dictsort_filter},
    {"first", "", first_filter},
    {"items", "", items_filter},
    {"last", "", last_filter},
    {"length", "", length_filter},
    {"list", "", list_filter},
    {"max", "case_sensitive? attribute?", max_filter},
    {"min", "case_sensitive? attribute?", min_filter},
    {"reverse", "", reverse_filter},
    {"slice", "slices fill_with?", slice_filter},
    {"sort", "reverse? case_sensitive? attribute?", sort_filter},
    {"unique", "case_sensitive? attribute?", unique_filter},
};

}  // namespace

const Builtin* find_sequence_filter(std::string_view name) {
  return find_builtin(kFilters, name);
}

}  // namespace luoshu::jinja
