// SPDX-License-Identifier: Apache-2.0
// A macro, or the body of a call block as the macro's caller().
#pragma once
#include "jinja/evaluator.h"

namespace luoshu::jinja {

class Macro final : public Callable {
 public:
  // Sees the variables of `scope`, also those that are set later.
  Macro(Evaluator& evaluator, const Stmt& tag, Scope& scope)
      : evaluator_(evaluator), tag_(tag), scope_(scope) {}
  // What the body prints.
  Value call(const Arguments& arguments) override;
  std::string name() const override {
    return tag_.kind == StmtKind::kMacro ? "the macro '" + tag_.text + "'" : "caller";
  }

 private:
  Evaluator& evaluator_;
  const Stmt& tag_;
  Scope& scope_;
};

}  // namespace luoshu::jinja
