// SPDX-License-Identifier: Apache-2.0
// Precedence is Jinja2's: `~` binds closer than `+`, `**` closer than `*`, filters and tests closest.
#include <algorithm>
#include <optional>
#include <set>

#include "jinja/error.h"
#include "jinja/parser.h"
#include "jinja/parser_level.h"

namespace luoshu::jinja {

Expr& Parser::add(ExprKind kind, int line, std::vector<const Expr*> items) {
  tree_.expressions.push_back(std::make_unique<Expr>());
  Expr& e = *tree_.expressions.back();
  e.kind = kind;
  e.line = line;
  e.items = std::move(items);
  set_depth(e);
  return e;
}

void Parser::set_depth(Expr& e) const {
  const auto below = [&e](const Expr* part) {
    if (part != nullptr) e.depth = std::max(e.depth, part->depth + 1);
  };
  for (const Expr* item : e.items) below(item);
  for (const Expr* argument : e.arguments.positional) below(argument);
  for (const auto& [name, argument] : e.arguments.named) below(argument);
  below(e.arguments.more_positional);
  below(e.arguments.more_named);
  if (e.depth > kDeepest) fail_at("an expression is nested deeper than " + std::to_string(kDeepest), e.line);
}

bool Parser::at_tuple_end() const {
  return current().kind == TokenKind::kVariableEnd || current().kind == TokenKind::kBlockEnd ||
         current().is_operator(")");
}

const Expr* Parser::parse_tuple(bool conditional) {
  const int line = current().line;
  if (at_tuple_end()) fail("expected an expression, found " + describe(current()));
  const Expr* first = parse_expression(conditional);
  if (!current().is_operator(",")) return first;
  std::vector<const Expr*> items = {first};
  while (skip_operator(",")) {
    if (at_tuple_end()) break;
    items.push_back(parse_expression(conditional));
  }
  return &add(ExprKind::kTuple, line, std::move(items));
}

const Expr* Parser::parse_expression(bool conditional) {
  const Level level(*this);
  const int line = current().line;
  const Expr* e = parse_or();
  while (conditional && skip_name("if")) {
    const Expr* condition = parse_or();
    const Expr* other = skip_name("else") ? parse_expression() : nullptr;
    e = &add(ExprKind::kConditional, line, {e, condition, other});
  }
  return e;
}

const Expr* Parser::parse_or() {
  const Expr* e = parse_and();
  while (current().is_name("or")) {
    const int line = take().line;
    e = &add(ExprKind::kOr, line, {e, parse_and()});
  }
  return e;
}

const Expr* Parser::parse_and() {
  const Expr* e = parse_not();
  while (current().is_name("and")) {
    const int line = take().line;
    e = &add(ExprKind::kAnd, line, {e, parse_not()});
  }
  return e;
}

const Expr* Parser::parse_not() {
  if (!current().is_name("not")) return parse_compare();
  const Level level(*this);
  const int line = take().line;
  return &add(ExprKind::kNot, line, {parse_not()});
}

const Expr* Parser::parse_compare() {
  struct Spelling {
    std::string_view text;
    Comparison comparison;
  };
  static constexpr Spelling kSpellings[] = {{"==", Comparison::kEqual},  {"!=", Comparison::kNotEqual},
                                            {"<", Comparison::kLess},    {"<=", Comparison::kLessEqual},
                                            {">", Comparison::kGreater}, {">=", Comparison::kGreaterEqual}};
  const int line = current().line;
  std::vector<const Expr*> items = {parse_sum()};
  std::vector<Comparison> comparisons;
  while (true) {
    std::optional<Comparison> next;
    for (const Spelling& s : kSpellings) {
      if (current().is_operator(s.text)) next = s.comparison;
    }
    if (current().is_name("in")) next = Comparison::kIn;
    if (current().is_name("not") && ahead().is_name("in")) {
      take();
      next = Comparison::kNotIn;
    }
    if (!next) break;
    take();
    comparisons.push_back(*next);
    items.push_back(parse_sum());
  }
  if (comparisons.empty()) return items[0];
  Expr& e = add(ExprKind::kCompare, line, std::move(items));
  e.comparisons = std::move(comparisons);
  return &e;
}

const Expr* Parser::arithmetic(Operator op, int line, const Expr* a, const Expr* b) {
  Expr& e = add(ExprKind::kArithmetic, line, {a, b});
  e.op = op;
  return &e;
}

const Expr* Parser::parse_sum() {
  const Expr* e = parse_concatenation();
  while (current().is_operator("+") || current().is_operator("-")) {
    const Token op = take();
    e = arithmetic(op.text == "+" ? Operator::kAdd : Operator::kSubtract, op.line, e, parse_concatenation());
  }
  return e;
}

const Expr* Parser::parse_concatenation() {
  const int line = current().line;
  std::vector<const Expr*> items = {parse_product()};
  while (skip_operator("~")) items.push_back(parse_product());
  return items.size() == 1 ? items[0] : &add(ExprKind::kConcatenate, line, std::move(items));
}

const Expr* Parser::parse_product() {
  const Expr* e = parse_power();
  while (current().is_operator("*") || current().is_operator("/") || current().is_operator("//") ||
         current().is_operator("%")) {
    const Token token = take();
    const Operator op = token.text == "*"    ? Operator::kMultiply
                        : token.text == "/"  ? Operator::kDivide
                        : token.text == "//" ? Operator::kFloorDivide
                                             : Operator::kModulo;
    e = arithmetic(op, token.line, e, parse_power());
  }
  return e;
}

const Expr* Parser::parse_power() {
  const Expr* e = parse_unary();
  while (current().is_operator("**")) {
    const int line = take().line;
    e = arithmetic(Operator::kPower, line, e, parse_unary());
  }
  return e;
}

const Expr* Parser::parse_unary(bool with_filter) {
  const Level level(*this);
  const Expr* e = nullptr;
  if (current().is_operator("-") || current().is_operator("+")) {
    const Token sign = take();
    const Expr* operand = parse_unary(false);
    e = &add(sign.text == "-" ? ExprKind::kNegative : ExprKind::kPositive, sign.line, {operand});
  } else {
    e = parse_primary();
  }
  e = parse_postfix(e);
  return with_filter ? parse_filters_and_tests(e) : e;
}

const Expr* Parser::parse_primary() {
  const Token token = current();
  Value value;
  switch (token.kind) {
    case TokenKind::kName: {
      take();
      const std::string& name = token.text;
      if (name == "true" || name == "True" || name == "false" || name == "False") {
        value = Value::of(name == "true" || name == "True");
        break;
      }
      if (name == "none" || name == "None") {
        value = Value::none();
        break;
      }
      Expr& e = add(ExprKind::kName, token.line, {});
      e.name = name;
      reads_.varargs += name == "varargs" ? 1 : 0;
      reads_.kwargs += name == "kwargs" ? 1 : 0;
      reads_.caller += name == "caller" ? 1 : 0;
      return &e;
    }
    case TokenKind::kString: {
      std::string text;
      while (current().kind == TokenKind::kString) text += take().text;
      value = Value::of(std::string_view(text));
      break;
    }
    case TokenKind::kInteger:
      take();
      value = Value::of(token.integer);
      break;
    case TokenKind::kFloat:
      take();
      value = Value::of(token.real);
      break;
    default:
      if (skip_operator("(")) return parse_parenthesis();
      if (token.is_operator("[")) return parse_list();
      if (token.is_operator("{")) return parse_dict();
      fail("expected an expression, found " + describe(token));
  }
  Expr& e = add(ExprKind::kConstant, token.line, {});
  e.value = std::move(value);
  return &e;
}

const Expr* Parser::parse_parenthesis() {
  if (current().is_operator(")")) return &add(ExprKind::kTuple, take().line, {});
  const Expr* e = parse_tuple();
  expect_operator(")");
  return e;
}

const Expr* Parser::parse_list() {
  const int line = take().line;
  std::vector<const Expr*> items;
  while (!current().is_operator("]")) {
    if (!items.empty()) expect_operator(",");
    if (current().is_operator("]")) break;
    items.push_back(parse_expression());
  }
  take();
  return &add(ExprKind::kList, line, std::move(items));
}

const Expr* Parser::parse_dict() {
  const int line = take().line;
  std::vector<const Expr*> items;
  while (!current().is_operator("}")) {
    if (!items.empty()) expect_operator(",");
    if (current().is_operator("}")) break;
    items.push_back(parse_expression());
    expect_operator(":");
    items.push_back(parse_expression());
  }
  take();
  return &add(ExprKind::kDict, line, std::move(items));
}

const Expr* Parser::parse_postfix(const Expr* e) {
  while (true) {
    if (current().is_operator(".") || current().is_operator("[")) {
      e = parse_subscript(e);
    } else if (current().is_operator("(")) {
      e = parse_call(e);
    } else {
      return e;
    }
  }
}

const Expr* Parser::parse_filters_and_tests(const Expr* e) {
  while (true) {
    if (skip_operator("|")) {
      e = parse_filter(e);
    } else if (current().is_name("is")) {
      e = parse_test(e);
    } else if (current().is_operator("(")) {
      e = parse_call(e);
    } else {
      return e;
    }
  }
}

const Expr* Parser::parse_subscript(const Expr* e) {
  const Token open = take();
  if (open.text == ".") {
    const Token name = take();
    if (name.kind == TokenKind::kName) {
      Expr& attribute = add(ExprKind::kAttribute, open.line, {e});
      attribute.name = name.text;
      return &attribute;
    }
    if (name.kind != TokenKind::kInteger) fail_at("expected a name or a number behind '.'", name.line);
    Expr& index = add(ExprKind::kConstant, name.line, {});
    index.value = Value::of(name.integer);
    return &add(ExprKind::kItem, open.line, {e, &index});
  }
  std::vector<const Expr*> bounds = {nullptr, nullptr, nullptr};
  std::size_t part = 0;
  bool sliced = false;
  while (!current().is_operator("]")) {
    if (skip_operator(":")) {
      sliced = true;
      if (++part > 2) fail("a slice has at most three parts");
    } else if (bounds[part] == nullptr) {
      bounds[part] = parse_expression();
    } else {
      fail("expected ']', found " + describe(current()));
    }
  }
  take();
  if (!sliced && bounds[0] == nullptr) fail_at("an index is missing between [ and ]", open.line);
  if (!sliced) return &add(ExprKind::kItem, open.line, {e, bounds[0]});
  return &add(ExprKind::kSlice, open.line, {e, bounds[0], bounds[1], bounds[2]});
}

const Expr* Parser::parse_call(const Expr* e) {
  const int line = current().line;
  Expr& call = add(ExprKind::kCall, line, {e});
  call.arguments = parse_arguments();
  set_depth(call);
  return &call;
}

CallArguments Parser::parse_arguments() {
  const int line = current().line;
  expect_operator("(");
  CallArguments a;
  std::set<std::string> names;
  bool comma = false;
  while (!current().is_operator(")")) {
    if (comma) {
      expect_operator(",");
      if (current().is_operator(")")) break;
    }
    comma = true;
    const bool more = a.more_positional != nullptr || a.more_named != nullptr;
    if (skip_operator("*")) {
      if (more) fail_at("the arguments of a call are in a wrong order", line);
      a.more_positional = parse_expression();
    } else if (skip_operator("**")) {
      if (a.more_named != nullptr) fail_at("the arguments of a call are in a wrong order", line);
      a.more_named = parse_expression();
    } else if (current().kind == TokenKind::kName && ahead().is_operator("=")) {
      if (a.more_named != nullptr) fail_at("the arguments of a call are in a wrong order", line);
      std::string name = take().text;
      take();
      if (!names.insert(name).second) fail_at("the argument '" + name + "' is there twice", line);
      a.named.emplace_back(std::move(name), parse_expression());
    } else {
      if (more || !a.named.empty()) fail_at("the arguments of a call are in a wrong order", line);
      a.positional.push_back(parse_expression());
    }
  }
  take();
  return a;
}

std::string Parser::parse_dotted_name() {
  std::string name = take_name("a name");
  while (skip_operator(".")) name += "." + take_name("a name");
  return name;
}

// Behind '|'; further filters follow where there is no value yet, as in {% filter a|b %}.
const Expr* Parser::parse_filter(const Expr* e) {
  const bool all = e == nullptr;
  do {
    const int line = current().line;
    std::string name = parse_dotted_name();
    Expr& filter = add(ExprKind::kFilter, line, {e});
    filter.name = std::move(name);
    if (current().is_operator("(")) filter.arguments = parse_arguments();
    set_depth(filter);
    e = &filter;
  } while (all && skip_operator("|"));
  return e;
}

const Expr* Parser::parse_test(const Expr* e) {
  const int line = take().line;
  const bool negated = skip_name("not");
  std::string name = parse_dotted_name();
  Expr& test = add(ExprKind::kTest, line, {e});
  test.name = std::move(name);
  const TokenKind next = current().kind;
  const bool literal = next == TokenKind::kString || next == TokenKind::kInteger ||
                       next == TokenKind::kFloat || current().is_operator("[") || current().is_operator("{");
  const bool word = next == TokenKind::kName && !current().is_name("else") && !current().is_name("or") &&
                    !current().is_name("and");
  if (current().is_operator("(")) {
    test.arguments = parse_arguments();
  } else if (literal || word) {
    if (current().is_name("is")) fail("tests cannot be chained with 'is'");
    test.arguments.positional.push_back(parse_postfix(parse_primary()));
  }
  set_depth(test);
  return negated ? &add(ExprKind::kNot, line, {&test}) : &test;
}

}  // namespace luoshu::jinja
