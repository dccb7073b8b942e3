// SPDX-License-Identifier: Apache-2.0
// A template as a tree. All nodes belong to the Tree, so that even a deep one is freed without recursion.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jinja/operators.h"
#include "jinja/value.h"

namespace luoshu::jinja {

enum class ExprKind : std::uint8_t {
  kConstant,     // value
  kName,         // name
  kList,         // items
  kTuple,        // items
  kDict,         // items: key, value, key, value...
  kAttribute,    // items[0] . name
  kItem,         // items[0] [ items[1] ]
  kSlice,        // items[0] [ items[1] : items[2] : items[3] ]; each bound may be null
  kCall,         // items[0] ( arguments )
  kFilter,       // items[0] | name ( arguments ); items[0] is null for the body of a block
  kTest,         // items[0] is name ( arguments )
  kConditional,  // items[0] if items[1] else items[2], which may be null
  kAnd,          // items[0] and items[1]
  kOr,
  kNot,       // not items[0]
  kNegative,  // - items[0]
  kPositive,
  kArithmetic,   // items[0] op items[1]
  kConcatenate,  // items[0] ~ items[1] ~ ...
  kCompare,      // items[0] comparisons[0] items[1] comparisons[1] items[2] ...
};

enum class Comparison : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn
};

struct Expr;

struct CallArguments {
  std::vector<const Expr*> positional;
  std::vector<std::pair<std::string, const Expr*>> named;
  const Expr* more_positional = nullptr;  // *expression
  const Expr* more_named = nullptr;       // **expression
};

struct Expr {
  ExprKind kind = ExprKind::kConstant;
  int line = 0;
  int depth = 1;  // of the tree below, for the limit
  std::string name;
  Value value;
  Operator op = Operator::kAdd;
  std::vector<const Expr*> items;
  std::vector<Comparison> comparisons;
  CallArguments arguments;
};

enum class StmtKind : std::uint8_t {
  kText,       // text
  kPrint,      // expression
  kIf,         // branches
  kFor,        // for target in expression if condition recursive: body else other
  kSet,        // target = expression
  kSetBlock,   // target, filters in expression (may be null): body
  kMacro,      // name(parameters): body
  kCallBlock,  // expression is the call; parameters and body are caller()
  kFilter,     // filters in expression: body
  kWith,       // assignments: body
  kScope,      // body, with a scope of its own
  kBreak,
  kContinue,
};

struct Parameter {
  std::string name;
  const Expr* fallback = nullptr;
};

struct Stmt;
using Body = std::vector<const Stmt*>;

// What is assigned to: a name, an attribute of a namespace, or several targets.
struct Target {
  std::string name;
  std::string attribute;        // empty: the name itself
  std::vector<Target> several;  // not empty: a value for each
};

struct Stmt {
  StmtKind kind = StmtKind::kText;
  int line = 0;
  std::string text;  // data; name of a macro
  const Expr* expression = nullptr;
  const Expr* condition = nullptr;
  bool recursive = false;
  Target target;
  std::vector<Parameter> parameters;
  bool wants_varargs = false, wants_kwargs = false, wants_caller = false;  // names that a macro's body reads
  std::vector<std::pair<const Expr*, Body>> branches;                      // condition (null: else), body
  std::vector<std::pair<Target, const Expr*>> assignments;
  Body body, other;
};

struct Tree {
  std::vector<std::unique_ptr<Expr>> expressions;
  std::vector<std::unique_ptr<Stmt>> statements;
  Body body;
};

}  // namespace luoshu::jinja
