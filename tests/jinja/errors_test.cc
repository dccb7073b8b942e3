// SPDX-License-Identifier: Apache-2.0
// What is refused says by name what it is, and the line.
#include <gtest/gtest.h>

#include "jinja/case.h"

namespace luoshu {
namespace {

using Json = nlohmann::ordered_json;

std::string error_of(const std::string& source, const Json& variables = Json::object()) {
  try {
    const jinja::Text text = render_case(source, variables);
    return "rendered: " + text.bytes();
  } catch (const jinja::TemplateError& e) {
    return e.what();
  }
}

TEST(Errors, NameTheConstructAndTheLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"a\n{% include 'x' %}", "chat template, line 2: the tag {% include %} is not supported"},
      {"{% import 'x' as y %}", "chat template, line 1: the tag {% import %} is not supported"},
      {"{% from 'x' import y %}", "chat template, line 1: the tag {% from %} is not supported"},
      {"{% extends 'x' %}", "chat template, line 1: the tag {% extends %} is not supported"},
      {"{% block x %}{% endblock %}", "chat template, line 1: the tag {% block %} is not supported"},
      {"{% do x %}", "chat template, line 1: the tag {% do %} is not supported"},
      {"\n\n{% what %}", "chat template, line 3: the tag {% what %} is unknown"},
      {"{{ 1 | groupby('a') }}", "chat template, line 1: the filter 'groupby' is not supported"},
      {"{{ 1 | what }}", "chat template, line 1: the filter 'what' is unknown"},
      {"{{ 1 is what }}", "chat template, line 1: the test 'what' is unknown"},
      {"{{ 'a'.encode() }}", "chat template, line 1: the string method 'encode' is not supported"},
      {"{{ {}.fromkeys([]) }}", "chat template, line 1: the dict method 'fromkeys' is not supported"},
      {"{{ [].sort() }}", "chat template, line 1: the list method 'sort' is not supported"},
      {"{{ cycler(1) }}", "chat template, line 1: the function 'cycler' is not supported"},
      {"{{ ''.__class__ }}", "chat template, line 1: the attribute '__class__' is not supported"},
      {"{{ '{:d}'.format(1) }}", "chat template, line 1: format() with {:d} is not supported"},
      {"{{ '%a' % 1 }}", "chat template, line 1: format %a is not supported"},
      {"{{ [1] | map('upper') }}",
       "chat template, line 1: cannot print an iterator; `|list` makes a list of an iterator"},
      {"{{ 9223372036854775807 + 1 }}", "chat template, line 1: an integer beyond 64 bits is not supported"},
      {"{{ 99999999999999999999 }}", "chat template, line 1: an integer beyond 64 bits is not supported"},
      {"{{ x }}\n{{\n x.y }}", "chat template, line 3: 'x' is undefined"},
      {"{% macro f() %}\n{{ 1 + 'a' }}{% endmacro %}\n{{ f() }}",
       "chat template, line 2: operator + does not take an integer and a string"},
      {"{{ f() }}", "chat template, line 1: 'f' is undefined and cannot be called"},
      {"{{ 'a'.strip(1, 2) }}",
       "chat template, line 1: the string method 'strip' takes at most 1 arguments, not 2"},
      {"{{ 'a' | trim(what=1) }}",
       "chat template, line 1: the filter 'trim' does not take the argument 'what'"},
      {"{{ 'a' | replace('b') }}", "chat template, line 1: the filter 'replace' wants the argument 'new'"},
      {"{% if 1 %}", "chat template, line 1: the tag {% endif %} is missing"},
      {"{% endfor %}", "chat template, line 1: the tag {% endfor %} has no beginning"},
      {"{{ 1 ", "chat template, line 1: a tag {{ has no end }}"},
      {"{% for i in [1] %}{% set x %}{% break %}{% endset %}{% endfor %}",
       "chat template, line 1: a {% break %} or {% continue %} stands outside its loop"},
      {"{{ '\\N{DASH}' }}", "chat template, line 1: the escape \\N{...} in a string is not supported"},
      {"\xff", "chat template: the template is not valid UTF-8 at byte 0"},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(error_of(source), expected) << source;
}

TEST(Errors, OfTheConversation) {
  EXPECT_EQ(error_of("\n{{ raise_exception('No ' ~ r) }}", {{"r", "system\x1b[31m\nrole"}}),
            "the chat template does not take this conversation: No system [31m role");
  try {
    render_case("{{ raise_exception('a') }}", Json::object());
    FAIL();
  } catch (const jinja::RaisedError& e) {
    EXPECT_EQ(e.message(), "a");
    EXPECT_EQ(e.line(), 1);
  }
  EXPECT_EQ(error_of("{{ x }}", {{"x", "\xff"}}),
            "chat template: a string that the template is given is not valid UTF-8");
  EXPECT_EQ(error_of("{{ x }}", {{"x", 9223372036854775808u}}),
            "chat template: an integer beyond 64 bits is not supported");
}

TEST(Errors, AreOneShortLine) {
  const std::string error = error_of("{{ d[k].x }}", {{"d", Json::object()}, {"k", std::string(5000, '\n')}});
  EXPECT_LT(error.size(), 400u);
  EXPECT_EQ(error.find('\n'), std::string::npos);
  EXPECT_EQ(jinja::one_line("a\tb\xC2\x85"
                            "c\xE2\x80\xA8"
                            "d\x7f"
                            "你"),
            "a b c d 你");
}

// Changing lists and dicts is allowed here, as templates of published models do it.
TEST(Errors, MutationWorks) {
  const std::pair<const char*, const char*> cases[] = {
      {"{% set l = [1] %}{% set q = l.append(2) %}{% set q = l.extend([3]) %}{{ l }}{{ q }}",
       "rendered: [1, 2, 3]None"},
      {"{% set l = [1, 2, 3] %}{{ l.pop() }}{{ l.pop(0) }}{{ l }}", "rendered: 31[2]"},
      {"{% set l = [1, 2] %}{% set q = l.insert(1, 9) %}{% set q = l.remove(1) %}{% set q = l.reverse() %}{{ "
       "l }}",
       "rendered: [2, 9]"},
      {"{% set d = {'a': 1} %}{% set q = d.update({'b': 2}, c=3) %}{{ d.pop('a') }}{{ d }}{{ "
       "d.setdefault('z', 0) }}",
       "rendered: 1{'b': 2, 'c': 3}0"},
      {"{% set l = [1, 2] %}{% set m = l.copy() %}{% set q = l.clear() %}{{ l }}{{ m }}",
       "rendered: [][1, 2]"},
      {"{{ [].pop() }}", "chat template, line 1: the list method 'pop' finds no item there"},
      {"{{ {}.pop('a') }}", "chat template, line 1: the dict method 'pop' does not find the key"},
      {"{{ {}.pop('a', 5) }}", "rendered: 5"},
      {"{{ '{\"a\": [1, 2.5, null, \"x\"]}' | from_json }}", "rendered: {'a': [1, 2.5, None, 'x']}"},
      {"{{ '{' | from_json }}", "chat template, line 1: from_json: the text is not JSON"},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(error_of(source), expected) << source;
}

}  // namespace
}  // namespace luoshu
