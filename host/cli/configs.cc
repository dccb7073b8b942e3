// SPDX-License-Identifier: Apache-2.0
// luoshu configs: the chip configurations, and the memory models of the simulation.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/files.h"
#include "cli/verbs.h"
#include "luoshu/configuration.h"
#include "luoshu_commit.h"
#include "memory_timing.h"

namespace luoshu::cli {

const char* version() {
  return LUOSHU_VERSION_TEXT;
}
const char* commit() {
  return LUOSHU_COMMIT;
}

namespace {

nlohmann::json as_json(const MemoryTiming& t) {
  return {{"name", t.name},
          {"latency", t.latency},
          {"share", t.share},
          {"refresh_interval", t.refresh_interval},
          {"refresh_cycles", t.refresh_cycles},
          {"row_bytes", t.row_bytes},
          {"banks", t.banks},
          {"row_miss", t.row_miss}};
}

nlohmann::json as_json(const Configuration& c) {
  nlohmann::json memories = nlohmann::json::array();
  for (const std::string& name : memory_names()) memories.push_back(as_json(memory_timing(name, c)));
  return {{"name", c.name},
          {"lanes", c.lanes},
          {"columns", c.columns},
          {"groups", c.groups},
          {"port_bytes", c.lanes},
          {"vector_lanes", c.vector_lanes},
          {"limits",
           {{"embedding_length", c.max_d},
            {"activation_blocks", c.act_blocks},
            {"heads", c.max_heads},
            {"q_elements", c.q_elements},
            {"head_words", c.head_words},
            {"tokens_per_pass", c.columns * c.groups},
            {"memory_bytes", std::uint64_t{c.memory_mib} << 20}}},
          {"memories", memories},
          {"clock_hz", std::uint64_t{c.clock_khz} * 1000}};
}

// The memory models as each configuration sees them.
void print_memories() {
  std::printf("\n%-16s %-8s %8s %8s %14s %16s %9s\n", "--memory", "config", "latency", "share", "row miss",
              "refresh", "banks");
  for (const std::string& name : memory_names()) {
    for (const Configuration& c : configurations()) {
      const MemoryTiming t = memory_timing(name, c);
      std::printf("%-16s %-8s %8u %8.3f %5u per %5u %5u per %6u %9u\n", t.name.c_str(), c.name.c_str(),
                  t.latency, t.share, t.row_miss, t.row_bytes, t.refresh_cycles, t.refresh_interval, t.banks);
    }
  }
}

void run(const std::string& json) {
  if (!json.empty()) {
    nlohmann::json all = nlohmann::json::array();
    for (const Configuration& c : configurations()) all.push_back(as_json(c));
    return write_json(all, json);
  }
  std::printf("%-8s %6s %8s %11s %12s %10s %10s %12s\n", "name", "lanes", "columns", "port bytes",
              "tokens/pass", "max width", "max heads", "clock MHz");
  for (const Configuration& c : configurations()) {
    std::printf("%-8s %6u %8u %11u %12u %10u %10u %12.1f\n", c.name.c_str(), c.lanes, c.columns, c.lanes,
                c.columns * c.groups, c.max_d, c.max_heads, c.clock_khz / 1000.0);
  }
  print_memories();
}

}  // namespace

void add_configs(CLI::App& app, int&) {
  auto json = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("configs", "list the chip configurations");
  verb->add_option("--json", *json, "write JSON to this file, - = stdout");
  verb->callback([json] { run(*json); });
}

}  // namespace luoshu::cli
