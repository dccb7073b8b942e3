// SPDX-License-Identifier: Apache-2.0
#include "jinja/builtin.h"

#include "jinja/compare.h"

namespace luoshu::jinja {

Bound::Bound(std::string what, std::string_view parameters, const Arguments& given)
    : what_(std::move(what)), given_(given) {
  std::size_t named_used = 0;
  std::size_t position = 0;
  while (!parameters.empty()) {
    const std::size_t space = parameters.find(' ');
    std::string_view name = parameters.substr(0, space);
    parameters = space == std::string_view::npos ? std::string_view() : parameters.substr(space + 1);
    if (name == "*") return;
    const bool optional = name.back() == '?';
    if (optional) name.remove_suffix(1);
    const Value* value = position < given.positional.size() ? &given.positional[position] : nullptr;
    ++position;
    for (const auto& [given_name, given_value] : given.named) {
      if (given_name != name) continue;
      if (value != nullptr) refuse("gets '" + std::string(name) + "' twice");
      value = &given_value;
      ++named_used;
    }
    if (value == nullptr && !optional) refuse("wants the argument '" + std::string(name) + "'");
    values_.push_back(value);
  }
  if (given.positional.size() > position)
    refuse("takes at most " + std::to_string(position) + " arguments, not " +
           std::to_string(given.positional.size()));
  if (named_used < given.named.size()) {
    for (const auto& [name, value] : given.named) {
      bool used = false;
      for (const Value* v : values_) used = used || v == &value;
      if (!used) refuse("does not take the argument '" + name + "'");
    }
  }
}

std::int64_t Bound::integer(std::size_t index, std::int64_t fallback) const {
  if (!has(index)) return fallback;
  const Value& value = *values_[index];
  if (!value.is_integral()) refuse("wants an integer, not " + kind_name(value));
  return value.integer();
}

bool Bound::flag(std::size_t index, bool fallback) const {
  return has(index) ? truth(*values_[index]) : fallback;
}

const Text* Bound::text(std::size_t index) const {
  if (!has(index) || values_[index]->is_none()) return nullptr;
  const Value& value = *values_[index];
  if (value.is_undefined()) throw TemplateError(value.why_undefined());
  if (!value.is_string()) refuse("wants a string, not " + kind_name(value));
  return &value.text();
}

void Bound::refuse(const std::string& why) const {
  throw TemplateError(what_ + " " + why);
}

Value call_builtin(Runtime& runtime, const Builtin& builtin, const std::string& what, const Value& self,
                   const Arguments& arguments) {
  if (builtin.call == nullptr) throw TemplateError(what + " is not supported");
  return builtin.call(runtime, self, Bound(what, builtin.parameters, arguments));
}

}  // namespace luoshu::jinja
