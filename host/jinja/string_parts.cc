// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/print.h"
#include "jinja/unicode.h"

namespace luoshu::jinja {
namespace {

// A capital sigma at the end of a word becomes the final one.
bool is_final_sigma(std::string_view bytes, std::size_t from, std::size_t to) {
  if (from == 0) return false;
  std::size_t before = previous_character(bytes, from);
  if (!is_cased(next_character(bytes, before))) return false;
  return to >= bytes.size() || !is_cased(next_character(bytes, to));
}

}  // namespace

Text strip_text(Runtime& runtime, const Text& text, const Text* characters, bool left, bool right) {
  runtime.budget.spend(text.size());
  std::set<char32_t> set;
  if (characters != nullptr) {
    for (std::size_t at = 0; at < characters->size();) set.insert(next_character(characters->bytes(), at));
  }
  const auto goes = [&](char32_t c) { return characters == nullptr ? is_space(c) : set.count(c) != 0; };
  const std::string_view bytes = text.bytes();
  std::size_t from = 0;
  std::size_t to = bytes.size();
  while (left && from < to) {
    std::size_t next = from;
    if (!goes(next_character(bytes, next))) break;
    from = next;
  }
  while (right && to > from) {
    const std::size_t last = previous_character(bytes, to);
    std::size_t at = last;
    if (!goes(next_character(bytes, at))) break;
    to = last;
  }
  return text.sub(from, to);
}

Text change_case(Runtime& runtime, const Text& text, bool upper) {
  runtime.budget.spend(2 * text.size());
  Text result;
  result.set_markup(text.markup());
  const std::string_view all = text.bytes();
  std::size_t run_start = 0;
  text.for_each_run([&](std::string_view bytes, bool user) {
    std::string changed;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t from = run_start + at;
      const char32_t c = next_character(bytes, at);
      if (!upper && c == 0x3A3 && is_final_sigma(all, from, run_start + at)) {
        changed += "\xCF\x82";
      } else {
        append_case(c, upper ? Case::kUpper : Case::kLower, changed);
      }
    }
    result.append(changed, user);
    run_start += bytes.size();
  });
  return result;
}

Text capitalize_text(Runtime& runtime, const Text& text) {
  if (text.empty()) return text;
  std::size_t first = 0;
  const char32_t c = next_character(text.bytes(), first);
  std::string title;
  std::string lower;
  append_case(c, Case::kTitle, title);
  append_case(c, Case::kLower, lower);
  Text result(title, text.user_at(0));
  result.append(change_case(runtime, text, false).sub(lower.size()));
  result.set_markup(text.markup());
  return result;
}

bool has_case(Runtime& runtime, const Text& text, bool upper) {
  bool some = false;
  for (std::size_t at = 0; at < text.size() && !some;) some = is_cased(next_character(text.bytes(), at));
  return some && change_case(runtime, text, upper).bytes() == text.bytes();
}

Text replace_text(Runtime& runtime, const Text& text, const Text& from, const Text& to, std::int64_t count) {
  if (text.markup()) throw TemplateError("replacing in a `|safe` string is not supported");
  runtime.budget.spend(text.size());
  Text result;
  std::size_t at = 0;
  std::uint64_t left = count < 0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(count);
  if (from.empty()) {  // between all characters, before the first and behind the last
    for (; left > 0; --left) {
      runtime.budget.spend(to.size() + 8);
      result.append(to);
      if (at >= text.size()) return result;
      const std::size_t start = at;
      next_character(text.bytes(), at);
      result.append(text.sub(start, at));
    }
    result.append(text.sub(at));
    return result;
  }
  for (; left > 0; --left) {
    const std::size_t found = find_bytes(text.bytes(), from.bytes(), at);
    if (found == std::string::npos) break;
    runtime.budget.spend(to.size() + 8);
    result.append(text.sub(at, found));
    result.append(to);
    at = found + from.size();
  }
  if (at == 0) return text;
  result.append(text.sub(at));
  return result;
}

std::vector<Text> split_lines(Runtime& runtime, const Text& text, bool keep_ends) {
  runtime.budget.spend(text.size());
  std::vector<Text> lines;
  const std::string_view bytes = text.bytes();
  std::size_t start = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t from = at;
    const char32_t c = next_character(bytes, at);
    if (!is_line_end(c)) continue;
    if (c == '\r' && at < bytes.size() && bytes[at] == '\n') ++at;
    runtime.budget.spend(sizeof(Text));
    lines.push_back(text.sub(start, keep_ends ? at : from));
    start = at;
  }
  if (start < bytes.size()) lines.push_back(text.sub(start));
  return lines;
}

Text join_texts(Runtime& runtime, const Text& separator, const std::vector<Value>& items) {
  Text result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto item = to_shared_text(runtime, items[i]);
    runtime.budget.spend(item->memory() + separator.memory());
    if (i > 0) result.append(separator);
    result.append(*item);
  }
  return result;
}

}  // namespace luoshu::jinja
