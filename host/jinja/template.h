// SPDX-License-Identifier: Apache-2.0
// A template of the Jinja2 language as transformers sets it up for chat templates: trim_blocks and
// lstrip_blocks on, loop controls, {% generation %} transparent. docs/chat-templates.md says what is there.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/runtime.h"

namespace luoshu::jinja {

struct Tree;

// Immutable after parse(), so that any number of threads may render one at once, each with its Runtime.
class Template {
 public:
  static constexpr std::size_t kLongest = std::size_t{1} << 18;  // bytes of source

  // Throws TemplateError with the line: bad syntax, or a tag that is not supported, by name.
  static Template parse(std::string_view source);
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // The text with its marks. `variables` belong to `runtime`, which serves one rendering. Throws RaisedError
  // where the template calls raise_exception, TemplateError with the line for everything else.
  Text render(Runtime& runtime, const std::vector<std::pair<std::string, Value>>& variables) const;

 private:
  explicit Template(std::unique_ptr<const Tree> tree);
  std::unique_ptr<const Tree> tree_;
};

}  // namespace luoshu::jinja
