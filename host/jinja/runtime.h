// SPDX-License-Identifier: Apache-2.0
// What one rendering carries along: its budget, its objects, its clock; and how values that cost something
// are made.
#pragma once
#include <ctime>
#include <functional>

#include "jinja/budget.h"
#include "jinja/value.h"

namespace luoshu::jinja {

struct Runtime {
  explicit Runtime(const Limits& limits) : budget(limits) {}

  Budget budget;
  Heap heap;
  std::function<std::tm()> clock;  // for strftime_now

  Value string(Text text) {
    budget.spend(text.memory());
    return Value::of(std::move(text));
  }
  Value list(std::vector<Value> items) { return Value::of(Kind::kList, make_list(std::move(items), "")); }
  Value tuple(std::vector<Value> items) { return Value::of(Kind::kTuple, make_list(std::move(items), "")); }
  Value view(std::vector<Value> items, const char* name) {
    return Value::of(Kind::kView, make_list(std::move(items), name));
  }
  Value iterator(std::vector<Value> items) {
    budget.spend(items.size() * sizeof(Value) + 1);
    return Value::of(Kind::kIterator, heap.make<Iterator>(std::move(items)));
  }
  Value dict() {
    budget.spend(sizeof(Dict));
    return Value::of(Kind::kDict, heap.make<Dict>());
  }
  void set(Dict& dict, const Value& key, Value value) {
    budget.spend(2 * sizeof(Dict::Entry) + (key.is_string() ? key.text().size() : 0));
    dict.set(key, std::move(value));
  }

 private:
  List& make_list(std::vector<Value> items, const char* view_name) {
    budget.spend((items.size() + 1) * sizeof(Value));
    return heap.make<List>(std::move(items), view_name);
  }
};

}  // namespace luoshu::jinja
