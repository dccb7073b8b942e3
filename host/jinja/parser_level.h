// SPDX-License-Identifier: Apache-2.0
// Counts how deep the parser is, so that a hostile template cannot exhaust the stack.
#pragma once
#include "jinja/parser.h"

namespace luoshu::jinja {

class Parser::Level {
 public:
  explicit Level(Parser& parser) : parser_(parser) {
    if (parser_.nesting_ >= kDeepest)
      parser_.fail("tags or brackets are nested deeper than " + std::to_string(kDeepest));
    ++parser_.nesting_;
  }
  ~Level() { --parser_.nesting_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  Parser& parser_;
};

}  // namespace luoshu::jinja
