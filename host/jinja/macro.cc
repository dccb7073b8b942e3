// SPDX-License-Identifier: Apache-2.0
#include "jinja/macro.h"

#include <algorithm>
#include <optional>

namespace luoshu::jinja {

Value Macro::call(const Arguments& arguments) {
  Runtime& runtime = evaluator_.runtime();
  const Budget::Level level(runtime.budget);
  Scope& scope = evaluator_.new_scope(scope_);
  auto named = arguments.named;
  runtime.budget.step((named.size() + 1) * (tag_.parameters.size() + 1));
  const auto take_named = [&named](std::string_view wanted) -> std::optional<Value> {
    const auto found =
        std::find_if(named.begin(), named.end(), [&](const auto& n) { return n.first == wanted; });
    if (found == named.end()) return std::nullopt;
    Value value = std::move(found->second);
    named.erase(found);
    return value;
  };
  bool own_caller = false;  // a parameter has that name
  for (std::size_t i = 0; i < tag_.parameters.size(); ++i) {
    const Parameter& p = tag_.parameters[i];
    own_caller = own_caller || p.name == "caller";
    if (i < arguments.positional.size()) {
      scope.set(p.name, arguments.positional[i]);
    } else if (auto value = take_named(p.name)) {
      scope.set(p.name, *value);
    } else if (p.fallback != nullptr) {
      scope.set(p.name, evaluator_.evaluate(*p.fallback, scope));
    } else {
      scope.set(p.name, Value::undefined("the parameter '" + p.name + "' was not provided"));
    }
  }
  if (tag_.wants_caller && !own_caller)
    scope.set("caller", take_named("caller").value_or(Value::undefined("there is no caller")));
  if (tag_.wants_kwargs) {
    const Value kwargs = runtime.dict();
    for (const auto& [key, value] : named)
      runtime.set(kwargs.dict(), Value::of(std::string_view(key)), value);
    scope.set("kwargs", kwargs);
  } else if (!named.empty()) {
    throw TemplateError(name() + " does not take the argument '" + named.front().first + "'");
  }
  const std::size_t taken = std::min(arguments.positional.size(), tag_.parameters.size());
  if (tag_.wants_varargs) {
    scope.set("varargs", runtime.tuple({arguments.positional.begin() + static_cast<std::ptrdiff_t>(taken),
                                        arguments.positional.end()}));
  } else if (arguments.positional.size() > taken) {
    throw TemplateError(name() + " takes at most " + std::to_string(taken) + " arguments");
  }
  Text out;
  evaluator_.run(tag_.body, scope, out);
  return Value::of(std::move(out));
}

}  // namespace luoshu::jinja
