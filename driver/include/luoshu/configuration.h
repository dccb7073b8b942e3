// SPDX-License-Identifier: Apache-2.0
// The named chip configurations; the table is "configurations" of driver/defs/definitions.json.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "luoshu/chip.h"
#include "luoshu/defs.h"

namespace luoshu {

struct Configuration {
  std::string name;
  std::uint32_t lanes, columns, groups, vector_lanes, max_d, act_blocks, max_heads, q_elements, head_words;
  std::uint32_t tcm_bytes, value_depth, memory_mib, clock_khz;

  Capabilities capabilities() const {
    return {lanes,     columns,    groups,       max_d,      act_blocks,
            max_heads, q_elements, vector_lanes, head_words, std::uint64_t{memory_mib} << 20,
            clock_khz};
  }
};

inline const std::vector<Configuration>& configurations() {
#define LUOSHU_CONFIGURATION_ENTRY(name, ...) {#name, __VA_ARGS__},
  static const std::vector<Configuration> all = {LUOSHU_CONFIGURATIONS(LUOSHU_CONFIGURATION_ENTRY)};
#undef LUOSHU_CONFIGURATION_ENTRY
  return all;
}

// Throws InputError for a name that is not in the table.
inline const Configuration& configuration(const std::string& name) {
  std::string names;
  for (const Configuration& c : configurations()) {
    if (c.name == name) return c;
    names += (names.empty() ? "" : ", ") + c.name;
  }
  throw InputError("unknown configuration '" + name + "'; --config takes " + names);
}

}  // namespace luoshu
