// SPDX-License-Identifier: Apache-2.0
// Hostile templates end with an error, soon, and within a small stack.
#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <functional>

#include "jinja/case.h"

namespace luoshu {
namespace {

using Json = nlohmann::ordered_json;

// Runs `work` on a thread with a stack of 2 MiB, as small as a server's threads may be.
void on_small_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, std::size_t{2} << 20), 0);
  pthread_t thread = {};
  const auto start = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, start, const_cast<std::function<void()>*>(&work)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// A twentieth of what is allowed, so that the tests are quick.
jinja::Limits small() {
  jinja::Limits limits;
  limits.steps /= 20;
  limits.bytes /= 20;
  limits.output /= 20;
  return limits;
}

// The error of a template, empty where it renders; fails when it takes long.
std::string error_of(const std::string& source, const Json& variables = Json::object(),
                     const jinja::Limits& limits = small()) {
  std::string error;
  on_small_stack([&] {
    const auto start = std::chrono::steady_clock::now();
    try {
      render_case(source, variables, limits);
    } catch (const jinja::TemplateError& e) {
      error = e.what();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << source.substr(0, 80);
  });
  return error;
}

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

#define EXPECT_NAMES(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(Limits, Loops) {
  EXPECT_NAMES(error_of("{% for i in range(1000000000) %}{% endfor %}"), "100000 numbers");
  EXPECT_NAMES(error_of("{{ range(10 ** 18) | list }}"), "100000 numbers");
  EXPECT_NAMES(error_of("{{ range(-9223372036854775807, 9223372036854775807) }}"), "64 bits");
  const std::string nested =
      "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
  EXPECT_NAMES(error_of(nested), "goes over");
  EXPECT_NAMES(error_of(nested, Json::object(), jinja::Limits()), "goes over");
  EXPECT_NAMES(error_of("{% for i in range(100000) %}{{ 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 }}{% endfor %}"),
               "steps");
  EXPECT_NAMES(error_of("{% set l = [1] %}{% for i in l %}{% set q = l.append(1) %}{% endfor %}"),
               "goes over");
}

TEST(Limits, Text) {
  EXPECT_NAMES(error_of("{{ 'x' * 10 ** 12 }}"), "bytes");
  EXPECT_NAMES(error_of("{{ 'x' * 9223372036854775807 }}"), "bytes");
  EXPECT_NAMES(error_of("{{ [1] * 10 ** 12 }}"), "bytes");
  EXPECT_NAMES(
      error_of("{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}"
               "{% endfor %}"),
      "bytes");
  // Quadratic: each step copies all that was there.
  EXPECT_NAMES(error_of("{% set ns = namespace(s='') %}{% for i in range(100000) %}{% set ns.s = ns.s ~ "
                        "'xxxxxxxxxxxxxxxx' %}{% endfor %}"),
               "bytes");
  EXPECT_NAMES(error_of("{% set s = 'x' * 1000000 %}{% for i in range(1000) %}{{ s }}{% endfor %}"),
               "bytes of text");
  EXPECT_NAMES(error_of("{{ 'a'.center(10 ** 12) }}"), "bytes");
  EXPECT_NAMES(error_of("{{ 'a' | indent(10 ** 12) }}"), "bytes");
  EXPECT_NAMES(error_of("{{ ('x' * 100000) | replace('', 'y' * 100000) }}"), "bytes");
  EXPECT_NAMES(error_of("{{ ('x' * 100000) | list | join('y' * 100000) }}"), "bytes");
  EXPECT_NAMES(error_of("{{ '%999999s' % 1 }}"), "wide");
  EXPECT_NAMES(error_of("{{ ([1] * 1000) | tojson(indent='x' * 1000000) }}"), "bytes");
  EXPECT_NAMES(
      error_of(
          "{% set s = ('你' * 1000000) %}{% for i in range(100000) %}{% set q = s[999999] %}{% endfor %}"),
      "bytes");
}

TEST(Limits, Recursion) {
  EXPECT_NAMES(error_of("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), "levels of nesting");
  EXPECT_NAMES(error_of("{% macro f(x) %}{{ [f(x ~ '1')] | map('upper') | list }}{% endmacro %}{{ f('') }}"),
               "levels of nesting");
  EXPECT_NAMES(error_of("{% macro f() %}{% call f() %}{% endcall %}{{ caller }}{% endmacro %}{{ f() }}"),
               "levels of nesting");
  EXPECT_NAMES(error_of("{% set l = [] %}{% set q = l.append(l) %}{{ l }}"), "levels of nesting");
  EXPECT_NAMES(error_of("{% set l = [] %}{% set q = l.append(l) %}{{ l | tojson }}"), "levels of nesting");
  EXPECT_NAMES(
      error_of(
          "{% set a = [] %}{% set b = [] %}{% set q = a.append(b) %}{% set q = b.append(a) %}{{ a == b }}"),
      "levels of nesting");
  EXPECT_NAMES(error_of("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}"), "levels of nesting");
  EXPECT_NAMES(
      error_of("{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}"
               "{{ ns.l }}"),
      "levels of nesting");
}

TEST(Limits, DeepTemplates) {
  const std::pair<const char*, const char*> brackets[] = {
      {"(", ")"},  {"[", "]"},  {"{1:", "}"},         {"not ", ""},  {"-", ""},
      {"f(", ")"}, {"x[", "]"}, {"1 if 1 else ", ""}, {"x|f(", ")"}, {"x is f(", ")"}};
  for (const auto& [open, close] : brackets) {
    EXPECT_NAMES(error_of("{{ " + repeated(open, 20000) + "1" + repeated(close, 20000) + " }}"),
                 "nested deeper")
        << open;
  }
  EXPECT_NAMES(error_of("{{ 1" + repeated(" + 1", 20000) + " }}"), "nested deeper");
  EXPECT_NAMES(error_of("{{ x" + repeated(".y", 20000) + " }}"), "nested deeper");
  EXPECT_NAMES(error_of("{{ x" + repeated("[0]", 20000) + " }}"), "nested deeper");
  EXPECT_NAMES(error_of("{{ x" + repeated("|upper", 20000) + " }}"), "nested deeper");
  EXPECT_NAMES(error_of(repeated("{% if 1 %}", 20000)), "nested deeper");
  EXPECT_NAMES(error_of("{% set " + repeated("(", 20000) + "x" + repeated(")", 20000) + " = 1 %}"),
               "nested deeper");
  EXPECT_EQ(error_of("{{ 'a'" + repeated(" ~ 'a'", 10000) + " }}"), "");
  EXPECT_EQ(error_of("{% if 0 %}" + repeated("{% elif 0 %}", 10000) + "{% endif %}"), "");
  EXPECT_EQ(error_of("{{ " + repeated("(", 60) + "1" + repeated(")", 60) + " }}"), "");
  EXPECT_NAMES(error_of(std::string((std::size_t{1} << 18) + 1, 'x')), "bytes");
}

TEST(Limits, DeepJson) {
  Json deep = 1;
  for (int i = 0; i < 5000; ++i) deep = Json::array({std::move(deep)});
  EXPECT_NAMES(error_of("", {{"x", deep}}), "levels of nesting");
  EXPECT_NAMES(error_of("{{ ('[' * 100000) | from_json }}"), "nested too deep");
}

TEST(Limits, Keys) {
  const std::string deep =
      "{% set ns = namespace(t=()) %}{% for i in range(5000) %}{% set ns.t = (ns.t,) %}{% endfor %}";
  EXPECT_NAMES(error_of(deep + "{{ {ns.t: 1} }}"), "too large for a key");
  EXPECT_NAMES(error_of(deep + "{{ ns.t in {} }}"), "too large for a key");
  EXPECT_NAMES(error_of(deep + "{{ [ns.t] | unique | list }}"), "too large for a key");
  EXPECT_NAMES(
      error_of("{% set s = 'x' * 1000000 %}{% for i in range(100000) %}{% set q = {}[s] %}{% endfor %}"),
      "bytes");
  EXPECT_NAMES(
      error_of("{{ range(5)[::9223372036854775807][0:1] }}{{ range(0, 9, 3)[::9223372036854775807] }}"),
      "64 bits");
}

// What a parser or a scope could make quadratic.
TEST(Limits, WideTemplates) {
  std::string sets;
  std::string names;
  std::string arguments;
  for (int i = 0; i < 8000; ++i) {
    const std::string name = "v" + std::to_string(i);
    sets += "{% set " + name + "=1 %}";
    names += (i == 0 ? "" : ",") + name;
    arguments += (i == 0 ? "" : ",") + name + "=1";
  }
  EXPECT_EQ(error_of(sets + "{{ v0 }}"), "");
  EXPECT_EQ(error_of("{% macro f(" + names + ") %}{{ v1 }}{% endmacro %}{{ f(1, 2) }}"), "");
  EXPECT_NAMES(error_of("{% macro f(" + names + ") %}{% endmacro %}{{ f(" + arguments + ") }}"), "steps");
  EXPECT_EQ(error_of(repeated("{% macro f(x) %}{{ y }}{% endmacro %}", 6000)), "");
  EXPECT_EQ(error_of("{{ ('a' * 400000 ~ 'b' in 'a' * 800000) }}"), "");
  EXPECT_EQ(error_of(repeated("{", 200000)), "");
  EXPECT_EQ(error_of(repeated("{%raw%}{{{%endraw%}", 10000)), "");
}

// What real conversations need is far below the limits.
TEST(Limits, LongConversations) {
  Json messages = Json::array();
  for (int i = 0; i < 4000; ++i)
    messages.push_back({{"role", i % 2 == 0 ? "user" : "assistant"}, {"content", std::string(500, 'x')}});
  EXPECT_EQ(
      error_of("{% for m in messages %}<|{{ m.role }}|>{{ m.content.strip().split('y')[-1] }}{% endfor %}",
               {{"messages", messages}}),
      "");
}

}  // namespace
}  // namespace luoshu
