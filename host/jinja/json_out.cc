// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "jinja/compare.h"
#include "jinja/json.h"
#include "jinja/number.h"
#include "jinja/unicode.h"

namespace luoshu::jinja {
namespace {

class JsonWriter {
 public:
  JsonWriter(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}
  void write(const Value& value);
  Text out;

 private:
  void write_string(const Text& text);
  void write_list(const std::vector<Value>& items);
  void write_dict(const Dict& dict);
  void write_key(const Value& key);
  void new_line() {
    if (!style_.lines) return;
    runtime_.budget.spend(1 + style_.indent.size() * depth_);
    std::string text = "\n";
    for (std::size_t i = 0; i < depth_; ++i) text += style_.indent;
    out.append(text, false);
  }

  Runtime& runtime_;
  const JsonStyle& style_;
  std::size_t depth_ = 0;
};

void append_unicode_escape(std::uint32_t unit, std::string& out) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "\\u%04x", unit);
  out += buffer;
}

// One character as it stands in a JSON string.
void append_escaped(char32_t c, std::string_view bytes, bool ensure_ascii, std::string& out) {
  static constexpr std::string_view kShort = "\"\\\n\r\t\b\f";
  static constexpr std::string_view kLetters = "\"\\nrtbf";
  const std::size_t known = c < 0x80 ? kShort.find(static_cast<char>(c)) : std::string_view::npos;
  if (known != std::string_view::npos) {
    out += '\\';
    out += kLetters[known];
  } else if (c < 0x20 || (ensure_ascii && c >= 0x7F && c < 0x10000)) {
    append_unicode_escape(c, out);
  } else if (ensure_ascii && c >= 0x10000) {
    append_unicode_escape(0xD800 + ((c - 0x10000) >> 10), out);
    append_unicode_escape(0xDC00 + ((c - 0x10000) & 0x3FF), out);
  } else {
    out += bytes;
  }
}

std::string json_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return float_repr(value);
}

void JsonWriter::write_string(const Text& text) {
  runtime_.budget.spend(text.size() + 2);
  out.append("\"", false);
  text.for_each_run([&](std::string_view bytes, bool user) {
    std::string escaped;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t from = at;
      const char32_t c = next_character(bytes, at);
      append_escaped(c, bytes.substr(from, at - from), style_.ensure_ascii, escaped);
    }
    if (escaped.size() > bytes.size()) runtime_.budget.spend(escaped.size() - bytes.size());
    out.append(escaped, user);
  });
  out.append("\"", false);
}

void JsonWriter::write_list(const std::vector<Value>& items) {
  if (items.empty()) {
    out.append("[]", false);
    return;
  }
  out.append("[", false);
  ++depth_;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.append(style_.item_separator);
    new_line();
    write(items[i]);
  }
  --depth_;
  new_line();
  out.append("]", false);
}

void JsonWriter::write_key(const Value& key) {
  switch (key.kind()) {
    case Kind::kString:
      write_string(key.text());
      return;
    case Kind::kNone:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat:
      out.append("\"", false);
      write(key);
      out.append("\"", false);
      return;
    default:
      throw TemplateError("tojson: " + kind_name(key) + " cannot be a key in JSON");
  }
}

void JsonWriter::write_dict(const Dict& dict) {
  if (dict.size() == 0) {
    out.append("{}", false);
    return;
  }
  std::vector<Dict::Entry> entries = dict.entries();
  if (style_.sort_keys) {
    std::stable_sort(entries.begin(), entries.end(), [this](const Dict::Entry& a, const Dict::Entry& b) {
      return less(runtime_, a.key, b.key);
    });
  }
  out.append("{", false);
  ++depth_;
  bool first = true;
  for (const Dict::Entry& e : entries) {
    if (!first) out.append(style_.item_separator);
    first = false;
    new_line();
    write_key(e.key);
    out.append(style_.key_separator);
    write(e.value);
  }
  --depth_;
  new_line();
  out.append("}", false);
}

void JsonWriter::write(const Value& value) {
  const Budget::Level level(runtime_.budget);
  runtime_.budget.step();
  runtime_.budget.spend(8);
  switch (value.kind()) {
    case Kind::kNone:
      out.append("null", false);
      return;
    case Kind::kBool:
      out.append(value.boolean() ? "true" : "false", false);
      return;
    case Kind::kInt:
      out.append(std::to_string(value.integer()), false);
      return;
    case Kind::kFloat:
      out.append(json_float(value.real()), false);
      return;
    case Kind::kString:
      write_string(value.text());
      return;
    case Kind::kList:
    case Kind::kTuple:
      write_list(value.list().items);
      return;
    case Kind::kDict:
      write_dict(value.dict());
      return;
    case Kind::kUndefined:
      throw TemplateError("tojson: " + value.why_undefined());
    default:
      throw TemplateError("tojson: " + kind_name(value) + " cannot be written as JSON");
  }
}

}  // namespace

Text to_json(Runtime& runtime, const Value& value, const JsonStyle& style) {
  JsonWriter writer(runtime, style);
  writer.write(value);
  return std::move(writer.out);
}

}  // namespace luoshu::jinja
