// SPDX-License-Identifier: Apache-2.0
// From tokens to the tree. Expressions are in parser_expressions.cc, tags in parser_statements.cc.
#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include "jinja/ast.h"
#include "jinja/lexer.h"

namespace luoshu::jinja {

class Parser {
 public:
  static constexpr int kDeepest = 200;  // tags inside each other, and operators inside each other

  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}
  // Throws TemplateError with the line: bad syntax, or a tag that this interpreter does not have, by name.
  Tree parse();

 private:
  class Level;
  using Names = std::initializer_list<std::string_view>;

  // Tokens.
  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  Token take();
  bool skip_name(std::string_view name);
  bool skip_operator(std::string_view op);
  void expect_operator(std::string_view op);
  void expect_name(std::string_view name);
  std::string take_name(const char* what);
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_at(const std::string& what, int line) const;

  // Statements.
  Body parse_body(Names ends);
  Body parse_tag_body(Names ends);  // from the end of the opening tag to the name of the closing one
  const Stmt* parse_tag();
  const Stmt* parse_if(Stmt& s);
  const Stmt* parse_for(Stmt& s);
  const Stmt* parse_set(Stmt& s);
  const Stmt* parse_macro(Stmt& s);
  const Stmt* parse_call_block(Stmt& s);
  const Stmt* parse_with(Stmt& s);
  const Stmt* parse_print(Stmt& s);
  const Stmt* parse_loop_control(Stmt& s);
  void parse_parameters(Stmt& s);
  Body parse_macro_body(Stmt& s, std::string_view end);
  Target parse_target(bool attributes);
  Target parse_single_target(bool attributes);
  Stmt& add(StmtKind kind);

  // Expressions, loosest first.
  const Expr* parse_tuple(bool conditional = true);
  const Expr* parse_expression(bool conditional = true);
  const Expr* parse_or();
  const Expr* parse_and();
  const Expr* parse_not();
  const Expr* parse_compare();
  const Expr* parse_sum();
  const Expr* parse_concatenation();
  const Expr* parse_product();
  const Expr* parse_power();
  const Expr* parse_unary(bool with_filter = true);
  const Expr* parse_primary();
  const Expr* parse_parenthesis();
  const Expr* parse_list();
  const Expr* parse_dict();
  const Expr* parse_postfix(const Expr* e);
  const Expr* parse_filters_and_tests(const Expr* e);
  const Expr* parse_subscript(const Expr* e);
  const Expr* parse_call(const Expr* e);
  const Expr* parse_filter(const Expr* e);
  const Expr* parse_test(const Expr* e);
  CallArguments parse_arguments();
  std::string parse_dotted_name();
  bool at_tuple_end() const;
  Expr& add(ExprKind kind, int line, std::vector<const Expr*> items);
  const Expr* arithmetic(Operator op, int line, const Expr* a, const Expr* b);
  void set_depth(Expr& e) const;

  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  int loops_ = 0;  // for tags around, up to the next macro or block
  struct Reads {   // how often expressions have read these names
    std::size_t varargs = 0, kwargs = 0, caller = 0;
  } reads_;
  Tree tree_;
};

}  // namespace luoshu::jinja
