// SPDX-License-Identifier: Apache-2.0
// What the user wrote stays the user's, whatever a template does with it.
#include <gtest/gtest.h>

#include <random>

#include "jinja/case.h"
#include "support/seed.h"

namespace luoshu {
namespace {

using Json = nlohmann::ordered_json;

// The text with the user's parts between [ and ].
std::string shown(const jinja::Text& text) {
  std::string result;
  text.for_each_run([&](std::string_view bytes, bool user) {
    result += user ? "[" + std::string(bytes) + "]" : std::string(bytes);
  });
  return result;
}

std::string marked(const std::string& source, const Json& variables) {
  return shown(render_case(source, variables));
}

TEST(Marks, StayThroughEveryOperation) {
  const Json v = {{"u", "ab cd"}, {"w", "  x  "}, {"n", 5}, {"l", {"p", "q"}}, {"d", {{"k", "v"}}}};
  const std::pair<const char*, const char*> cases[] = {
      {"<{{ u }}>", "<[ab cd]>"},
      {"{{ '<' + u + '>' }}", "<[ab cd]>"},
      {"{{ '<' ~ u ~ '>' }}", "<[ab cd]>"},
      {"{{ u * 2 }}", "[ab cdab cd]"},
      {"{{ ('<' + u)[:3] }}", "<[ab]"},
      {"{{ ('<' + u + '>')[::-1] }}", ">[dc ba]<"},
      {"{{ ('<' + u)[0] }}{{ ('<' + u)[1] }}", "<[a]"},
      {"{{ ('-' + w + '-').strip('- ') }}", "[x]"},
      {"{{ w | trim }}", "[x]"},
      {"{{ ('<' + u + '>').upper() }}", "<[AB CD]>"},
      {"{{ ('<' + u) | title }}", "<[Ab Cd]"},
      {"{{ (u + '!') | capitalize }}", "[Ab cd]!"},
      {"{{ (u + '!').title() }}", "[Ab Cd]!"},
      {"{{ u.replace(' ', '|') }}", "[ab]|[cd]"},
      {"{{ 'a-b' | replace('-', u) }}", "a[ab cd]b"},
      {"{{ (u + ' e').split(' ') | join('/') }}", "[ab]/[cd]/e"},
      {"{{ (u + ' e').split() | join('/') }}", "[ab]/[cd]/e"},
      {"{{ (u + ' e').rsplit(' ', 1)[0] }}", "[ab cd]"},
      {"{{ (u + '\\n' + u).splitlines()[1] }}", "[ab cd]"},
      {"{{ (u + '=e').partition('=')[0] }}", "[ab cd]"},
      {"{{ u.removeprefix('ab') }}", "[ cd]"},
      {"{{ u.center(9, '*') }}", "**[ab cd]**"},
      {"{{ ', '.join(l) }}", "[p], [q]"},
      {"{{ l | join(', ') }}", "[p], [q]"},
      {"{{ l }}", "['[p]', '[q]']"},
      {"{{ d }}", "{'[k]': '[v]'}"},
      {"{{ d | tojson }}", "{\"[k]\": \"[v]\"}"},
      {"{{ l | tojson(indent=1) }}", "[\n \"[p]\",\n \"[q]\"\n]"},
      {"{{ {'a': u} | tojson }}", "{\"a\": \"[ab cd]\"}"},
      {"{% for k, v in d.items() %}{{ k }}={{ v }}{% endfor %}", "[k]=[v]"},
      {"{% for k in d %}{{ d[k] }}{% endfor %}", "[v]"},
      {"{% for c in u[:2] + '!' %}{{ c }}.{% endfor %}", "[a].[b].!."},
      {"{{ u | list | last }}", "[d]"},
      {"{{ (u + '!') | reverse }}", "![dc ba]"},
      {"{{ l | sort(reverse=true) | first }}", "[q]"},
      {"{{ l | map('upper') | join }}", "[PQ]"},
      {"{{ '%s and %5s' % (u, 'x') }}", "[ab cd] and     x"},
      {"{{ '{}-{}'.format(u, 1) }}", "[ab cd]-1"},
      {"{{ (u + '\\n' + u) | indent(2) }}", "[ab cd]\n  [ab cd]"},
      {"{{ '<' ~ ('<' + u) | escape }}", "<&lt;[ab cd]"},
      {"{{ u | safe }}", "[ab cd]"},
      {"{{ u | string }}{{ u | default('x') }}", "[ab cdab cd]"},
      {"{% set x %}<{{ u }}>{% endset %}{{ x }}", "<[ab cd]>"},
      {"{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(u) | upper }}", "<[AB CD]>"},
      {"{% macro f() %}<{{ caller() }}>{% endmacro %}{% call f() %}{{ u }}.{% endcall %}", "<[ab cd].>"},
      {"{% filter upper %}a{{ u }}{% endfilter %}", "A[AB CD]"},
      {"{% set ns = namespace(x=u) %}{{ ns.x ~ '.' }}", "[ab cd]."},
      {"{{ dict(a=u).a }}{{ [u, '.'] | join }}", "[ab cdab cd]."},
      {"{{ ('[\"' + u + '\"]') | from_json | first }}", "[ab cd]"},
      {"{{ n }}{{ u | length }}", "55"},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(marked(source, v), expected) << source;
}

TEST(Marks, ComparisonAndKeysIgnoreThem) {
  const Json v = {{"u", "key"}, {"d", {{"key", "v"}}}};
  EXPECT_EQ(marked("{{ u == 'key' }}{{ {'key': 1}[u] }}{{ d['key'] }}{{ u in ['key'] }}{{ d.key }}", v),
            "True1[v]True[v]");
  EXPECT_EQ(marked("{% set d2 = {'key': 'a'} %}{{ d2[u] }}", v), "a");
}

TEST(Marks, OfText) {
  jinja::Text t("ab", true);
  t.append("", false);
  t.append("c", true);
  t.append("d", false);
  EXPECT_EQ(shown(t), "[abc]d");
  t.append(t);
  EXPECT_EQ(shown(t), "[abc]d[abc]d");
  EXPECT_EQ(shown(t.sub(2, 5)), "[c]d[a]");
  EXPECT_EQ(shown(t.sub(3, 3)), "");
  EXPECT_EQ(shown(t.sub(9)), "");
  EXPECT_TRUE(t.user_at(0));
  EXPECT_FALSE(t.user_at(3));
  EXPECT_TRUE(t.user_at(4));
}

// Text against one mark a byte.
TEST(Marks, RandomConcatenationsAndCuts) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 300; ++round) {
    jinja::Text text;
    std::string bytes;
    std::vector<bool> marks;
    for (int i = 0; i < 20; ++i) {
      const std::string piece(random() % 4, static_cast<char>('a' + random() % 26));
      const bool user = random() % 2 == 0;
      text.append(piece, user);
      bytes += piece;
      marks.insert(marks.end(), piece.size(), user);
      if (random() % 5 == 0) {
        const std::size_t from = random() % (bytes.size() + 1);
        const std::size_t to = from + random() % (bytes.size() - from + 1);
        text = text.sub(from, to);
        bytes = bytes.substr(from, to - from);
        marks = std::vector<bool>(marks.begin() + static_cast<std::ptrdiff_t>(from),
                                  marks.begin() + static_cast<std::ptrdiff_t>(to));
      }
      ASSERT_EQ(text.bytes(), bytes);
      std::vector<bool> got;
      text.for_each_run(
          [&](std::string_view run, bool is_user) { got.insert(got.end(), run.size(), is_user); });
      ASSERT_EQ(got, marks);
      for (std::size_t at = 0; at < bytes.size(); ++at) ASSERT_EQ(text.user_at(at), marks[at]);
    }
  }
}

}  // namespace
}  // namespace luoshu
