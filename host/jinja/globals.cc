// SPDX-License-Identifier: Apache-2.0
#include "jinja/globals.h"

#include <ctime>

#include "jinja/builtin.h"
#include "jinja/iterate.h"
#include "jinja/number.h"
#include "jinja/print.h"

namespace luoshu::jinja {
namespace {

class Function final : public Callable {
 public:
  Function(Runtime& runtime, const Builtin& builtin) : runtime_(runtime), builtin_(builtin) {}
  Value call(const Arguments& arguments) override {
    return call_builtin(runtime_, builtin_, name(), Value(), arguments);
  }
  std::string name() const override { return "the function '" + std::string(builtin_.name) + "'"; }

 private:
  Runtime& runtime_;
  const Builtin& builtin_;
};

Value range_function(Runtime& r, const Value&, const Bound& a) {
  const bool one = !a.has(1);
  const std::int64_t start = one ? 0 : a.integer(0, 0);
  const std::int64_t stop = a.integer(one ? 0 : 1, 0);
  const std::int64_t step = a.integer(2, 1);
  if (step == 0) a.refuse("wants a step that is not 0");
  const std::int64_t span = step > 0 ? checked_subtract(stop, start) : checked_subtract(start, stop);
  const std::int64_t stride = step > 0 ? step : checked_subtract(0, step);
  if (span > 0 && (span - 1) / stride + 1 > kLongestRange)
    a.refuse("gives at most " + std::to_string(kLongestRange) + " numbers");
  r.budget.spend(sizeof(Range));
  return Value::of(Kind::kRange, r.heap.make<Range>(start, stop, step));
}

void fill(Runtime& r, Dict& dict, const Bound& a) {
  if (a.given().positional.size() > 1) a.refuse("takes at most one argument without a name");
  for (const Value& given : a.given().positional) {
    if (given.is(Kind::kDict)) {
      for (const Dict::Entry& e : given.dict().entries()) r.set(dict, e.key, e.value);
      continue;
    }
    Cursor cursor(r, given);
    for (Value item; cursor.next(item);) {
      const std::vector<Value> pair = items_of(r, item);
      if (pair.size() != 2) a.refuse("wants pairs of a key and a value");
      r.set(dict, pair[0], pair[1]);
    }
  }
  for (const auto& [name, value] : a.given().named) r.set(dict, Value::of(std::string_view(name)), value);
}

Value dict_function(Runtime& r, const Value&, const Bound& a) {
  Value result = r.dict();
  fill(r, result.dict(), a);
  return result;
}

Value namespace_function(Runtime& r, const Value&, const Bound& a) {
  const Value contents = r.dict();
  fill(r, contents.dict(), a);
  return Value::of(Kind::kNamespace, contents.dict());
}

Value raise_function(Runtime& r, const Value&, const Bound& a) {
  throw RaisedError(to_text(r, a[0]).bytes());
}

Value strftime_function(Runtime& r, const Value&, const Bound& a) {
  const Text* format = a.text(0);
  if (format == nullptr) a.refuse("wants a format");
  if (format->empty()) return Value::of("");
  if (format->size() > 1000) a.refuse("wants a shorter format");
  const std::tm now = r.clock();
  const std::string pattern = format->bytes() + "|";  // an empty result would look like a failure
  std::string result(20000, '\0');
  result.resize(std::strftime(result.data(), result.size(), pattern.c_str(), &now));
  if (result.empty()) a.refuse("cannot write the date in this format");
  result.pop_back();
  return r.string(Text(result));
}

constexpr Builtin kFunctions[] = {
    {"dict", "*", dict_function},
    {"namespace", "*", namespace_function},
    {"raise_exception", "message", raise_function},
    {"range", "start stop? step?", range_function},
    {"strftime_now", "format", strftime_function},
    {"cycler", "*", nullptr},
    {"joiner", "*", nullptr},
    {"lipsum", "*", nullptr},
};

}  // namespace

void add_globals(Runtime& runtime, Scope& scope) {
  for (const Builtin& f : kFunctions)
    scope.set(std::string(f.name), Value::of(Kind::kCallable, runtime.heap.make<Function>(runtime, f)));
}

}  // namespace luoshu::jinja
