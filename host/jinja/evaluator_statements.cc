// SPDX-License-Identifier: Apache-2.0
#include "jinja/compare.h"
#include "jinja/evaluator.h"
#include "jinja/iterate.h"
#include "jinja/loop.h"
#include "jinja/macro.h"
#include "jinja/print.h"

namespace luoshu::jinja {

Scope& Evaluator::new_scope(Scope& around) {
  runtime_.budget.spend(256);  // with its variables
  return runtime_.heap.make<Scope>(&around);
}

void Evaluator::print(const Text& text, Text& out) {
  runtime_.budget.spend(text.memory());
  runtime_.budget.check_output(out.size() + text.size());
  out.append(text);
}

Flow Evaluator::run(const Body& body, Scope& scope, Text& out) {
  const Budget::Level level(runtime_.budget);
  for (const Stmt* s : body) {
    runtime_.budget.step();
    line_ = s->line;
    const Flow flow = run_one(*s, scope, out);
    if (flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Flow Evaluator::run_one(const Stmt& s, Scope& scope, Text& out) {
  switch (s.kind) {
    case StmtKind::kText:
      runtime_.budget.spend(s.text.size());
      runtime_.budget.check_output(out.size() + s.text.size());
      out.append(s.text, false);
      break;
    case StmtKind::kPrint:
      print(*to_shared_text(runtime_, evaluate(*s.expression, scope)), out);
      break;
    case StmtKind::kIf:
      for (const auto& [condition, body] : s.branches) {
        if (condition == nullptr || truth(evaluate(*condition, scope))) return run(body, scope, out);
      }
      break;
    case StmtKind::kFor:
      run_for(s, scope, evaluate(*s.expression, scope), 0, out);
      break;
    case StmtKind::kSet:
      assign(s.target, evaluate(*s.expression, scope), scope);
      break;
    case StmtKind::kSetBlock:
      assign(s.target, capture(s, scope), scope);
      break;
    case StmtKind::kFilter:
      print(*to_shared_text(runtime_, capture(s, scope)), out);
      break;
    case StmtKind::kMacro:
      runtime_.budget.spend(sizeof(Macro));
      scope.set(s.text, Value::of(Kind::kCallable, runtime_.heap.make<Macro>(*this, s, scope)));
      break;
    case StmtKind::kCallBlock:
      run_call_block(s, scope, out);
      break;
    case StmtKind::kWith: {
      Scope& inner = new_scope(scope);
      for (const auto& [target, expression] : s.assignments)
        assign(target, evaluate(*expression, scope), inner);
      return run(s.body, inner, out);
    }
    case StmtKind::kScope:
      run(s.body, new_scope(scope), out);
      break;
    case StmtKind::kBreak:
      return Flow::kBreak;
    case StmtKind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNormal;
}

// What the body prints, through the filters behind the tag.
Value Evaluator::capture(const Stmt& s, Scope& scope) {
  Text text;
  Scope& inner = new_scope(scope);
  run(s.body, inner, text);
  const Value value = Value::of(std::move(text));
  return s.expression == nullptr ? value : evaluate_filter(*s.expression, inner, &value);
}

void Evaluator::run_call_block(const Stmt& s, Scope& scope, Text& out) {
  runtime_.budget.spend(sizeof(Macro));
  const Value caller = Value::of(Kind::kCallable, runtime_.heap.make<Macro>(*this, s, scope));
  print(*to_shared_text(runtime_, evaluate_call(*s.expression, scope, &caller)), out);
}

void Evaluator::run_for(const Stmt& s, Scope& scope, const Value& iterable, std::int64_t depth0, Text& out) {
  const Budget::Level level(runtime_.budget);
  runtime_.budget.spend(sizeof(Loop));
  Loop& loop = runtime_.heap.make<Loop>(*this, s, scope, iterable, depth0);
  const Value loop_value = Value::of(Kind::kCallable, loop);
  bool completed = false;  // an iteration that ends with break or continue does not count, as in Jinja2
  for (Value item; loop.next(item);) {
    Scope& inner = new_scope(scope);
    inner.set("loop", loop_value);
    assign(s.target, item, inner);
    const Flow flow = run(s.body, inner, out);
    completed = completed || flow == Flow::kNormal;
    if (flow == Flow::kBreak) break;
  }
  if (!completed) run(s.other, new_scope(scope), out);
}

void Evaluator::assign(const Target& target, const Value& value, Scope& scope) {
  if (!target.several.empty()) {
    const std::vector<Value> items = items_of(runtime_, value);
    if (items.size() != target.several.size()) {
      throw TemplateError("cannot assign " + std::to_string(items.size()) + " values to " +
                          std::to_string(target.several.size()) + " names");
    }
    for (std::size_t i = 0; i < items.size(); ++i) assign(target.several[i], items[i], scope);
    return;
  }
  if (target.attribute.empty()) {
    scope.set(target.name, value);
    return;
  }
  const Value* object = scope.find(target.name);
  if (object == nullptr || !object->is(Kind::kNamespace))
    throw TemplateError("'" + target.name + "." + target.attribute + "' is assigned to, but '" + target.name +
                        "' is no namespace");
  runtime_.set(object->dict(), Value::of(std::string_view(target.attribute)), value);
}

}  // namespace luoshu::jinja
