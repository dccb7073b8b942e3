// SPDX-License-Identifier: Apache-2.0
#include "jinja/filters.h"

#include "jinja/attributes.h"
#include "jinja/methods.h"

namespace luoshu::jinja {
namespace {

// Filters of Jinja2 that chat templates have no use for.
constexpr std::string_view kRefused[] = {"center", "filesizeformat", "groupby",  "pprint",
                                         "random", "striptags",      "truncate", "urlencode",
                                         "urlize", "wordcount",      "wordwrap", "xmlattr"};

const Builtin* find_filter(std::string_view name) {
  for (const auto find : {find_text_filter, find_number_filter, find_sequence_filter, find_select_filter}) {
    if (const Builtin* found = find(name)) return found;
  }
  return nullptr;
}

}  // namespace

Value apply_filter(Runtime& runtime, const std::string& name, const Value& value,
                   const Arguments& arguments) {
  const Builtin* filter = find_filter(name);
  if (filter != nullptr) return call_builtin(runtime, *filter, "the filter '" + name + "'", value, arguments);
  for (const std::string_view refused : kRefused) {
    if (refused == name) throw TemplateError("the filter '" + name + "' is not supported");
  }
  throw TemplateError("the filter '" + name + "' is unknown");
}

bool has_filter(std::string_view name) {
  return find_filter(name) != nullptr;
}

Value attribute_of(Runtime& runtime, const Value& item, const Value* attribute, const Value* fallback) {
  if (attribute == nullptr || attribute->is_none()) return item;
  Value result = item;
  if (!attribute->is_string()) return get_item(runtime, item, *attribute);
  const std::string& path = attribute->text().bytes();
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t dot = std::min(path.find('.', from), path.size());
    const std::string part = path.substr(from, dot - from);
    const bool number =
        !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string::npos;
    result = get_item(runtime, result,
                      number ? Value::of(std::int64_t{std::stol(part)}) : Value::of(std::string_view(part)));
    if (result.is_undefined() && fallback != nullptr) result = *fallback;
    from = dot + 1;
  }
  return result;
}

Value ignore_case(Runtime& runtime, const Value& value) {
  return value.is_string() ? runtime.string(change_case(runtime, value.text(), false)) : value;
}

}  // namespace luoshu::jinja
