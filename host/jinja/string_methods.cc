// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "jinja/format.h"
#include "jinja/iterate.h"
#include "jinja/methods.h"
#include "jinja/print.h"
#include "jinja/unicode.h"

namespace luoshu::jinja {
namespace {

using std::int64_t;

const Text& required_text(const Bound& a, std::size_t index) {
  const Text* text = a.text(index);
  if (text == nullptr) a.refuse("wants a string");
  return *text;
}

Value strip_method(Runtime& r, const Value& s, const Bound& a) {
  return r.string(strip_text(r, s.text(), a.text(0), true, true));
}
Value lstrip_method(Runtime& r, const Value& s, const Bound& a) {
  return r.string(strip_text(r, s.text(), a.text(0), true, false));
}
Value rstrip_method(Runtime& r, const Value& s, const Bound& a) {
  return r.string(strip_text(r, s.text(), a.text(0), false, true));
}

Value text_list(Runtime& r, std::vector<Text> parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (Text& part : parts) items.push_back(r.string(std::move(part)));
  return r.list(std::move(items));
}

// Words between white space; from the right with `right`. At most `limit` cuts where it is not negative.
std::vector<Text> split_words(Runtime& r, const Text& text, int64_t limit, bool right) {
  std::vector<Text> parts;
  Text rest = strip_text(r, text, nullptr, !right, right);
  const std::string& bytes = rest.bytes();
  std::size_t from = 0;
  std::size_t to = bytes.size();
  while (from < to) {
    r.budget.spend(sizeof(Text));
    if (limit == 0) {  // the rest as it is
      parts.push_back(rest.sub(from, to));
      break;
    }
    std::size_t start = from;
    std::size_t end = to;
    if (right) {
      start = end;
      while (start > from) {
        const std::size_t previous = previous_character(bytes, start);
        std::size_t at = previous;
        if (is_space(next_character(bytes, at))) break;
        start = previous;
      }
    } else {
      end = start;
      while (end < to) {
        std::size_t next = end;
        if (is_space(next_character(bytes, next))) break;
        end = next;
      }
    }
    parts.push_back(rest.sub(start, end));
    if (right) {
      to = start;
      while (to > from) {
        const std::size_t previous = previous_character(bytes, to);
        std::size_t at = previous;
        if (!is_space(next_character(bytes, at))) break;
        to = previous;
      }
    } else {
      from = end;
      while (from < to) {
        std::size_t next = from;
        if (!is_space(next_character(bytes, next))) break;
        from = next;
      }
    }
    --limit;
  }
  if (right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> split_at(Runtime& r, const Text& text, const Text& separator, int64_t limit, bool right) {
  std::vector<Text> parts;
  const std::string& bytes = text.bytes();
  r.budget.spend(bytes.size() * (right ? separator.size() / 16 + 1 : 1));
  std::size_t from = 0;
  std::size_t to = bytes.size();
  while (limit != 0) {
    std::size_t found = std::string::npos;
    if (right) {
      if (to >= separator.size()) found = bytes.rfind(separator.bytes(), to - separator.size());
    } else {
      found = find_bytes(bytes, separator.bytes(), from);
    }
    if (found == std::string::npos) break;
    r.budget.spend(sizeof(Text));
    if (right) {
      parts.push_back(text.sub(found + separator.size(), to));
      to = found;
    } else {
      parts.push_back(text.sub(from, found));
      from = found + separator.size();
    }
    --limit;
  }
  parts.push_back(text.sub(from, to));
  if (right) std::reverse(parts.begin(), parts.end());
  return parts;
}

Value split_either(Runtime& r, const Value& s, const Bound& a, bool right) {
  const Text* separator = a.text(0);
  const int64_t limit = a.integer(1, -1);
  if (separator == nullptr) return text_list(r, split_words(r, s.text(), limit, right));
  if (separator->empty()) a.refuse("wants a separator that is not empty");
  return text_list(r, split_at(r, s.text(), *separator, limit, right));
}
Value split_method(Runtime& r, const Value& s, const Bound& a) {
  return split_either(r, s, a, false);
}
Value rsplit_method(Runtime& r, const Value& s, const Bound& a) {
  return split_either(r, s, a, true);
}

Value splitlines_method(Runtime& r, const Value& s, const Bound& a) {
  return text_list(r, split_lines(r, s.text(), a.flag(0, false)));
}

// Whether the text between two bounds starts or ends with one of the given texts.
Value affix(Runtime& r, const Value& s, const Bound& a, bool at_end) {
  const Text& text = s.text();
  r.budget.spend(a.has(1) || a.has(2) ? text.size() : 1);
  const auto bound = [&](std::size_t index, int64_t fallback) {
    if (!a.has(index) || a[index].is_none()) return fallback;
    const auto length = static_cast<int64_t>(text.length());
    int64_t at = a.integer(index, 0);
    if (at < 0) at = std::max<int64_t>(0, at + length);
    return at > length ? fallback + 1 : static_cast<int64_t>(text.offset_of(static_cast<std::size_t>(at)));
  };
  const auto size = static_cast<int64_t>(text.size());
  const int64_t from = bound(1, a.has(1) && !a[1].is_none() ? size : 0);
  const int64_t to = std::min(size, bound(2, size));
  const auto matches = [&](const Value& wanted) {
    if (wanted.is_undefined()) throw TemplateError(wanted.why_undefined());
    if (!wanted.is_string()) a.refuse("wants a string or a tuple of strings, not " + kind_name(wanted));
    const std::string& part = wanted.text().bytes();
    const auto length = static_cast<int64_t>(part.size());
    if (from > to || length > to - from) return false;
    return text.bytes().compare(static_cast<std::size_t>(at_end ? to - length : from), part.size(), part) ==
           0;
  };
  if (!a[0].is(Kind::kTuple)) return Value::of(matches(a[0]));
  const std::vector<Value>& several = a[0].list().items;
  return Value::of(std::any_of(several.begin(), several.end(), matches));
}
Value startswith_method(Runtime& r, const Value& s, const Bound& a) {
  return affix(r, s, a, false);
}
Value endswith_method(Runtime& r, const Value& s, const Bound& a) {
  return affix(r, s, a, true);
}

Value replace_method(Runtime& r, const Value& s, const Bound& a) {
  return r.string(replace_text(r, s.text(), required_text(a, 0), required_text(a, 1), a.integer(2, -1)));
}
Value upper_method(Runtime& r, const Value& s, const Bound&) {
  return r.string(change_case(r, s.text(), true));
}
Value lower_method(Runtime& r, const Value& s, const Bound&) {
  return r.string(change_case(r, s.text(), false));
}
Value capitalize_method(Runtime& r, const Value& s, const Bound&) {
  return r.string(capitalize_text(r, s.text()));
}

Value title_method(Runtime& r, const Value& s, const Bound&) {
  r.budget.spend(2 * s.text().size());
  Text result;
  bool inside = false;  // behind a letter that has a case
  s.text().for_each_run([&](std::string_view bytes, bool user) {
    std::string changed;
    for (std::size_t at = 0; at < bytes.size();) {
      const char32_t c = next_character(bytes, at);
      append_case(c, inside ? Case::kLower : Case::kTitle, changed);
      inside = is_cased(c);
    }
    result.append(changed, user);
  });
  result.set_markup(s.text().markup());
  return r.string(std::move(result));
}

Value join_method(Runtime& r, const Value& s, const Bound& a) {
  const std::vector<Value> items = items_of(r, a[0]);
  for (const Value& item : items) {
    if (!item.is_string()) a.refuse("wants strings, not " + kind_name(item));
    if (item.text().markup() || s.text().markup()) a.refuse("of a `|safe` string is not supported");
  }
  return r.string(join_texts(r, s.text(), items));
}

// The character where `part` is first (or last) found, -1 where it is not.
int64_t find_in(Runtime& r, const Value& s, const Bound& a, bool last) {
  const std::string& bytes = s.text().bytes();
  const std::string& part = required_text(a, 0).bytes();
  r.budget.spend(bytes.size() * (last ? part.size() / 16 + 1 : 1));
  const std::size_t found = last ? bytes.rfind(part) : find_bytes(bytes, part, 0);
  if (found == std::string::npos) return -1;
  return static_cast<int64_t>(s.text().sub(0, found).length());
}
Value find_method_(Runtime& r, const Value& s, const Bound& a) {
  return Value::of(find_in(r, s, a, false));
}
Value rfind_method(Runtime& r, const Value& s, const Bound& a) {
  return Value::of(find_in(r, s, a, true));
}
Value index_method(Runtime& r, const Value& s, const Bound& a) {
  const int64_t found = find_in(r, s, a, false);
  if (found < 0) a.refuse("does not find its argument");
  return Value::of(found);
}

Value count_method(Runtime& r, const Value& s, const Bound& a) {
  const Text& part = required_text(a, 0);
  if (part.empty()) return Value::of(static_cast<int64_t>(s.text().length()) + 1);
  return Value::of(static_cast<int64_t>(split_at(r, s.text(), part, -1, false).size()) - 1);
}

Value format_method(Runtime& r, const Value& s, const Bound& a) {
  return format_braces(r, s.text(), a.given());
}

Value removeprefix_method(Runtime& r, const Value& s, const Bound& a) {
  const Text& part = required_text(a, 0);
  const bool there = s.text().bytes().compare(0, part.size(), part.bytes()) == 0;
  return there ? r.string(s.text().sub(part.size())) : s;
}
Value removesuffix_method(Runtime& r, const Value& s, const Bound& a) {
  const Text& part = required_text(a, 0);
  const std::size_t size = s.text().size();
  const bool there = !part.empty() && part.size() <= size &&
                     s.text().bytes().compare(size - part.size(), part.size(), part.bytes()) == 0;
  return there ? r.string(s.text().sub(0, size - part.size())) : s;
}

Value partition_either(Runtime& r, const Value& s, const Bound& a, bool right) {
  const Text& separator = required_text(a, 0);
  if (separator.empty()) a.refuse("wants a separator that is not empty");
  std::vector<Text> parts = split_at(r, s.text(), separator, 1, right);
  if (parts.size() == 1) {
    Text whole = std::move(parts[0]);
    parts.assign(3, Text());
    parts[right ? 2 : 0] = std::move(whole);
  } else {
    parts.insert(parts.begin() + 1, separator);
  }
  std::vector<Value> items;
  items.reserve(parts.size());
  for (Text& part : parts) items.push_back(r.string(std::move(part)));
  return r.tuple(std::move(items));
}
Value partition_method(Runtime& r, const Value& s, const Bound& a) {
  return partition_either(r, s, a, false);
}
Value rpartition_method(Runtime& r, const Value& s, const Bound& a) {
  return partition_either(r, s, a, true);
}

// Padded with `fill` to `width` characters, on the left, the right, or both.
Value pad(Runtime& r, const Value& s, const Bound& a, bool left, bool right) {
  const int64_t width = a.integer(0, 0);
  const auto length = static_cast<int64_t>(s.text().length());
  if (width <= length) return s;
  const Text* given = a.text(1);
  const Text fill = given == nullptr ? Text(" ") : *given;
  if (fill.length() != 1) a.refuse("wants one character to fill with");
  const int64_t missing = width - length;
  r.budget.spend(static_cast<std::uint64_t>(missing) * fill.size());
  const int64_t before = !left ? 0 : !right ? missing : missing / 2 + (missing & width & 1);
  Text result;
  for (int64_t i = 0; i < before; ++i) result.append(fill);
  result.append(s.text());
  for (int64_t i = before; i < missing; ++i) result.append(fill);
  return r.string(std::move(result));
}
Value ljust_method(Runtime& r, const Value& s, const Bound& a) {
  return pad(r, s, a, false, true);
}
Value rjust_method(Runtime& r, const Value& s, const Bound& a) {
  return pad(r, s, a, true, false);
}
Value center_method(Runtime& r, const Value& s, const Bound& a) {
  return pad(r, s, a, true, true);
}

// All characters are of the kind, and there are some. Only ASCII is known here.
template <typename Holds>
Value all_characters(Runtime& r, const Value& s, const Bound& a, Holds holds) {
  r.budget.spend(s.text().size());
  bool all = !s.text().empty();
  for (const char c : s.text().bytes()) {
    if (static_cast<unsigned char>(c) >= 0x80) a.refuse("of text beyond ASCII is not supported");
    all = all && holds(c);
  }
  return Value::of(all);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) {
  return is_upper(c) || is_lower(c);
}
Value isdigit_method(Runtime& r, const Value& s, const Bound& a) {
  return all_characters(r, s, a, is_digit);
}
Value isalpha_method(Runtime& r, const Value& s, const Bound& a) {
  return all_characters(r, s, a, is_letter);
}
Value isalnum_method(Runtime& r, const Value& s, const Bound& a) {
  return all_characters(r, s, a, [](char c) { return is_digit(c) || is_letter(c); });
}
Value isspace_method(Runtime& r, const Value& s, const Bound&) {
  r.budget.spend(s.text().size());
  bool all = !s.text().empty();
  for (std::size_t at = 0; at < s.text().size();) all = is_space(next_character(s.text().bytes(), at)) && all;
  return Value::of(all);
}
Value isupper_method(Runtime& r, const Value& s, const Bound&) {
  return Value::of(has_case(r, s.text(), true));
}
Value islower_method(Runtime& r, const Value& s, const Bound&) {
  return Value::of(has_case(r, s.text(), false));
}

constexpr Builtin kMethods[] = {
    {"capitalize", "", capitalize_method},
    {"center", "width fillchar?", center_method},
    {"count", "sub", count_method},
    {"endswith", "suffix start? end?", endswith_method},
    {"find", "sub", find_method_},
    {"format", "*", format_method},
    {"index", "sub", index_method},
    {"isalnum", "", isalnum_method},
    {"isalpha", "", isalpha_method},
    {"isdigit", "", isdigit_method},
    {"islower", "", islower_method},
    {"isspace", "", isspace_method},
    {"isupper", "", isupper_method},
    {"join", "iterable", join_method},
    {"ljust", "width fillchar?", ljust_method},
    {"lower", "", lower_method},
    {"lstrip", "chars?", lstrip_method},
    {"partition", "sep", partition_method},
    {"removeprefix", "prefix", removeprefix_method},
    {"removesuffix", "suffix", removesuffix_method},
    {"replace", "old new count?", replace_method},
    {"rfind", "sub", rfind_method},
    {"rjust", "width fillchar?", rjust_method},
    {"rpartition", "sep", rpartition_method},
    {"rsplit", "sep? maxsplit?", rsplit_method},
    {"rstrip", "chars?", rstrip_method},
    {"split", "sep? maxsplit?", split_method},
    {"splitlines", "keepends?", splitlines_method},
    {"startswith", "prefix start? end?", startswith_method},
    {"strip", "chars?", strip_method},
    {"title", "", title_method},
    {"upper", "", upper_method},
    {"casefold", "", nullptr},
    {"encode", "", nullptr},
    {"expandtabs", "", nullptr},
    {"format_map", "", nullptr},
    {"isascii", "", nullptr},
    {"isdecimal", "", nullptr},
    {"isidentifier", "", nullptr},
    {"isnumeric", "", nullptr},
    {"isprintable", "", nullptr},
    {"istitle", "", nullptr},
    {"maketrans", "", nullptr},
    {"rindex", "", nullptr},
    {"swapcase", "", nullptr},
    {"translate", "", nullptr},
    {"zfill", "", nullptr},
};

}  // namespace

const Builtin* find_string_method(std::string_view name) {
  return find_builtin(kMethods, name);
}

}  // namespace luoshu::jinja
