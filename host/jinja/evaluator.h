// SPDX-License-Identifier: Apache-2.0
// Walks the tree. Expressions are in evaluator_expressions.cc, tags in evaluator_statements.cc.
#pragma once
#include "jinja/ast.h"
#include "jinja/runtime.h"
#include "jinja/scope.h"

namespace luoshu::jinja {

enum class Flow : std::uint8_t { kNormal, kBreak, kContinue };

class Evaluator {
 public:
  explicit Evaluator(Runtime& runtime) : runtime_(runtime) {}
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Appends what `body` prints. Errors are TemplateError without a line; line() then tells it.
  Flow run(const Body& body, Scope& scope, Text& out);
  Value evaluate(const Expr& e, Scope& scope);
  // Prints a for tag over `iterable`; `depth0` counts the loops of a recursive one that are around.
  void run_for(const Stmt& s, Scope& scope, const Value& iterable, std::int64_t depth0, Text& out);
  void assign(const Target& target, const Value& value, Scope& scope);
  Scope& new_scope(Scope& around);

  int line() const { return line_; }  // of what was evaluated last
  Runtime& runtime() { return runtime_; }

 private:
  Flow run_one(const Stmt& s, Scope& scope, Text& out);
  void print(const Text& text, Text& out);
  void run_call_block(const Stmt& s, Scope& scope, Text& out);
  Value capture(const Stmt& s, Scope& scope);

  Value evaluate_kind(const Expr& e, Scope& scope);
  Value evaluate_name(const Expr& e, Scope& scope);
  Value evaluate_items(const Expr& e, Scope& scope);
  Value evaluate_dict(const Expr& e, Scope& scope);
  Value evaluate_slice(const Expr& e, Scope& scope);
  Value evaluate_call(const Expr& e, Scope& scope, const Value* caller);
  Value evaluate_filter(const Expr& e, Scope& scope, const Value* body);
  Value evaluate_test(const Expr& e, Scope& scope);
  Value evaluate_conditional(const Expr& e, Scope& scope);
  Value evaluate_concatenation(const Expr& e, Scope& scope);
  Value evaluate_compare(const Expr& e, Scope& scope);
  bool compare(Comparison comparison, const Value& a, const Value& b);
  Arguments evaluate_arguments(const CallArguments& a, Scope& scope);

  Runtime& runtime_;
  int line_ = 1;
};

}  // namespace luoshu::jinja
