// SPDX-License-Identifier: Apache-2.0
#include "jinja/loop.h"

#include "jinja/compare.h"

namespace luoshu::jinja {

class Loop::Method final : public Callable {
 public:
  Method(Loop& loop, bool cycle) : loop_(loop), cycle_(cycle) {}
  Value call(const Arguments& a) override { return cycle_ ? loop_.cycle(a) : loop_.changed(a); }
  std::string name() const override { return cycle_ ? "loop.cycle" : "loop.changed"; }

 private:
  Loop& loop_;
  bool cycle_;
};

Loop::Loop(Evaluator& evaluator, const Stmt& tag, Scope& scope, const Value& iterable, std::int64_t depth0)
    : evaluator_(evaluator),
      tag_(tag),
      scope_(scope),
      iterable_(iterable),
      cursor_(evaluator.runtime(), iterable),
      depth0_(depth0) {}

bool Loop::fetch(Value& item) {
  while (cursor_.next(item)) {
    if (tag_.condition == nullptr) return true;
    Scope& scope = evaluator_.new_scope(scope_);
    evaluator_.assign(tag_.target, item, scope);
    if (truth(evaluator_.evaluate(*tag_.condition, scope))) return true;
  }
  return false;
}

bool Loop::peek() {
  Value item;
  if (ahead_.empty() && fetch(item)) ahead_.push_back(item);
  return !ahead_.empty();
}

bool Loop::next(Value& item) {
  if (!peek()) return false;
  item = ahead_.front();
  ahead_.pop_front();
  ++index0_;
  before_ = std::move(current_);
  current_ = item;
  return true;
}

std::int64_t Loop::length() {
  if (length_) return *length_;
  if (tag_.condition == nullptr && !iterable_.is(Kind::kIterator)) {
    length_ = length_of(iterable_);
  } else {
    for (Value item; fetch(item);) {
      evaluator_.runtime().budget.spend(sizeof(Value));
      ahead_.push_back(item);
    }
    length_ = static_cast<std::int64_t>(ahead_.size()) + index0_ + 1;
  }
  return *length_;
}

Value Loop::attribute(std::string_view name) {
  if (name == "index") return Value::of(index0_ + 1);
  if (name == "index0") return Value::of(index0_);
  if (name == "first") return Value::of(index0_ == 0);
  if (name == "last") return Value::of(!peek());
  if (name == "length") return Value::of(length());
  if (name == "revindex") return Value::of(length() - index0_);
  if (name == "revindex0") return Value::of(length() - index0_ - 1);
  if (name == "depth") return Value::of(depth0_ + 1);
  if (name == "depth0") return Value::of(depth0_);
  if (name == "previtem") return index0_ == 0 ? Value::undefined("there is no previous item") : before_;
  if (name == "nextitem") return peek() ? ahead_.front() : Value::undefined("there is no next item");
  if (name == "cycle" || name == "changed") {
    evaluator_.runtime().budget.spend(sizeof(Method));
    return Value::of(Kind::kCallable, evaluator_.runtime().heap.make<Method>(*this, name == "cycle"));
  }
  return {};
}

Value Loop::cycle(const Arguments& arguments) const {
  if (arguments.positional.empty()) throw TemplateError("loop.cycle wants values");
  return arguments.positional[static_cast<std::size_t>(index0_) % arguments.positional.size()];
}

Value Loop::changed(const Arguments& arguments) {
  bool same = last_changed_ && last_changed_->size() == arguments.positional.size();
  for (std::size_t i = 0; same && i < arguments.positional.size(); ++i)
    same = equal(evaluator_.runtime(), (*last_changed_)[i], arguments.positional[i]);
  if (!same) last_changed_ = arguments.positional;
  return Value::of(!same);
}

Value Loop::call(const Arguments& arguments) {
  if (!tag_.recursive) throw TemplateError("loop is called, but its tag is not marked 'recursive'");
  if (arguments.positional.size() != 1 || !arguments.named.empty())
    throw TemplateError("loop() wants one argument");
  Text out;
  evaluator_.run_for(tag_, scope_, arguments.positional[0], depth0_ + 1, out);
  return Value::of(std::move(out));
}

}  // namespace luoshu::jinja
