// SPDX-License-Identifier: Apache-2.0
#include "jinja/attributes.h"

#include <algorithm>
#include <limits>

#include "jinja/methods.h"
#include "jinja/number.h"
#include "jinja/print.h"

namespace luoshu::jinja {
namespace {

class BoundMethod final : public Callable {
 public:
  BoundMethod(Runtime& runtime, Value object, std::string name)
      : runtime_(runtime), object_(std::move(object)), name_(std::move(name)) {}
  Value call(const Arguments& arguments) override { return call_method(runtime_, object_, name_, arguments); }
  std::string name() const override { return "the method '" + name_ + "'"; }

 private:
  Runtime& runtime_;
  Value object_;
  std::string name_;
};

Value no_attribute(const Value& object, const std::string& name) {
  return Value::undefined(kind_name(object) + " has no attribute '" + name + "'");
}

// The key of `object`, null where it has none.
const Value* find_key(Runtime& runtime, const Value& object, const Value& key) {
  if (!object.is(Kind::kDict)) return nullptr;
  switch (key.kind()) {
    case Kind::kList:
    case Kind::kDict:
    case Kind::kView:
    case Kind::kIterator:
    case Kind::kRange:
    case Kind::kNamespace:
    case Kind::kCallable:
      return nullptr;  // Jinja2 takes the error for an absent key
    default:
      charge_key(runtime, key);
      return object.dict().find(key);
  }
}

// The index of what `index` counts, from the end where it is negative; -1 where there is no such item.
std::int64_t position(std::int64_t index, std::int64_t length) {
  if (index < 0) index += length;
  return index >= 0 && index < length ? index : -1;
}

Value item_at(Runtime& runtime, const Value& object, std::int64_t index) {
  switch (object.kind()) {
    case Kind::kList:
    case Kind::kTuple: {
      const std::vector<Value>& items = object.list().items;
      const std::int64_t at = position(index, static_cast<std::int64_t>(items.size()));
      if (at >= 0) return items[static_cast<std::size_t>(at)];
      break;
    }
    case Kind::kString: {
      const Text& text = object.text();
      const std::int64_t at = position(index, static_cast<std::int64_t>(text.length()));
      if (at < 0) break;
      runtime.budget.spend(text.length() == text.size() ? 1 : text.size() / 8 + 1);
      const std::size_t from = text.offset_of(static_cast<std::size_t>(at));
      std::size_t to = from + 1;
      while (to < text.size() && (static_cast<unsigned char>(text.bytes()[to]) & 0xC0) == 0x80) ++to;
      return runtime.string(text.sub(from, to));
    }
    case Kind::kRange: {
      const std::int64_t at = position(index, object.range().size());
      if (at >= 0) return Value::of(object.range().at(at));
      break;
    }
    default:
      break;
  }
  return Value::undefined(kind_name(object) + " has no item " + std::to_string(index));
}

std::int64_t bound_of(const Value* bound, std::int64_t fallback) {
  return bound == nullptr || bound->is_none() ? fallback : bound->integer();
}

// The indices of a slice, as Python's slice.indices() has them.
struct Indices {
  std::int64_t start, stop, step, count;
};

Indices indices_of(std::int64_t length, const Value* from, const Value* to, const Value* step_value) {
  const std::int64_t step = bound_of(step_value, 1);
  if (step == 0) throw TemplateError("the step of a slice is 0");
  if (step == std::numeric_limits<std::int64_t>::min())
    throw TemplateError("the step of a slice is too large");
  const std::int64_t low = step < 0 ? -1 : 0;
  const std::int64_t high = step < 0 ? length - 1 : length;
  const auto clip = [&](std::int64_t bound) {
    if (bound < 0) return std::max(bound + length, low);
    return std::min(bound, high);
  };
  const bool has_from = from != nullptr && !from->is_none();
  const bool has_to = to != nullptr && !to->is_none();
  const std::int64_t start = has_from ? clip(bound_of(from, 0)) : step < 0 ? high : low;
  const std::int64_t stop = has_to ? clip(bound_of(to, 0)) : step < 0 ? low : high;
  const std::int64_t span = step < 0 ? start - stop : stop - start;
  const std::int64_t stride = step < 0 ? -step : step;
  return {start, stop, step, span <= 0 ? 0 : (span - 1) / stride + 1};
}

Value slice_text(Runtime& runtime, const Text& text, const Indices& slice) {
  runtime.budget.spend(text.size());
  if (slice.count == 0) return Value::of("");
  if (slice.step == 1) {
    return runtime.string(text.sub(text.offset_of(static_cast<std::size_t>(slice.start)),
                                   text.offset_of(static_cast<std::size_t>(slice.start + slice.count))));
  }
  std::vector<std::size_t> starts;
  runtime.budget.spend(8 * text.length());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text.bytes()[at]) & 0xC0) != 0x80) starts.push_back(at);
  }
  starts.push_back(text.size());
  Text result;
  for (std::int64_t i = 0; i < slice.count; ++i) {
    const auto at = static_cast<std::size_t>(slice.start + i * slice.step);
    result.append(text.sub(starts[at], starts[at + 1]));
  }
  result.set_markup(text.markup());
  return runtime.string(std::move(result));
}

}  // namespace

void charge_key(Runtime& runtime, const Value& key) {
  runtime.budget.spend(1 + (key.is_string() ? key.text().size() : hash_key(key).size()));
}

Value get_attribute(Runtime& runtime, const Value& object, const std::string& name) {
  if (object.is_undefined()) throw TemplateError(object.why_undefined());
  if (object.is(Kind::kNamespace)) {
    const Value* value = object.dict().find(name);
    return value != nullptr ? *value : no_attribute(object, name);
  }
  if (object.is(Kind::kCallable)) {
    Value value = object.callable().attribute(name);
    return value.is_undefined() && value.shared_text() == nullptr ? no_attribute(object, name) : value;
  }
  if (name.size() > 4 && name.compare(0, 2, "__") == 0)
    throw TemplateError("the attribute '" + name + "' is not supported");
  if (has_method(object, name)) {
    runtime.budget.spend(sizeof(BoundMethod));
    return Value::of(Kind::kCallable, runtime.heap.make<BoundMethod>(runtime, object, name));
  }
  if (object.is(Kind::kDict)) {
    const Value* value = object.dict().find(name);
    if (value != nullptr) return *value;
  }
  return no_attribute(object, name);
}

Value get_item(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is_undefined()) throw TemplateError(object.why_undefined());
  if (const Value* value = find_key(runtime, object, key)) return *value;
  if (key.is_string()) return get_attribute(runtime, object, key.text().bytes());
  if (key.is_integral() && !object.is(Kind::kDict)) return item_at(runtime, object, key.integer());
  if (key.is_undefined()) return Value::undefined(key.why_undefined());
  return Value::undefined(kind_name(object) + " has no such item");
}

Value get_slice(Runtime& runtime, const Value& object, const Value* from, const Value* to,
                const Value* step) {
  for (const Value* bound : {from, to, step}) {
    if (bound != nullptr && !bound->is_none() && !bound->is_integral() && !object.is_undefined())
      return Value::undefined("a slice wants integers, not " + kind_name(*bound));
  }
  switch (object.kind()) {
    case Kind::kUndefined:
      throw TemplateError(object.why_undefined());
    case Kind::kString:
      return slice_text(runtime, object.text(),
                        indices_of(static_cast<std::int64_t>(object.text().length()), from, to, step));
    case Kind::kList:
    case Kind::kTuple: {
      const std::vector<Value>& items = object.list().items;
      const Indices slice = indices_of(static_cast<std::int64_t>(items.size()), from, to, step);
      std::vector<Value> result;
      runtime.budget.spend(static_cast<std::uint64_t>(slice.count) * sizeof(Value));
      for (std::int64_t i = 0; i < slice.count; ++i)
        result.push_back(items[static_cast<std::size_t>(slice.start + i * slice.step)]);
      return object.is(Kind::kTuple) ? runtime.tuple(std::move(result)) : runtime.list(std::move(result));
    }
    case Kind::kRange: {
      const Range& r = object.range();
      const Indices slice = indices_of(r.size(), from, to, step);
      const std::int64_t first = r.start + slice.start * r.step;
      const std::int64_t by = checked_multiply(r.step, slice.step);
      return Value::of(Kind::kRange, runtime.heap.make<Range>(first, r.start + slice.stop * r.step, by));
    }
    default:
      return Value::undefined(kind_name(object) + " cannot be sliced");
  }
}

bool has_method(const Value& object, std::string_view name) {
  return find_method(object.kind(), name) != nullptr;
}

Value call_method(Runtime& runtime, const Value& object, const std::string& name,
                  const Arguments& arguments) {
  const Builtin* method = find_method(object.kind(), name);
  if (method == nullptr) throw TemplateError(kind_name(object) + " has no method '" + name + "'");
  const char* kind = object.is_string() ? "string" : object.is(Kind::kDict) ? "dict" : "list";
  return call_builtin(runtime, *method, std::string("the ") + kind + " method '" + name + "'", object,
                      arguments);
}

}  // namespace luoshu::jinja
