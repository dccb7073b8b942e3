// SPDX-License-Identifier: Apache-2.0
#include "jinja/attributes.h"
#include "jinja/compare.h"
#include "jinja/evaluator.h"
#include "jinja/filters.h"
#include "jinja/iterate.h"
#include "jinja/print.h"
#include "jinja/tests.h"

namespace luoshu::jinja {

Value Evaluator::evaluate(const Expr& e, Scope& scope) {
  const Budget::Level level(runtime_.budget);
  runtime_.budget.step();
  line_ = e.line;
  return evaluate_kind(e, scope);
}

Value Evaluator::evaluate_kind(const Expr& e, Scope& scope) {
  switch (e.kind) {
    case ExprKind::kConstant:
      return e.value;
    case ExprKind::kName:
      return evaluate_name(e, scope);
    case ExprKind::kList:
    case ExprKind::kTuple:
      return evaluate_items(e, scope);
    case ExprKind::kDict:
      return evaluate_dict(e, scope);
    case ExprKind::kAttribute: {
      const Value object = evaluate(*e.items[0], scope);
      line_ = e.line;
      return get_attribute(runtime_, object, e.name);
    }
    case ExprKind::kItem: {
      const Value object = evaluate(*e.items[0], scope);
      const Value key = evaluate(*e.items[1], scope);
      line_ = e.line;
      return get_item(runtime_, object, key);
    }
    case ExprKind::kSlice:
      return evaluate_slice(e, scope);
    case ExprKind::kCall:
      return evaluate_call(e, scope, nullptr);
    case ExprKind::kFilter:
      return evaluate_filter(e, scope, nullptr);
    case ExprKind::kTest:
      return evaluate_test(e, scope);
    case ExprKind::kConditional:
      return evaluate_conditional(e, scope);
    case ExprKind::kAnd:
    case ExprKind::kOr: {
      Value left = evaluate(*e.items[0], scope);
      return truth(left) == (e.kind == ExprKind::kOr) ? left : evaluate(*e.items[1], scope);
    }
    case ExprKind::kNot:
      return Value::of(!truth(evaluate(*e.items[0], scope)));
    case ExprKind::kNegative:
      return negate(evaluate(*e.items[0], scope));
    case ExprKind::kPositive:
      return unary_plus(evaluate(*e.items[0], scope));
    case ExprKind::kArithmetic: {
      const Value a = evaluate(*e.items[0], scope);
      const Value b = evaluate(*e.items[1], scope);
      line_ = e.line;
      return apply(runtime_, e.op, a, b);
    }
    case ExprKind::kConcatenate:
      return evaluate_concatenation(e, scope);
    case ExprKind::kCompare:
      return evaluate_compare(e, scope);
  }
  return {};
}

Value Evaluator::evaluate_name(const Expr& e, Scope& scope) {
  const Value* value = scope.find(e.name);
  return value != nullptr ? *value : Value::undefined("'" + e.name + "' is undefined");
}

Value Evaluator::evaluate_items(const Expr& e, Scope& scope) {
  std::vector<Value> items;
  for (const Expr* item : e.items) items.push_back(evaluate(*item, scope));
  return e.kind == ExprKind::kTuple ? runtime_.tuple(std::move(items)) : runtime_.list(std::move(items));
}

Value Evaluator::evaluate_dict(const Expr& e, Scope& scope) {
  Value result = runtime_.dict();
  for (std::size_t i = 0; i + 1 < e.items.size(); i += 2) {
    const Value key = evaluate(*e.items[i], scope);
    Value value = evaluate(*e.items[i + 1], scope);
    runtime_.set(result.dict(), key, std::move(value));
  }
  return result;
}

Value Evaluator::evaluate_slice(const Expr& e, Scope& scope) {
  const Value object = evaluate(*e.items[0], scope);
  Value bounds[3];
  for (std::size_t i = 0; i < 3; ++i)
    bounds[i] = e.items[i + 1] == nullptr ? Value::none() : evaluate(*e.items[i + 1], scope);
  line_ = e.line;
  return get_slice(runtime_, object, &bounds[0], &bounds[1], &bounds[2]);
}

Arguments Evaluator::evaluate_arguments(const CallArguments& a, Scope& scope) {
  Arguments result;
  for (const Expr* argument : a.positional) result.positional.push_back(evaluate(*argument, scope));
  for (const auto& [name, argument] : a.named) result.named.emplace_back(name, evaluate(*argument, scope));
  if (a.more_positional != nullptr) {
    const std::vector<Value> more = items_of(runtime_, evaluate(*a.more_positional, scope));
    result.positional.insert(result.positional.end(), more.begin(), more.end());
  }
  if (a.more_named != nullptr) {
    const Value more = evaluate(*a.more_named, scope);
    if (!more.is(Kind::kDict)) throw TemplateError("** wants a dict, not " + kind_name(more));
    for (const Dict::Entry& entry : more.dict().entries()) {
      runtime_.budget.step(result.named.size() + 1);
      if (!entry.key.is_string()) throw TemplateError("** wants a dict whose keys are strings");
      for (const auto& [name, value] : result.named) {
        if (name == entry.key.text().bytes())
          throw TemplateError("the argument '" + name + "' is there twice");
      }
      result.named.emplace_back(entry.key.text().bytes(), entry.value);
    }
  }
  return result;
}

Value Evaluator::evaluate_call(const Expr& e, Scope& scope, const Value* caller) {
  const Expr& callee = *e.items[0];
  // A method is called on its object at once.
  Value object;
  Value function;
  bool method = false;
  if (callee.kind == ExprKind::kAttribute) {
    object = evaluate(*callee.items[0], scope);
    line_ = callee.line;
    method = has_method(object, callee.name);
    if (!method) function = get_attribute(runtime_, object, callee.name);
  } else {
    function = evaluate(callee, scope);
  }
  Arguments arguments = evaluate_arguments(e.arguments, scope);
  if (caller != nullptr) arguments.named.emplace_back("caller", *caller);
  line_ = e.line;
  if (method) return call_method(runtime_, object, callee.name, arguments);
  if (function.is_undefined()) throw TemplateError(function.why_undefined() + " and cannot be called");
  if (!function.is(Kind::kCallable)) throw TemplateError(kind_name(function) + " cannot be called");
  return function.callable().call(arguments);
}

Value Evaluator::evaluate_filter(const Expr& e, Scope& scope, const Value* body) {
  const Expr* inner = e.items[0];
  Value value;
  if (inner == nullptr) {  // of a filter block, whose text comes with the call
    if (body == nullptr) throw TemplateError("a filter has nothing in front of it");
    value = *body;
  } else if (body != nullptr) {
    value = evaluate_filter(*inner, scope, body);
  } else {
    value = evaluate(*inner, scope);
  }
  const Arguments arguments = evaluate_arguments(e.arguments, scope);
  line_ = e.line;
  return apply_filter(runtime_, e.name, value, arguments);
}

Value Evaluator::evaluate_test(const Expr& e, Scope& scope) {
  const Value value = evaluate(*e.items[0], scope);
  const Arguments arguments = evaluate_arguments(e.arguments, scope);
  line_ = e.line;
  return Value::of(apply_test(runtime_, e.name, value, arguments));
}

Value Evaluator::evaluate_conditional(const Expr& e, Scope& scope) {
  if (truth(evaluate(*e.items[1], scope))) return evaluate(*e.items[0], scope);
  if (e.items[2] != nullptr) return evaluate(*e.items[2], scope);
  return Value::undefined("the condition of an inline 'if' without 'else' is false");
}

Value Evaluator::evaluate_concatenation(const Expr& e, Scope& scope) {
  Text result;
  for (const Expr* item : e.items) {
    const auto text = to_shared_text(runtime_, evaluate(*item, scope));
    runtime_.budget.spend(text->memory());
    result.append(*text);
  }
  return Value::of(std::move(result));
}

Value Evaluator::evaluate_compare(const Expr& e, Scope& scope) {
  Value left = evaluate(*e.items[0], scope);
  for (std::size_t i = 0; i < e.comparisons.size(); ++i) {
    Value right = evaluate(*e.items[i + 1], scope);
    line_ = e.line;
    if (!compare(e.comparisons[i], left, right)) return Value::of(false);
    left = std::move(right);
  }
  return Value::of(true);
}

bool Evaluator::compare(Comparison comparison, const Value& a, const Value& b) {
  switch (comparison) {
    case Comparison::kEqual:
      return equal(runtime_, a, b);
    case Comparison::kNotEqual:
      return !equal(runtime_, a, b);
    case Comparison::kLess:
      return less(runtime_, a, b);
    case Comparison::kLessEqual:
      return less_or_equal(runtime_, a, b);
    case Comparison::kGreater:
      return less(runtime_, b, a);
    case Comparison::kGreaterEqual:
      return less_or_equal(runtime_, b, a);
    case Comparison::kIn:
      return contains(runtime_, b, a);
    case Comparison::kNotIn:
      return !contains(runtime_, b, a);
  }
  return false;
}

}  // namespace luoshu::jinja
