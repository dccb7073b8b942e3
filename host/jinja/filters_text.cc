// SPDX-License-Identifier: Apache-2.0
#include "jinja/filters.h"
#include "jinja/format.h"
#include "jinja/iterate.h"
#include "jinja/json.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/print.h"
#include "jinja/unicode.h"

namespace luoshu::jinja {
namespace {

// The value as text, still `|safe` where it was.
std::shared_ptr<const Text> soft_text(Runtime& r, const Value& v) {
  return to_shared_text(r, v);
}

Value string_filter(Runtime& r, const Value& v, const Bound&) {
  return Value::of(soft_text(r, v));
}
Value upper_filter(Runtime& r, const Value& v, const Bound&) {
  return r.string(change_case(r, *soft_text(r, v), true));
}
Value lower_filter(Runtime& r, const Value& v, const Bound&) {
  return r.string(change_case(r, *soft_text(r, v), false));
}
Value capitalize_filter(Runtime& r, const Value& v, const Bound&) {
  return r.string(capitalize_text(r, *soft_text(r, v)));
}
Value trim_filter(Runtime& r, const Value& v, const Bound& a) {
  return r.string(strip_text(r, *soft_text(r, v), a.text(0), true, true));
}

// The first letter of each word upper, the others lower; words start behind blanks, hyphens and brackets.
Value title_filter(Runtime& r, const Value& v, const Bound&) {
  const auto text = soft_text(r, v);
  r.budget.spend(2 * text->size());
  Text result;
  bool first = true;
  text->for_each_run([&](std::string_view bytes, bool user) {
    std::string changed;
    for (std::size_t at = 0; at < bytes.size();) {
      const char32_t c = next_character(bytes, at);
      append_case(c, first ? Case::kUpper : Case::kLower, changed);
      first = is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    }
    result.append(changed, user);
  });
  result.set_markup(text->markup());
  return r.string(std::move(result));
}

Value replace_filter(Runtime& r, const Value& v, const Bound& a) {
  const bool all = !a.has(2) || a[2].is_none();
  return r.string(
      replace_text(r, to_text(r, v), to_text(r, a[0]), to_text(r, a[1]), all ? -1 : a.integer(2, -1)));
}

Value indent_filter(Runtime& r, const Value& v, const Bound& a) {
  if (v.is_undefined()) throw TemplateError(v.why_undefined());
  if (!v.is_string()) a.refuse("wants a string, not " + kind_name(v));
  Text indent;
  if (a.has(0) && a[0].is_string()) {
    indent = a[0].text();
  } else {
    const std::int64_t width = std::max<std::int64_t>(0, a.integer(0, 4));
    r.budget.spend(static_cast<std::uint64_t>(width));
    indent = Text(std::string(static_cast<std::size_t>(width), ' '));
  }
  const bool blank = a.flag(2, false);
  Text with_end = v.text();
  with_end.append("\n", false);
  const std::vector<Text> lines = split_lines(r, with_end, false);
  Text result;
  if (a.flag(1, false)) result.append(indent);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    r.budget.spend(lines[i].size() + indent.size() + 1);
    if (i > 0) result.append("\n", false);
    if (i > 0 && (blank || !lines[i].empty())) result.append(indent);
    result.append(lines[i]);
  }
  result.set_markup(v.text().markup());
  return r.string(std::move(result));
}

Value join_filter(Runtime& r, const Value& v, const Bound& a) {
  std::vector<Value> items = items_of(r, v);
  if (a.has(1) && !a[1].is_none()) {
    for (Value& item : items) item = attribute_of(r, item, &a[1]);
  }
  return r.string(join_texts(r, a.has(0) ? to_text(r, a[0]) : Text(), items));
}

Value safe_filter(Runtime& r, const Value& v, const Bound&) {
  Text text = to_text(r, v);
  text.set_markup(true);
  return r.string(std::move(text));
}

Value escape_filter(Runtime& r, const Value& v, const Bound&) {
  if (v.is_string() && v.text().markup()) return v;
  return r.string(escape_html(r, to_text(r, v)));
}

Value forceescape_filter(Runtime& r, const Value& v, const Bound&) {
  return r.string(escape_html(r, to_text(r, v)));
}

Value format_filter(Runtime& r, const Value& v, const Bound& a) {
  if (!a.given().named.empty()) a.refuse("with named arguments is not supported");
  return format_percent(r, *soft_text(r, v), r.tuple(a.given().positional));
}

// As transformers has it: Python's json.dumps with ensure_ascii off.
Value tojson_filter(Runtime& r, const Value& v, const Bound& a) {
  JsonStyle style;
  style.ensure_ascii = a.flag(0, false);
  style.sort_keys = a.flag(3, false);
  if (a.has(1) && !a[1].is_none()) {
    style.lines = true;
    style.item_separator = Text(",");
    if (a[1].is_string()) {
      style.indent = a[1].text().bytes();
    } else {
      const std::int64_t width = std::max<std::int64_t>(0, a.integer(1, 0));
      if (width > 1000) a.refuse("takes an indent of at most 1000");
      style.indent = std::string(static_cast<std::size_t>(width), ' ');
    }
  }
  if (a.has(2) && !a[2].is_none()) {
    const bool pair = (a[2].is(Kind::kTuple) || a[2].is(Kind::kList)) && a[2].list().items.size() == 2 &&
                      a[2].list().items[0].is_string() && a[2].list().items[1].is_string();
    if (!pair) a.refuse("wants two strings as separators");
    style.item_separator = a[2].list().items[0].text();
    style.key_separator = a[2].list().items[1].text();
  }
  return r.string(to_json(r, v, style));
}

Value from_json_filter(Runtime& r, const Value& v, const Bound& a) {
  if (!v.is_string()) a.refuse("wants a string, not " + kind_name(v));
  return parse_json(r, v.text());
}

constexpr Builtin kFilters[] = {
    {"capitalize", "", capitalize_filter},
    {"e", "", escape_filter},
    {"escape", "", escape_filter},
    {"forceescape", "", forceescape_filter},
    {"format", "*", format_filter},
    {"from_json", "", from_json_filter},
    {"indent", "width? first? blank?", indent_filter},
    {"join", "d? attribute?", join_filter},
    {"lower", "", lower_filter},
    {"replace", "old new count?", replace_filter},
    {"safe", "", safe_filter},
    {"string", "", string_filter},
    {"title", "", title_filter},
    {"tojson", "ensure_ascii? indent? separators? sort_keys?", tojson_filter},
    {"trim", "chars?", trim_filter},
    {"upper", "", upper_filter},
};

}  // namespace

const Builtin* find_text_filter(std::string_view name) {
  return find_builtin(kFilters, name);
}

}  // namespace luoshu::jinja
