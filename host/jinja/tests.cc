// SPDX-License-Identifier: Apache-2.0
#include "jinja/tests.h"

#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/iterate.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/print.h"

namespace luoshu::jinja {
namespace {

Value yes(bool holds) {
  return Value::of(holds);
}

template <Kind K>
Value is_kind(Runtime&, const Value& v, const Bound&) {
  return yes(v.is(K));
}
template <bool B>
Value is_exactly(Runtime&, const Value& v, const Bound&) {
  return yes(v.is(Kind::kBool) && v.boolean() == B);
}
Value is_defined(Runtime&, const Value& v, const Bound&) {
  return yes(!v.is_undefined());
}
Value is_callable(Runtime&, const Value& v, const Bound&) {
  return yes(v.is(Kind::kCallable) || v.is_undefined());  // as Jinja2 has it
}
Value is_number(Runtime&, const Value& v, const Bound&) {
  return yes(v.is_number());
}
Value is_iterable_test(Runtime&, const Value& v, const Bound&) {
  return yes(is_iterable(v));
}
Value is_sequence(Runtime&, const Value& v, const Bound&) {
  switch (v.kind()) {
    case Kind::kUndefined:  // empty, as Jinja2 has it
    case Kind::kString:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kRange:
      return yes(true);
    default:
      return yes(false);
  }
}

bool modulo_is(Runtime& r, const Value& v, const Value& divisor, std::int64_t rest) {
  return equal(r, apply(r, Operator::kModulo, v, divisor), Value::of(rest));
}
Value is_odd(Runtime& r, const Value& v, const Bound&) {
  return yes(modulo_is(r, v, Value::of(std::int64_t{2}), 1));
}
Value is_even(Runtime& r, const Value& v, const Bound&) {
  return yes(modulo_is(r, v, Value::of(std::int64_t{2}), 0));
}
Value is_divisible(Runtime& r, const Value& v, const Bound& a) {
  return yes(modulo_is(r, v, a[0], 0));
}

Value is_lower(Runtime& r, const Value& v, const Bound&) {
  return yes(has_case(r, to_text(r, v), false));
}
Value is_upper(Runtime& r, const Value& v, const Bound&) {
  return yes(has_case(r, to_text(r, v), true));
}

// Identity is defined for what Python keeps once, and for objects.
Value is_same(Runtime&, const Value& v, const Bound& a) {
  if (v.kind() != a[0].kind()) return yes(false);
  switch (v.kind()) {
    case Kind::kNone:
      return yes(true);
    case Kind::kBool:
      return yes(v.boolean() == a[0].boolean());
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kNamespace:
    case Kind::kCallable:
      return yes(v.object() == a[0].object());
    default:
      a.refuse("of " + kind_name(v) + " is not supported");
  }
}

Value is_equal(Runtime& r, const Value& v, const Bound& a) {
  return yes(equal(r, v, a[0]));
}
Value is_unequal(Runtime& r, const Value& v, const Bound& a) {
  return yes(!equal(r, v, a[0]));
}
Value is_less(Runtime& r, const Value& v, const Bound& a) {
  return yes(less(r, v, a[0]));
}
Value is_less_or_equal(Runtime& r, const Value& v, const Bound& a) {
  return yes(less_or_equal(r, v, a[0]));
}
Value is_greater(Runtime& r, const Value& v, const Bound& a) {
  return yes(less(r, a[0], v));
}
Value is_greater_or_equal(Runtime& r, const Value& v, const Bound& a) {
  return yes(less_or_equal(r, a[0], v));
}
Value is_in(Runtime& r, const Value& v, const Bound& a) {
  return yes(contains(r, a[0], v));
}
Value is_escaped(Runtime&, const Value& v, const Bound&) {
  return yes(v.is_string() && v.text().markup());
}

Value is_filter(Runtime&, const Value& v, const Bound&) {
  return yes(v.is_string() && has_filter(v.text().bytes()));
}
Value is_test(Runtime&, const Value& v, const Bound&);

constexpr Builtin kTests[] = {
    {"boolean", "", is_kind<Kind::kBool>},
    {"callable", "", is_callable},
    {"defined", "", is_defined},
    {"divisibleby", "num", is_divisible},
    {"escaped", "", is_escaped},
    {"even", "", is_even},
    {"false", "", is_exactly<false>},
    {"filter", "", is_filter},
    {"float", "", is_kind<Kind::kFloat>},
    {"in", "seq", is_in},
    {"integer", "", is_kind<Kind::kInt>},
    {"iterable", "", is_iterable_test},
    {"lower", "", is_lower},
    {"mapping", "", is_kind<Kind::kDict>},
    {"none", "", is_kind<Kind::kNone>},
    {"number", "", is_number},
    {"odd", "", is_odd},
    {"sameas", "other", is_same},
    {"sequence", "", is_sequence},
    {"string", "", is_kind<Kind::kString>},
    {"test", "", is_test},
    {"true", "", is_exactly<true>},
    {"undefined", "", is_kind<Kind::kUndefined>},
    {"upper", "", is_upper},
    {"==", "other", is_equal},
    {"eq", "other", is_equal},
    {"equalto", "other", is_equal},
    {"!=", "other", is_unequal},
    {"ne", "other", is_unequal},
    {"<", "other", is_less},
    {"lt", "other", is_less},
    {"lessthan", "other", is_less},
    {"<=", "other", is_less_or_equal},
    {"le", "other", is_less_or_equal},
    {">", "other", is_greater},
    {"gt", "other", is_greater},
    {"greaterthan", "other", is_greater},
    {">=", "other", is_greater_or_equal},
    {"ge", "other", is_greater_or_equal},
};

Value is_test(Runtime&, const Value& v, const Bound&) {
  return yes(v.is_string() && find_builtin(kTests, v.text().bytes()) != nullptr);
}

}  // namespace

bool apply_test(Runtime& runtime, const std::string& name, const Value& value, const Arguments& arguments) {
  const Builtin* test = find_builtin(kTests, name);
  if (test == nullptr) throw TemplateError("the test '" + name + "' is unknown");
  return call_builtin(runtime, *test, "the test '" + name + "'", value, arguments).boolean();
}

}  // namespace luoshu::jinja
