// SPDX-License-Identifier: Apache-2.0
// What make_expectations.py had Python's jinja2 write, byte for byte.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "jinja/case.h"

namespace luoshu {
namespace {

using Json = nlohmann::ordered_json;

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path << " is missing";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json expectations(const std::string& name) {
  return Json::parse(read("tests/jinja/expected/" + name));
}

// The text, or null where the template is refused; `error` then says why.
Json rendered(const std::string& source, const Json& variables, std::string& error) {
  try {
    return render_case(source, variables).bytes();
  } catch (const jinja::TemplateError& e) {
    error = e.what();
    return nullptr;
  }
}

void compare_cases(const std::string& file, std::size_t least) {
  const Json all = expectations(file);
  ASSERT_GE(all.at("cases").size(), least);
  int different = 0;
  for (const Json& c : all.at("cases")) {
    std::string error;
    const Json got = rendered(c.at(0), all.at("variables"), error);
    if (got == c.at(1)) continue;
    ++different;
    ADD_FAILURE() << c.at(0).dump() << "\n  jinja2: " << c.at(1).dump() << "\n  ours:   " << got.dump() << " "
                  << error;
    if (different > 400) break;
  }
}

TEST(Expectations, Expressions) {
  compare_cases("expressions.json", 650);
}
TEST(Expectations, Snippets) {
  compare_cases("snippets.json", 230);
}
TEST(Expectations, Products) {
  compare_cases("product.json", 2800);
}

TEST(Expectations, TemplatesOfEachFamily) {
  const Json all = expectations("templates.json");
  for (const Json& c : all.at("cases")) {
    const std::string source = read("tests/jinja/templates/" + c.at(0).get<std::string>());
    std::string error;
    const Json got = rendered(source, all.at("conversations").at(c.at(1).get<std::string>()), error);
    EXPECT_EQ(got, c.at(2)) << c.at(0) << " on " << c.at(1) << ": " << error;
  }
}

// The comparison sees a single wrong byte.
TEST(Expectations, ADifferenceIsSeen) {
  std::string error;
  EXPECT_NE(rendered("{{ 1.0 }}", Json::object(), error), Json("1"));
  EXPECT_EQ(rendered("{{ 1 / 0 }}", Json::object(), error), Json(nullptr));
  EXPECT_EQ(error, "chat template, line 1: division by zero");
}

}  // namespace
}  // namespace luoshu
