// SPDX-License-Identifier: Apache-2.0
// The variables that a piece of a template sees: its own, then those around it.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/value.h"

namespace luoshu::jinja {

class Scope final : public Object {
 public:
  explicit Scope(Scope* around) : around_(around) {}

  // Null where no scope has it.
  const Value* find(std::string_view name) const {
    for (const Scope* s = this; s != nullptr; s = s->around_) {
      for (const auto& [own, value] : s->variables_) {
        if (own == name) return &value;
      }
    }
    return nullptr;
  }
  // Sets this scope's own variable.
  void set(const std::string& name, Value value) {
    for (auto& [own, old] : variables_) {
      if (own == name) {
        old = std::move(value);
        return;
      }
    }
    variables_.emplace_back(name, std::move(value));
  }

 private:
  Scope* const around_;
  std::vector<std::pair<std::string, Value>> variables_;  // few
};

}  // namespace luoshu::jinja
