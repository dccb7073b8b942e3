// SPDX-License-Identifier: Apache-2.0
// Text of which every byte is known to come from the template or from the user. Whatever a template does with
// a string, the marks go along, so that the tokenizer can tell a control token that the template writes from
// one that a user typed.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace luoshu::jinja {

class Text {
 public:
  Text() = default;
  explicit Text(std::string_view bytes, bool user = false) { append(bytes, user); }

  const std::string& bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }  // bytes
  // Characters. The first call counts them.
  std::size_t length() const;
  // About what it takes in memory, in bytes.
  std::size_t memory() const { return 96 + bytes_.size() + 8 * turns_.size(); }
  // Whether the byte at `at` is the user's.
  bool user_at(std::size_t at) const;

  void append(std::string_view bytes, bool user);
  void append(const Text& other);
  // The bytes from `from` to before `to`, with their marks.
  Text sub(std::size_t from, std::size_t to = std::string::npos) const;
  // The byte where character number `index` starts; size() when there are fewer. O(1) for ASCII.
  std::size_t offset_of(std::size_t index) const;

  // Calls use(bytes, user) for each run of equal marks, in order.
  template <typename Use>
  void for_each_run(Use use) const {
    std::size_t from = 0;
    for (std::size_t i = 0; i <= turns_.size(); ++i) {
      const std::size_t to = i < turns_.size() ? turns_[i] : bytes_.size();
      if (to > from) use(std::string_view(bytes_).substr(from, to - from), i % 2 == 1);
      from = to;
    }
  }

  // Is from `|safe` or `|escape`: Jinja2 then escapes plain strings that `+` joins to it.
  bool markup() const { return markup_; }
  void set_markup(bool markup) { markup_ = markup; }

 private:
  static constexpr std::size_t kUncounted = std::string::npos;
  std::string bytes_;               // valid UTF-8
  std::vector<std::size_t> turns_;  // offsets where the mark changes, ascending; the text starts unmarked
  mutable std::size_t length_ = kUncounted;
  bool markup_ = false;
};

// Where `part` is first found in `text` at or behind `from`, npos where it is not; in linear time, whatever
// the two are.
std::size_t find_bytes(std::string_view text, std::string_view part, std::size_t from);

}  // namespace luoshu::jinja
