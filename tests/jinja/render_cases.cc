// SPDX-License-Identifier: Apache-2.0
// Renders what compare_folder.py sends: on each line of stdin {"template": ..., "variables": {...}}, on
// stdout
// {"text": ...} or {"error": ...}.
#include <iostream>

#include "jinja/case.h"

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = nlohmann::ordered_json::parse(line);
    nlohmann::ordered_json answer;
    try {
      answer["text"] = luoshu::render_case(request.at("template"), request.at("variables")).bytes();
    } catch (const luoshu::InputError& e) {
      answer["error"] = e.what();
    }
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}
