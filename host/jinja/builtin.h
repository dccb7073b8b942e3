// SPDX-License-Identifier: Apache-2.0
// How filters, tests, methods and functions get their arguments: a table names each one's parameters.
#pragma once
#include <optional>
#include <string_view>

#include "jinja/runtime.h"

namespace luoshu::jinja {

// The arguments of one call in the order of the parameters.
class Bound {
 public:
  // `parameters`: names with a space between them, `?` behind one that may be left out; a last `*` takes any
  // arguments more. `what` names the callee in messages. Throws TemplateError when arguments do not fit.
  Bound(std::string what, std::string_view parameters, const Arguments& given);

  bool has(std::size_t index) const { return values_[index] != nullptr; }
  const Value& operator[](std::size_t index) const { return *values_[index]; }
  // Each the fallback where the argument was left out; throws TemplateError for another kind.
  std::int64_t integer(std::size_t index, std::int64_t fallback) const;
  bool flag(std::size_t index, bool fallback) const;
  // Null where it was left out or is none; throws TemplateError for what is no string.
  const Text* text(std::size_t index) const;
  const Arguments& given() const { return given_; }
  const std::string& what() const { return what_; }
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::string what_;
  const Arguments& given_;
  std::vector<const Value*> values_;
};

struct Builtin {
  std::string_view name;
  std::string_view parameters;
  // Null: Jinja2 has it, this interpreter does not.
  Value (*call)(Runtime& runtime, const Value& self, const Bound& arguments);
};

template <std::size_t N>
const Builtin* find_builtin(const Builtin (&table)[N], std::string_view name) {
  for (const Builtin& b : table) {
    if (b.name == name) return &b;
  }
  return nullptr;
}

// Calls it; `what` as in Bound. Throws TemplateError when it is one that is not supported.
Value call_builtin(Runtime& runtime, const Builtin& builtin, const std::string& what, const Value& self,
                   const Arguments& arguments);

}  // namespace luoshu::jinja
