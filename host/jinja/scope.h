// SPDX-License-Identifier: Apache-2.0
// The variables that a piece of a template sees: its own, then those around it.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "jinja/value.h"

namespace luoshu::jinja {

class Scope final : public Object {
 public:
  explicit Scope(Scope* around) : around_(around) {}

  // Null where no scope has it.
  const Value* find(std::string_view name) const {
    for (const Scope* s = this; s != nullptr; s = s->around_) {
      const auto found = s->variables_.find(name);
      if (found != s->variables_.end()) return &found->second;
    }
    return nullptr;
  }
  // Sets this scope's own variable.
  void set(const std::string& name, Value value) { variables_.insert_or_assign(name, std::move(value)); }

 private:
  Scope* const around_;
  std::map<std::string, Value, std::less<>> variables_;
};

}  // namespace luoshu::jinja
