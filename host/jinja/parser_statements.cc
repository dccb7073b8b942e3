// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "jinja/error.h"
#include "jinja/parser.h"
#include "jinja/parser_level.h"

namespace luoshu::jinja {
namespace {

// Tags of Jinja2 that chat templates have no use for.
constexpr std::string_view kRefused[] = {"include", "import", "from",       "extends", "block",
                                         "do",      "trans",  "autoescape", "debug",   "pluralize"};
constexpr std::string_view kEnds[] = {"endif",   "elif",      "else",    "endfor", "endset",       "endmacro",
                                      "endcall", "endfilter", "endwith", "endraw", "endgeneration"};

bool is_one_of(const Token& token, std::initializer_list<std::string_view> names) {
  return token.kind == TokenKind::kName && std::find(names.begin(), names.end(), token.text) != names.end();
}

}  // namespace

Token Parser::take() {
  Token token = current();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::skip_name(std::string_view name) {
  if (!current().is_name(name)) return false;
  take();
  return true;
}

bool Parser::skip_operator(std::string_view op) {
  if (!current().is_operator(op)) return false;
  take();
  return true;
}

void Parser::expect_operator(std::string_view op) {
  if (!skip_operator(op)) fail("expected '" + std::string(op) + "', found " + describe(current()));
}

void Parser::expect_name(std::string_view name) {
  if (!skip_name(name)) fail("expected '" + std::string(name) + "', found " + describe(current()));
}

std::string Parser::take_name(const char* what) {
  if (current().kind != TokenKind::kName)
    fail(std::string("expected ") + what + ", found " + describe(current()));
  return take().text;
}

void Parser::fail(const std::string& what) const {
  fail_at(what, current().line);
}
void Parser::fail_at(const std::string& what, int line) const {
  throw TemplateError(what, line);
}

Stmt& Parser::add(StmtKind kind) {
  tree_.statements.push_back(std::make_unique<Stmt>());
  Stmt& s = *tree_.statements.back();
  s.kind = kind;
  s.line = current().line;
  return s;
}

Tree Parser::parse() {
  tree_.body = parse_body({});
  if (current().kind != TokenKind::kEnd) fail("unexpected " + describe(current()));
  return std::move(tree_);
}

// Up to one of the tags `ends`, of which {% has been taken; with none, up to the end.
Body Parser::parse_body(Names ends) {
  const Level level(*this);
  Body body;
  while (true) {
    switch (current().kind) {
      case TokenKind::kEnd:
        if (ends.size() != 0) fail("the tag {% " + std::string(ends.end()[-1]) + " %} is missing");
        return body;
      case TokenKind::kData:
        add(StmtKind::kText).text = current().text;
        take();
        body.push_back(tree_.statements.back().get());
        break;
      case TokenKind::kVariableBegin: {
        take();
        Stmt& s = add(StmtKind::kPrint);
        s.expression = parse_tuple();
        if (current().kind != TokenKind::kVariableEnd) fail("expected }}, found " + describe(current()));
        take();
        body.push_back(&s);
        break;
      }
      default:  // a tag
        take();
        if (is_one_of(current(), ends)) return body;
        body.push_back(parse_tag());
        if (current().kind != TokenKind::kBlockEnd) fail("expected %}, found " + describe(current()));
        take();
    }
  }
}

Body Parser::parse_tag_body(Names ends) {
  skip_operator(":");
  if (current().kind != TokenKind::kBlockEnd) fail("expected %}, found " + describe(current()));
  take();
  return parse_body(ends);
}

const Stmt* Parser::parse_tag() {
  const int line = current().line;
  const std::string name = take_name("the name of a tag");
  Stmt& s = add(StmtKind::kText);
  s.line = line;
  if (name == "if") return parse_if(s);
  if (name == "for") return parse_for(s);
  if (name == "set") return parse_set(s);
  if (name == "macro") return parse_macro(s);
  if (name == "call") return parse_call_block(s);
  if (name == "with") return parse_with(s);
  if (name == "print") return parse_print(s);
  if (name == "break" || name == "continue") {
    s.kind = name == "break" ? StmtKind::kBreak : StmtKind::kContinue;
    return parse_loop_control(s);
  }
  if (name == "filter" || name == "generation") {
    const bool filter = name == "filter";
    s.kind = filter ? StmtKind::kFilter : StmtKind::kScope;
    if (filter) s.expression = parse_filter(nullptr);
    const int loops = std::exchange(loops_, 0);
    s.body = filter ? parse_tag_body({"endfilter"}) : parse_tag_body({"endgeneration"});
    loops_ = loops;
    take();
    return &s;
  }
  if (std::find(std::begin(kRefused), std::end(kRefused), name) != std::end(kRefused))
    fail_at("the tag {% " + name + " %} is not supported", line);
  if (std::find(std::begin(kEnds), std::end(kEnds), name) != std::end(kEnds))
    fail_at("the tag {% " + name + " %} has no beginning", line);
  fail_at("the tag {% " + name + " %} is unknown", line);
}

const Stmt* Parser::parse_if(Stmt& s) {
  s.kind = StmtKind::kIf;
  while (true) {
    const Expr* condition = parse_tuple(false);
    s.branches.emplace_back(condition, parse_tag_body({"elif", "else", "endif"}));
    const std::string next = take().text;
    if (next == "endif") return &s;
    if (next == "else") break;
  }
  s.branches.emplace_back(nullptr, parse_tag_body({"endif"}));
  take();
  return &s;
}

const Stmt* Parser::parse_for(Stmt& s) {
  s.kind = StmtKind::kFor;
  s.target = parse_target(false);
  expect_name("in");
  s.expression = parse_tuple(false);
  if (skip_name("if")) s.condition = parse_expression();
  s.recursive = skip_name("recursive");
  ++loops_;
  s.body = parse_tag_body({"else", "endfor"});
  --loops_;
  if (take().text == "else") {
    s.other = parse_tag_body({"endfor"});
    take();
  }
  return &s;
}

const Stmt* Parser::parse_set(Stmt& s) {
  s.target = parse_target(true);
  if (skip_operator("=")) {
    s.kind = StmtKind::kSet;
    s.expression = parse_tuple();
    return &s;
  }
  s.kind = StmtKind::kSetBlock;
  if (skip_operator("|")) s.expression = parse_filter(nullptr);
  const int loops = std::exchange(loops_, 0);
  s.body = parse_tag_body({"endset"});
  loops_ = loops;
  take();
  return &s;
}

void Parser::parse_parameters(Stmt& s) {
  std::set<std::string> names;
  expect_operator("(");
  while (!current().is_operator(")")) {
    if (!s.parameters.empty()) expect_operator(",");
    Parameter p;
    p.name = parse_single_target(false).name;
    if (!names.insert(p.name).second) fail("the parameter '" + p.name + "' is there twice");
    if (skip_operator("=")) {
      p.fallback = parse_expression();
    } else if (!s.parameters.empty() && s.parameters.back().fallback != nullptr) {
      fail("the parameter '" + p.name + "' has no default but the one before it has");
    }
    s.parameters.push_back(std::move(p));
  }
  take();
}

Body Parser::parse_macro_body(Stmt& s, std::string_view end) {
  const int loops = std::exchange(loops_, 0);
  const Reads before = reads_;
  Body body = parse_tag_body({end});
  take();
  loops_ = loops;
  s.wants_varargs = reads_.varargs != before.varargs;
  s.wants_kwargs = reads_.kwargs != before.kwargs;
  s.wants_caller = reads_.caller != before.caller;
  return body;
}

const Stmt* Parser::parse_macro(Stmt& s) {
  s.kind = StmtKind::kMacro;
  s.text = parse_single_target(false).name;
  parse_parameters(s);
  s.body = parse_macro_body(s, "endmacro");
  return &s;
}

const Stmt* Parser::parse_call_block(Stmt& s) {
  s.kind = StmtKind::kCallBlock;
  if (current().is_operator("(")) parse_parameters(s);
  s.expression = parse_expression();
  if (s.expression->kind != ExprKind::kCall) fail("{% call %} wants a call");
  s.body = parse_macro_body(s, "endcall");
  return &s;
}

const Stmt* Parser::parse_with(Stmt& s) {
  s.kind = StmtKind::kWith;
  while (current().kind != TokenKind::kBlockEnd) {
    if (!s.assignments.empty()) expect_operator(",");
    Target target = parse_target(false);
    expect_operator("=");
    s.assignments.emplace_back(std::move(target), parse_expression());
  }
  s.body = parse_tag_body({"endwith"});
  take();
  return &s;
}

// {% print a, b %}: one statement for each.
const Stmt* Parser::parse_print(Stmt& s) {
  s.kind = StmtKind::kWith;
  while (current().kind != TokenKind::kBlockEnd) {
    if (!s.body.empty()) expect_operator(",");
    Stmt& print = add(StmtKind::kPrint);
    print.expression = parse_expression();
    s.body.push_back(&print);
  }
  return &s;
}

const Stmt* Parser::parse_loop_control(Stmt& s) {
  if (loops_ == 0) fail_at("a {% break %} or {% continue %} stands outside its loop", s.line);
  return &s;
}

Target Parser::parse_single_target(bool attributes) {
  static constexpr std::string_view kReserved[] = {"true", "false", "none", "True", "False", "None"};
  Target target;
  target.name = take_name("a name to assign to");
  if (std::find(std::begin(kReserved), std::end(kReserved), target.name) != std::end(kReserved))
    fail("'" + target.name + "' cannot be assigned to");
  if (attributes && skip_operator(".")) target.attribute = take_name("an attribute");
  return target;
}

Target Parser::parse_target(bool attributes) {
  const Level level(*this);
  Target all;
  bool is_tuple = false;
  while (true) {
    if (skip_operator("(")) {
      all.several.push_back(parse_target(attributes));
      expect_operator(")");
    } else {
      all.several.push_back(parse_single_target(attributes));
    }
    if (!skip_operator(",")) break;
    is_tuple = true;
    if (current().is_operator(")")) break;
  }
  if (is_tuple) return all;
  Target only = std::move(all.several.front());
  return only;
}

}  // namespace luoshu::jinja
