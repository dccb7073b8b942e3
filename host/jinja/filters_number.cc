// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "jinja/filters.h"
#include "jinja/iterate.h"
#include "jinja/number.h"
#include "jinja/operators.h"

namespace luoshu::jinja {
namespace {

Value int_filter(Runtime& r, const Value& v, const Bound& a) {
  Value fallback = a.has(0) ? a[0] : Value::of(std::int64_t{0});
  if (v.is_undefined()) throw TemplateError(v.why_undefined());
  if (v.is_integral()) return Value::of(v.integer());
  if (v.is(Kind::kFloat)) return std::isnan(v.real()) ? fallback : Value::of(to_integer(v.real()));
  if (!v.is_string()) return fallback;
  r.budget.spend(v.text().size());
  const std::int64_t base = a.integer(1, 10);
  if (base != 0 && (base < 2 || base > 36)) return fallback;
  if (const auto number = parse_integer(v.text().bytes(), static_cast<int>(base))) return Value::of(*number);
  const auto real = parse_float(v.text().bytes());
  return real && std::isfinite(*real) ? Value::of(to_integer(*real)) : fallback;
}

Value float_filter(Runtime& r, const Value& v, const Bound& a) {
  if (v.is_undefined()) throw TemplateError(v.why_undefined());
  if (v.is_number()) return Value::of(v.real());
  if (v.is_string()) {
    r.budget.spend(v.text().size());
    if (const auto number = parse_float(v.text().bytes())) return Value::of(*number);
  }
  return a.has(0) ? a[0] : Value::of(0.0);
}

Value abs_filter(Runtime&, const Value& v, const Bound& a) {
  if (v.is_undefined()) throw TemplateError(v.why_undefined());
  if (v.is(Kind::kFloat)) return Value::of(std::fabs(v.real()));
  if (!v.is_integral()) a.refuse("does not take " + kind_name(v));
  return v.integer() < 0 ? negate(v) : Value::of(v.integer());
}

Value round_filter(Runtime&, const Value& v, const Bound& a) {
  if (v.is_undefined()) throw TemplateError(v.why_undefined());
  if (!v.is_number()) a.refuse("does not take " + kind_name(v));
  const std::int64_t precision = a.integer(0, 0);
  if (precision < -300 || precision > 300) a.refuse("takes a precision of -300 to 300");
  const Text* given = a.text(1);
  const std::string method = given == nullptr ? "common" : given->bytes();
  if (method == "common") {
    if (v.is_integral() && precision >= 0) return Value::of(v.integer());
    const double rounded = round_half_even(v.real(), static_cast<int>(precision));
    return v.is_integral() ? Value::of(to_integer(rounded)) : Value::of(rounded);
  }
  if (method != "ceil" && method != "floor") a.refuse("knows the methods common, ceil and floor");
  const double unit = std::pow(10.0, static_cast<double>(precision));
  const double scaled = v.real() * unit;
  return Value::of((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / unit);
}

Value sum_filter(Runtime& r, const Value& v, const Bound& a) {
  Value total = a.has(1) ? a[1] : Value::of(std::int64_t{0});
  if (total.is_string()) a.refuse("does not take strings");
  Cursor cursor(r, v);
  for (Value item; cursor.next(item);)
    total = apply(r, Operator::kAdd, total, attribute_of(r, item, a.has(0) ? &a[0] : nullptr));
  return total;
}

constexpr Builtin kFilters[] = {
    {"abs", "", abs_filter},
    {"float", "default?", float_filter},
    {"int", "default? base?", int_filter},
    {"round", "precision? method?", round_filter},
    {"sum", "attribute? start?", sum_filter},
};

}  // namespace

const Builtin* find_number_filter(std::string_view name) {
  return find_builtin(kFilters, name);
}

}  // namespace luoshu::jinja
