// SPDX-License-Identifier: Apache-2.0
#include "jinja/value.h"

#include <cmath>

#include "jinja/error.h"
#include "jinja/number.h"

namespace luoshu::jinja {

Value Value::undefined(std::string_view why) {
  Value v(Kind::kUndefined);
  v.text_ = std::make_shared<const Text>(why);
  return v;
}

Value Value::of(bool value) {
  Value v(Kind::kBool);
  v.scalar_.boolean = value;
  return v;
}

Value Value::of(std::int64_t value) {
  Value v(Kind::kInt);
  v.scalar_.integer = value;
  return v;
}

Value Value::of(double value) {
  Value v(Kind::kFloat);
  v.scalar_.real = value;
  return v;
}

Value Value::of(std::shared_ptr<const Text> text) {
  Value v(Kind::kString);
  v.text_ = std::move(text);
  return v;
}

Value Value::of(Kind kind, Object& object) {
  Value v(kind);
  v.scalar_.object = &object;
  return v;
}

std::string Value::why_undefined() const {
  return text_ ? text_->bytes() : "a value is undefined";
}

List& Value::list() const {
  return static_cast<List&>(*scalar_.object);
}
Dict& Value::dict() const {
  return static_cast<Dict&>(*scalar_.object);
}
Iterator& Value::iterator() const {
  return static_cast<Iterator&>(*scalar_.object);
}
Range& Value::range() const {
  return static_cast<Range&>(*scalar_.object);
}
Callable& Value::callable() const {
  return static_cast<Callable&>(*scalar_.object);
}

std::int64_t Range::size() const {
  if (step > 0) return start < stop ? (stop - start - 1) / step + 1 : 0;
  return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

namespace {

constexpr int kLargestKey = 64;  // items of a tuple, with those of tuples in it

// `left`: how many items of tuples may still come.
std::string hash_key_of(const Value& key, int& left) {
  switch (key.kind()) {
    case Kind::kString:
      return "s" + key.text().bytes();
    case Kind::kNone:
      return "n";
    case Kind::kUndefined:
      return "u";
    case Kind::kBool:
    case Kind::kInt:
      return "i" + std::to_string(key.integer());
    case Kind::kFloat: {
      const double value = key.real();
      if (std::trunc(value) == value && std::fabs(value) < 0x1p63)
        return "i" + std::to_string(static_cast<std::int64_t>(value));
      return "f" + float_repr(value);
    }
    case Kind::kTuple: {
      std::string result = "t";
      for (const Value& item : key.list().items) {
        if (left-- == 0) throw TemplateError("a tuple is too large for a key of a dict");
        const std::string part = hash_key_of(item, left);
        result += std::to_string(part.size()) + ":" + part;
      }
      return result;
    }
    default:
      throw TemplateError(kind_name(key) + " cannot be a key of a dict");
  }
}

}  // namespace

std::string hash_key(const Value& key) {
  int left = kLargestKey;
  return hash_key_of(key, left);
}

const Value* Dict::find(const Value& key) const {
  const std::size_t at = position(key);
  return at == kAbsent ? nullptr : &entries_[at].value;
}

const Value* Dict::find(std::string_view key) const {
  if (!index_.empty()) {
    const auto found = index_.find("s" + std::string(key));
    return found == index_.end() ? nullptr : &entries_[found->second].value;
  }
  for (const Entry& e : entries_) {
    if (e.key.is_string() && e.key.text().bytes() == key) return &e.value;
  }
  return nullptr;
}

void Dict::set(const Value& key, Value value) {
  const std::size_t at = position(key);
  if (at != kAbsent) {
    entries_[at].value = std::move(value);
    return;
  }
  entries_.push_back({key, std::move(value)});
  if (!index_.empty()) {
    index_.emplace(hash_key(key), entries_.size() - 1);
  } else if (entries_.size() >= kIndexFrom) {
    build_index();
  }
}

bool Dict::erase(const Value& key) {
  const std::size_t at = position(key);
  if (at == kAbsent) return false;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  if (!index_.empty()) build_index();
  return true;
}

void Dict::clear() {
  entries_.clear();
  index_.clear();
}

std::size_t Dict::position(const Value& key) const {
  const std::string wanted = hash_key(key);
  if (!index_.empty()) {
    const auto found = index_.find(wanted);
    return found == index_.end() ? kAbsent : found->second;
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].key.kind() == key.kind() && key.is_string()
            ? entries_[i].key.text().bytes() == key.text().bytes()
            : hash_key(entries_[i].key) == wanted)
      return i;
  }
  return kAbsent;
}

void Dict::build_index() {
  index_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(hash_key(entries_[i].key), i);
}

std::string kind_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return "an undefined value";
    case Kind::kNone:
      return "none";
    case Kind::kBool:
      return "a boolean";
    case Kind::kInt:
      return "an integer";
    case Kind::kFloat:
      return "a float";
    case Kind::kString:
      return "a string";
    case Kind::kList:
      return "a list";
    case Kind::kTuple:
      return "a tuple";
    case Kind::kDict:
      return "a dict";
    case Kind::kView:
      return value.list().view;
    case Kind::kIterator:
      return "an iterator";
    case Kind::kRange:
      return "a range";
    case Kind::kNamespace:
      return "a namespace";
    case Kind::kCallable:
      return value.callable().name();
  }
  return "a value";
}

}  // namespace luoshu::jinja
