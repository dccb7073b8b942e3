// SPDX-License-Identifier: Apache-2.0
#include "jinja/print.h"

#include <cstdio>

#include "jinja/number.h"
#include "jinja/unicode.h"

namespace luoshu::jinja {
namespace {

// One character as it stands between quotes in repr().
std::string escaped(char32_t c, std::string_view bytes, char quote) {
  if (c == static_cast<char32_t>(quote) || c == '\\') return std::string("\\") + static_cast<char>(c);
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (is_printable(c)) return std::string(bytes);
  char buffer[16];
  std::snprintf(buffer, sizeof buffer,
                c < 0x100     ? "\\x%02x"
                : c < 0x10000 ? "\\u%04x"
                              : "\\U%08x",
                static_cast<unsigned>(c));
  return buffer;
}

void append_string_repr(Runtime& runtime, const Text& text, Text& out) {
  runtime.budget.spend(2 * text.size() + 2);
  const bool single = text.bytes().find('\'') != std::string::npos;
  const char quote = single && text.bytes().find('"') == std::string::npos ? '"' : '\'';
  const std::string_view mark(&quote, 1);
  if (text.markup()) out.append("Markup(", false);
  out.append(mark, false);
  text.for_each_run([&](std::string_view bytes, bool user) {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t from = at;
      const char32_t c = next_character(bytes, at);
      out.append(escaped(c, bytes.substr(from, at - from), quote), user);
    }
  });
  out.append(mark, false);
  if (text.markup()) out.append(")", false);
}

void append_items(Runtime& runtime, const std::vector<Value>& items, Text& out) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.append(", ", false);
    append_repr(runtime, items[i], out);
  }
}

void append_dict(Runtime& runtime, const Dict& dict, Text& out) {
  out.append("{", false);
  bool first = true;
  for (const Dict::Entry& e : dict.entries()) {
    if (!first) out.append(", ", false);
    first = false;
    append_repr(runtime, e.key, out);
    out.append(": ", false);
    append_repr(runtime, e.value, out);
  }
  out.append("}", false);
}

}  // namespace

void append_repr(Runtime& runtime, const Value& value, Text& out) {
  const Budget::Level level(runtime.budget);
  runtime.budget.step();
  runtime.budget.spend(8);
  switch (value.kind()) {
    case Kind::kUndefined:
      out.append("Undefined", false);
      return;
    case Kind::kNone:
      out.append("None", false);
      return;
    case Kind::kBool:
      out.append(value.boolean() ? "True" : "False", false);
      return;
    case Kind::kInt:
      out.append(std::to_string(value.integer()), false);
      return;
    case Kind::kFloat:
      out.append(float_repr(value.real()), false);
      return;
    case Kind::kString:
      append_string_repr(runtime, value.text(), out);
      return;
    case Kind::kList:
      out.append("[", false);
      append_items(runtime, value.list().items, out);
      out.append("]", false);
      return;
    case Kind::kTuple:
      out.append("(", false);
      append_items(runtime, value.list().items, out);
      out.append(value.list().items.size() == 1 ? ",)" : ")", false);
      return;
    case Kind::kView:
      out.append(value.list().view, false);
      out.append("([", false);
      append_items(runtime, value.list().items, out);
      out.append("])", false);
      return;
    case Kind::kDict:
      append_dict(runtime, value.dict(), out);
      return;
    case Kind::kNamespace:
      out.append("<Namespace ", false);
      append_dict(runtime, value.dict(), out);
      out.append(">", false);
      return;
    case Kind::kRange: {
      const Range& r = value.range();
      out.append("range(" + std::to_string(r.start) + ", " + std::to_string(r.stop), false);
      if (r.step != 1) out.append(", " + std::to_string(r.step), false);
      out.append(")", false);
      return;
    }
    case Kind::kIterator:
    case Kind::kCallable:
      break;
  }
  throw TemplateError("cannot print " + kind_name(value) + "; `|list` makes a list of an iterator");
}

Text to_text(Runtime& runtime, const Value& value) {
  if (value.is_string()) {
    Text copy = value.text();
    copy.set_markup(false);
    return copy;
  }
  Text result;
  if (!value.is_undefined()) append_repr(runtime, value, result);
  return result;
}

std::shared_ptr<const Text> to_shared_text(Runtime& runtime, const Value& value) {
  if (value.is_string()) return value.shared_text();
  return std::make_shared<const Text>(to_text(runtime, value));
}

}  // namespace luoshu::jinja
