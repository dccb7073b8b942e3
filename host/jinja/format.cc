// SPDX-License-Identifier: Apache-2.0
#include "jinja/format.h"

#include <algorithm>
#include <cstdio>

#include "jinja/number.h"
#include "jinja/print.h"
#include "tokenizer/utf8.h"

namespace luoshu::jinja {
namespace {

// One conversion of a % pattern.
struct Conversion {
  std::string flags;  // of "-+ 0#"
  int width = 0, precision = -1;
  char type = 's';
};

// Copies what a pattern says between its conversions, and the pieces between, with their marks.
class Pattern {
 public:
  Pattern(Runtime& runtime, const Text& text) : runtime_(runtime), text_(text) {}
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_.bytes()[at_]; }
  char take() {
    if (at_end()) throw TemplateError("a format pattern ends inside a conversion");
    return text_.bytes()[at_++];
  }
  // Copies up to the next of `stops`.
  void copy_until(const char* stops) {
    const std::size_t end = std::min(text_.bytes().find_first_of(stops, at_), text_.size());
    out.append(text_.sub(at_, end));
    at_ = end;
  }
  // The bytes before `end`, which is taken too.
  std::string take_until(char end) {
    const std::size_t found = text_.bytes().find(end, at_);
    if (found == std::string::npos) throw TemplateError("a format pattern ends inside a conversion");
    std::string result = text_.bytes().substr(at_, found - at_);
    at_ = found + 1;
    return result;
  }
  int take_number() {
    int value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + (take() - '0');
      if (value > 100000) throw TemplateError("a format pattern asks for too wide a field");
    }
    return value;
  }
  void append(const Text& text) {
    runtime_.budget.spend(text.size());
    out.append(text);
  }
  Text out;

 private:
  Runtime& runtime_;
  const Text& text_;
  std::size_t at_ = 0;
};

Conversion take_conversion(Pattern& in) {
  Conversion c;
  while (std::string_view("-+ 0#").find(in.peek()) != std::string_view::npos && !in.at_end())
    c.flags += in.take();
  c.width = in.take_number();
  if (in.peek() == '.') {
    in.take();
    c.precision = in.take_number();
  }
  c.type = in.take();
  return c;
}

Text padded(const Conversion& c, Text text) {
  const std::size_t length = text.length();
  const auto width = static_cast<std::size_t>(c.width);
  if (length >= width) return text;
  const std::string spaces(width - length, ' ');
  if (c.flags.find('-') != std::string::npos) {
    text.append(spaces, false);
    return text;
  }
  Text result(spaces);
  result.append(text);
  return result;
}

// By printf, whose numbers are Python's for these conversions.
Text formatted_number(const Conversion& c, const Value& value) {
  if (!value.is_number()) {
    if (value.is_undefined()) throw TemplateError(value.why_undefined());
    throw TemplateError(std::string("format %") + c.type + " does not take " + kind_name(value));
  }
  if (c.precision > 100) throw TemplateError("a format pattern asks for too many digits");
  if (c.flags.find('#') != std::string::npos)
    throw TemplateError("flag # of a format pattern is not supported");
  const bool whole = std::string_view("dixXo").find(c.type) != std::string_view::npos;
  std::string pattern = "%" + c.flags + (c.width > 0 ? std::to_string(c.width) : "");
  if (c.precision >= 0) pattern += "." + std::to_string(c.precision);
  std::string result(static_cast<std::size_t>(c.width) + 450, '\0');
  int length = 0;
  if (whole) {
    const bool decimal = c.type == 'd' || c.type == 'i';
    if (!decimal && !value.is_integral())
      throw TemplateError(std::string("format %") + c.type + " does not take a float");
    const std::int64_t number = value.is_integral() ? value.integer() : to_integer(value.real());
    if (!decimal && number < 0)
      throw TemplateError("a negative number in hexadecimal or octal is not supported");
    pattern += std::string("ll") + (decimal ? 'd' : c.type);
    length = std::snprintf(result.data(), result.size(), pattern.c_str(), static_cast<long long>(number));
  } else {
    pattern += c.type;
    length = std::snprintf(result.data(), result.size(), pattern.c_str(), value.real());
  }
  result.resize(static_cast<std::size_t>(length));
  return Text(result);
}

Text converted(Runtime& runtime, const Conversion& c, const Value& value) {
  switch (c.type) {
    case 's':
    case 'r': {
      Text text;
      if (c.type == 's') {
        text = to_text(runtime, value);
      } else {
        append_repr(runtime, value, text);
      }
      if (c.precision >= 0) text = text.sub(0, text.offset_of(static_cast<std::size_t>(c.precision)));
      return padded(c, std::move(text));
    }
    case 'c': {
      if (value.is_string() && value.text().length() == 1) return padded(c, to_text(runtime, value));
      const std::int64_t code = value.is_integral() ? value.integer() : -1;
      if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        throw TemplateError("format %c takes one character");
      std::string bytes;
      append_utf8(static_cast<char32_t>(code), bytes);
      return padded(c, Text(bytes));
    }
    case 'd':
    case 'i':
    case 'x':
    case 'X':
    case 'o':
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
      return formatted_number(c, value);
    default:
      throw TemplateError(std::string("format %") + c.type + " is not supported");
  }
}

}  // namespace

Value format_percent(Runtime& runtime, const Text& pattern, const Value& values) {
  if (pattern.markup()) throw TemplateError("a `|safe` string as the pattern of % is not supported");
  const bool is_tuple = values.is(Kind::kTuple);
  const std::size_t given = is_tuple ? values.list().items.size() : 1;
  std::size_t used = 0;
  Pattern in(runtime, pattern);
  while (true) {
    in.copy_until("%");
    if (in.at_end()) break;
    in.take();
    if (in.peek() == '%') {
      in.take();
      in.append(Text("%"));
      continue;
    }
    const Value* value = nullptr;
    if (in.peek() == '(') {
      in.take();
      const std::string key = in.take_until(')');
      value = values.is(Kind::kDict) ? values.dict().find(key) : nullptr;
      if (value == nullptr) throw TemplateError("the format pattern names '" + key + "', which is not given");
    }
    const Conversion c = take_conversion(in);
    if (value == nullptr) {
      if (used >= given) throw TemplateError("the format pattern wants more values than are given");
      value = is_tuple ? &values.list().items[used] : &values;
      ++used;
    }
    in.append(converted(runtime, c, *value));
  }
  // What has an index may be left over, as in Python.
  const bool may_be_left =
      values.is(Kind::kDict) || values.is(Kind::kList) || values.is(Kind::kRange) || values.is_undefined();
  if (used < given && !may_be_left)
    throw TemplateError("the format pattern wants fewer values than are given");
  return runtime.string(std::move(in.out));
}

Value format_braces(Runtime& runtime, const Text& pattern, const Arguments& arguments) {
  if (pattern.markup()) throw TemplateError("format() of a `|safe` string is not supported");
  Pattern in(runtime, pattern);
  std::size_t next = 0;
  while (true) {
    in.copy_until("{}");
    if (in.at_end()) break;
    const char brace = in.take();
    if (in.peek() == brace) {
      in.take();
      in.append(Text(std::string_view(&brace, 1)));
      continue;
    }
    if (brace == '}') throw TemplateError("format() meets a single }");
    const std::string field = in.take_until('}');
    if (field.find_first_of(":!.[{") != std::string::npos)
      throw TemplateError("format() with {" + field + "} is not supported");
    const Value* value = nullptr;
    if (field.empty() || field.find_first_not_of("0123456789") == std::string::npos) {
      const std::size_t index = field.empty() ? next++ : field.size() > 6 ? 1000000 : std::stoul(field);
      if (index < arguments.positional.size()) value = &arguments.positional[index];
    } else {
      runtime.budget.step(arguments.named.size());
      for (const auto& [name, given] : arguments.named) {
        if (name == field) value = &given;
      }
    }
    if (value == nullptr) throw TemplateError("format() is not given {" + field + "}");
    in.append(to_text(runtime, *value));
  }
  return runtime.string(std::move(in.out));
}

}  // namespace luoshu::jinja
