// SPDX-License-Identifier: Apache-2.0
#include "jinja/operators.h"

#include <cmath>

#include "jinja/format.h"
#include "jinja/number.h"
#include "jinja/print.h"

namespace luoshu::jinja {
namespace {

[[noreturn]] void refuse(Operator op, const Value& a, const Value& b) {
  if (a.is_undefined()) throw TemplateError(a.why_undefined());
  if (b.is_undefined()) throw TemplateError(b.why_undefined());
  throw TemplateError("operator " + std::string(spelling(op)) + " does not take " + kind_name(a) + " and " +
                      kind_name(b));
}

Value concatenate(Runtime& runtime, const Text& a, const Text& b) {
  runtime.budget.spend(a.memory() + b.memory());
  const bool markup = a.markup() || b.markup();
  Text result = markup && !a.markup() ? escape_html(runtime, a) : a;
  result.append(markup && !b.markup() ? escape_html(runtime, b) : b);
  result.set_markup(markup);
  return Value::of(std::move(result));
}

Value repeat(Runtime& runtime, const Value& sequence, std::int64_t count) {
  const std::uint64_t times = count < 0 ? 0 : static_cast<std::uint64_t>(count);
  const auto check = [&](std::uint64_t size) {
    if (size != 0 && times > (std::uint64_t{1} << 40) / size) runtime.budget.spend(~std::uint64_t{0});
    runtime.budget.spend(size * times);
  };
  if (sequence.is_string()) {
    check(sequence.text().size());
    Text result;
    if (!sequence.text().empty()) {
      for (std::uint64_t i = 0; i < times; ++i) result.append(sequence.text());
    }
    result.set_markup(sequence.text().markup());
    return Value::of(std::move(result));
  }
  const std::vector<Value>& items = sequence.list().items;
  check(items.size() * sizeof(Value));
  std::vector<Value> result;
  if (!items.empty()) {
    for (std::uint64_t i = 0; i < times; ++i) result.insert(result.end(), items.begin(), items.end());
  }
  return sequence.is(Kind::kTuple) ? runtime.tuple(std::move(result)) : runtime.list(std::move(result));
}

bool repeatable(const Value& v) {
  return v.is_string() || v.is(Kind::kList) || v.is(Kind::kTuple);
}

Value integers(Operator op, std::int64_t a, std::int64_t b) {
  switch (op) {
    case Operator::kAdd:
      return Value::of(checked_add(a, b));
    case Operator::kSubtract:
      return Value::of(checked_subtract(a, b));
    case Operator::kMultiply:
      return Value::of(checked_multiply(a, b));
    case Operator::kPower:
      if (b < 0 && a == 0) throw TemplateError("division by zero");
      if (b < 0) return Value::of(std::pow(static_cast<double>(a), static_cast<double>(b)));
      return Value::of(checked_power(a, b));
    default:
      break;
  }
  if (b == 0) throw TemplateError("division by zero");
  if (op == Operator::kFloorDivide) return Value::of(floor_divide(a, b));
  if (op == Operator::kModulo) return Value::of(floor_modulo(a, b));
  return Value::of(static_cast<double>(a) / static_cast<double>(b));
}

Value floats(Operator op, double a, double b) {
  switch (op) {
    case Operator::kAdd:
      return Value::of(a + b);
    case Operator::kSubtract:
      return Value::of(a - b);
    case Operator::kMultiply:
      return Value::of(a * b);
    case Operator::kPower: {
      if (a == 0 && b < 0) throw TemplateError("division by zero");
      if (a < 0 && std::trunc(b) != b && std::isfinite(b))
        throw TemplateError("complex numbers are not supported");
      const double result = std::pow(a, b);
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b))
        throw TemplateError("a power is too large for a float");
      return Value::of(result);
    }
    default:
      break;
  }
  if (b == 0) throw TemplateError("division by zero");
  if (op == Operator::kDivide) return Value::of(a / b);
  const double rest = floor_modulo(a, b);
  if (op == Operator::kModulo) return Value::of(rest);
  const double quotient = (a - rest) / b;
  double whole = std::floor(quotient);
  if (quotient - whole > 0.5) whole += 1;
  return Value::of(quotient == 0 ? std::copysign(0.0, a / b) : whole);
}

}  // namespace

const char* spelling(Operator op) {
  switch (op) {
    case Operator::kAdd:
      return "+";
    case Operator::kSubtract:
      return "-";
    case Operator::kMultiply:
      return "*";
    case Operator::kDivide:
      return "/";
    case Operator::kFloorDivide:
      return "//";
    case Operator::kModulo:
      return "%";
    case Operator::kPower:
      break;
  }
  return "**";
}

Value apply(Runtime& runtime, Operator op, const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return integers(op, a.integer(), b.integer());
  if (a.is_number() && b.is_number()) return floats(op, a.real(), b.real());
  if (op == Operator::kAdd && a.is_string() && b.is_string()) return concatenate(runtime, a.text(), b.text());
  if (op == Operator::kAdd && a.kind() == b.kind() && (a.is(Kind::kList) || a.is(Kind::kTuple))) {
    std::vector<Value> items = a.list().items;
    items.insert(items.end(), b.list().items.begin(), b.list().items.end());
    return a.is(Kind::kTuple) ? runtime.tuple(std::move(items)) : runtime.list(std::move(items));
  }
  if (op == Operator::kMultiply && repeatable(a) && b.is_integral()) return repeat(runtime, a, b.integer());
  if (op == Operator::kMultiply && a.is_integral() && repeatable(b)) return repeat(runtime, b, a.integer());
  if (op == Operator::kModulo && a.is_string()) return format_percent(runtime, a.text(), b);
  refuse(op, a, b);
}

Value negate(const Value& a) {
  if (a.is(Kind::kFloat)) return Value::of(-a.real());
  if (a.is_integral()) return Value::of(checked_subtract(0, a.integer()));
  if (a.is_undefined()) throw TemplateError(a.why_undefined());
  throw TemplateError("operator - does not take " + kind_name(a));
}

Value unary_plus(const Value& a) {
  if (a.is(Kind::kFloat)) return a;
  if (a.is_integral()) return Value::of(a.integer());
  if (a.is_undefined()) throw TemplateError(a.why_undefined());
  throw TemplateError("operator + does not take " + kind_name(a));
}

Text escape_html(Runtime& runtime, const Text& text) {
  runtime.budget.spend(6 * text.size());
  Text result;
  text.for_each_run([&](std::string_view bytes, bool user) {
    std::string escaped;
    for (const char c : bytes) {
      switch (c) {
        case '&':
          escaped += "&amp;";
          break;
        case '<':
          escaped += "&lt;";
          break;
        case '>':
          escaped += "&gt;";
          break;
        case '\'':
          escaped += "&#39;";
          break;
        case '"':
          escaped += "&#34;";
          break;
        default:
          escaped += c;
      }
    }
    result.append(escaped, user);
  });
  result.set_markup(true);
  return result;
}

}  // namespace luoshu::jinja
