// SPDX-License-Identifier: Apache-2.0
// Rows of a benchmark as JSON (the contract of `luoshu bench --json`), as a markdown table in the style of
// llama-bench, and as CSV.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/runner.h"

namespace luoshu::bench {

// What a benchmark ran on; the same for all its rows.
struct Setting {
  int schema = 1;
  std::string version, commit, date, machine;
  std::string model, type;  // "qwen3-0.6b", "Q8_0" ("-" for a file)
  std::string device, config, memory, label;
  std::uint64_t clock_hz = 0;
};

nlohmann::json as_json(const Setting& setting, const Measurement& m, const Capabilities& chip);

std::string markdown(const nlohmann::json& rows);
std::string csv(const nlohmann::json& rows);

}  // namespace luoshu::bench
