// SPDX-License-Identifier: Apache-2.0
#include "jinja/template.h"

#include "jinja/evaluator.h"
#include "jinja/globals.h"
#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "tokenizer/utf8.h"

namespace luoshu::jinja {

Template::Template(std::unique_ptr<const Tree> tree) : tree_(std::move(tree)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Template Template::parse(std::string_view source) {
  if (source.size() > kLongest)
    throw TemplateError("the template has " + std::to_string(source.size()) + " bytes, more than " +
                        std::to_string(kLongest));
  const std::size_t invalid = find_invalid_utf8(source);
  if (invalid != std::string_view::npos)
    throw TemplateError("the template is not valid UTF-8 at byte " + std::to_string(invalid));
  return Template(std::make_unique<const Tree>(Parser(tokenize(source)).parse()));
}

Text Template::render(Runtime& runtime, const std::vector<std::pair<std::string, Value>>& variables) const {
  Scope& globals = runtime.heap.make<Scope>(nullptr);
  add_globals(runtime, globals);
  Scope& context = runtime.heap.make<Scope>(&globals);
  for (const auto& [name, value] : variables) context.set(name, value);
  Evaluator evaluator(runtime);
  Text out;
  try {
    evaluator.run(tree_->body, runtime.heap.make<Scope>(&context), out);
  } catch (const RaisedError& e) {
    throw RaisedError(e.message(), evaluator.line());
  } catch (const TemplateError& e) {
    throw TemplateError(e.message(), e.line() != 0 ? e.line() : evaluator.line());
  }
  return out;
}

}  // namespace luoshu::jinja
