// SPDX-License-Identifier: Apache-2.0
// The variable `loop` of a for tag, which also steps through the items.
#pragma once
#include <deque>
#include <optional>

#include "jinja/evaluator.h"
#include "jinja/iterate.h"

namespace luoshu::jinja {

class Loop final : public Callable {
 public:
  Loop(Evaluator& evaluator, const Stmt& tag, Scope& scope, const Value& iterable, std::int64_t depth0);

  // The next item that the tag's condition takes; false at the end. Conditions are evaluated no earlier than
  // needed, as they may read what the body has changed.
  bool next(Value& item);

  Value attribute(std::string_view name) override;
  // loop(items) in a recursive loop: what the tag prints for them.
  Value call(const Arguments& arguments) override;
  std::string name() const override { return "loop"; }

 private:
  bool fetch(Value& item);
  bool peek();
  std::int64_t length();
  Value cycle(const Arguments& arguments) const;
  Value changed(const Arguments& arguments);
  class Method;

  Evaluator& evaluator_;
  const Stmt& tag_;
  Scope& scope_;
  const Value iterable_;
  Cursor cursor_;
  std::deque<Value> ahead_;  // fetched, not yet given
  const std::int64_t depth0_;
  std::int64_t index0_ = -1;
  std::optional<std::int64_t> length_;
  Value before_, current_;
  std::optional<std::vector<Value>> last_changed_;
};

}  // namespace luoshu::jinja
