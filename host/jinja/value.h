// SPDX-License-Identifier: Apache-2.0
// Values of the template language: Python's, as far as templates meet them. Scalars and strings are values;
// lists, dicts and what can be called are objects that live in the Heap of one rendering.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/text.h"

namespace luoshu::jinja {

enum class Kind : std::uint8_t {
  kUndefined,
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kList,
  kTuple,
  kDict,
  kView,      // what dict.keys(), values() and items() give: has a length but no index
  kIterator,  // what `|map`, `|select`, `|items`, `|reverse`... give: is read once
  kRange,
  kNamespace,
  kCallable,
};

// Anything that a Value points at. Never freed before the rendering ends, so lists that hold themselves do no
// harm.
class Object {
 public:
  Object() = default;
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
};

class List;
class Dict;
class Iterator;
class Range;
class Callable;

class Value {
 public:
  Value() = default;  // undefined
  // Undefined; `why` is the error of whatever needs a value: "'x' is undefined".
  static Value undefined(std::string_view why);
  static Value none() { return Value(Kind::kNone); }
  static Value of(bool value);
  static Value of(std::int64_t value);
  static Value of(double value);
  static Value of(std::shared_ptr<const Text> text);
  static Value of(Text text) { return of(std::make_shared<const Text>(std::move(text))); }
  static Value of(std::string_view template_text) { return of(Text(template_text)); }
  static Value of(const char* template_text) { return of(Text(template_text)); }
  // `kind`: that of the object.
  static Value of(Kind kind, Object& object);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_none() const { return kind_ == Kind::kNone; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_integral() const { return kind_ == Kind::kInt || kind_ == Kind::kBool; }  // True counts as 1
  bool is_number() const { return is_integral() || kind_ == Kind::kFloat; }

  // Each only for its kind.
  bool boolean() const { return scalar_.boolean; }
  std::int64_t integer() const {
    return kind_ == Kind::kBool ? static_cast<std::int64_t>(scalar_.boolean) : scalar_.integer;
  }
  double real() const { return kind_ == Kind::kFloat ? scalar_.real : static_cast<double>(integer()); }
  const Text& text() const { return *text_; }
  const std::shared_ptr<const Text>& shared_text() const { return text_; }
  std::string why_undefined() const;
  List& list() const;  // of a list, tuple or view
  Dict& dict() const;  // of a dict or namespace
  Iterator& iterator() const;
  Range& range() const;
  Callable& callable() const;
  const Object* object() const { return scalar_.object; }

 private:
  explicit Value(Kind kind) : kind_(kind) {}
  Kind kind_ = Kind::kUndefined;
  union {
    bool boolean;
    std::int64_t integer;
    double real;
    Object* object;
  } scalar_ = {};
  std::shared_ptr<const Text> text_;  // of strings; why, of undefined ones
};

class List final : public Object {
 public:
  explicit List(std::vector<Value> values, const char* view_name = "")
      : items(std::move(values)), view(view_name) {}
  std::vector<Value> items;
  const char* view;  // "dict_keys"..., for kView
};

class Iterator final : public Object {
 public:
  explicit Iterator(std::vector<Value> values) : items(std::move(values)) {}
  std::vector<Value> items;
  std::size_t next = 0;  // items before it have been read
};

class Range final : public Object {
 public:
  Range(std::int64_t first, std::int64_t end, std::int64_t by) : start(first), stop(end), step(by) {}
  std::int64_t size() const;
  std::int64_t at(std::int64_t index) const { return start + index * step; }
  std::int64_t start, stop, step;
};

// Keeps the order in which keys came. Keys that are equal in Python (1, 1.0, True) are one key.
class Dict final : public Object {
 public:
  struct Entry {
    Value key, value;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  // Null where the key is absent. Throws TemplateError for a key that cannot be one (a list).
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  void set(const Value& key, Value value);
  bool erase(const Value& key);  // O(n)
  void clear();

 private:
  static constexpr std::size_t kIndexFrom = 8;  // entries from which on the index is kept
  static constexpr std::size_t kAbsent = ~std::size_t{0};
  std::size_t position(const Value& key) const;
  void build_index();
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;  // by hash_key()
};

// The arguments of a call, evaluated.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

// A macro, a function, a method bound to its object, or `loop`.
class Callable : public Object {
 public:
  virtual Value call(const Arguments& arguments) = 0;
  virtual std::string name() const = 0;
  // Attributes other than none: `loop.index`. Undefined where there is none of that name.
  virtual Value attribute(std::string_view) { return {}; }
};

// Equal for keys that are equal in Python. Throws TemplateError for values that cannot be keys.
std::string hash_key(const Value& key);

// "a string", "none": what a value is, for messages.
std::string kind_name(const Value& value);

// Owns the objects of one rendering.
class Heap {
 public:
  template <typename T, typename... Parameters>
  T& make(Parameters&&... parameters) {
    auto object = std::make_unique<T>(std::forward<Parameters>(parameters)...);
    T& result = *object;
    objects_.push_back(std::move(object));
    return result;
  }

 private:
  std::vector<std::unique_ptr<Object>> objects_;
};

}  // namespace luoshu::jinja
