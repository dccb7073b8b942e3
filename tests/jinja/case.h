// SPDX-License-Identifier: Apache-2.0
// One comparison with Python's jinja2: a template, its variables, and what jinja2 made of them.
#pragma once
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "jinja/json.h"
#include "jinja/template.h"

namespace luoshu {

// The clock of all comparisons: 5 August 2024, 09:07:03, a Monday.
inline std::tm case_time() {
  std::tm t = {};
  t.tm_year = 124;
  t.tm_mon = 7;
  t.tm_mday = 5;
  t.tm_hour = 9;
  t.tm_min = 7;
  t.tm_sec = 3;
  t.tm_wday = 1;
  t.tm_yday = 217;
  return t;
}

// Renders `source` with the members of `variables`, whose strings count as the user's. Throws TemplateError.
inline jinja::Text render_case(const std::string& source, const nlohmann::ordered_json& variables,
                               const jinja::Limits& limits = {}) {
  const jinja::Template parsed = jinja::Template::parse(source);
  jinja::Runtime runtime(limits);
  runtime.clock = case_time;
  std::vector<std::pair<std::string, jinja::Value>> values;
  for (const auto& [name, value] : variables.items())
    values.emplace_back(name, jinja::from_json(runtime, value, true));
  return parsed.render(runtime, values);
}

}  // namespace luoshu
