// SPDX-License-Identifier: Apache-2.0
// The simulated chip's cycle counts against the committed table tests/chip/cycles.json, exactly: whoever
// changes the speed of the chip sees it here and commits the new table. LUOSHU_UPDATE_CYCLES=1 writes the
// table instead.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "simulated_chip.h"
#include "support/models.h"

namespace {

using namespace luoshu;
using nlohmann::json;

constexpr std::uint32_t kPrompt = 13;  // tokens; no multiple of any configuration's tokens per pass
constexpr std::uint32_t kPasses = 4;

struct Case {
  const char* config;
  const char* memory;
};
constexpr Case kCases[] = {
    {"nano", "latency30"}, {"lab", "ideal"}, {"lab", "latency30"}, {"wide", "latency30"}};

std::string table_path() {
  return testing_support::source_root() + "/tests/chip/cycles.json";
}

// Prefill cycles of the prompt, then the cycles of each decode pass.
json measure(const gguf::File& file, const Case& c) {
  const ModelConfig config = ModelConfig::from(file);
  SimulationOptions options;
  options.config = c.config;
  options.memory = c.memory;
  SimulatedChip chip(options, true);
  Image image(file, config, chip.capabilities(), 64);
  image.upload(chip, nullptr, false);
  const auto engine = make_chip_engine(chip, image, config.vocab);
  std::vector<std::int32_t> prompt(kPrompt);
  for (std::uint32_t i = 0; i < kPrompt; ++i)
    prompt[i] = static_cast<std::int32_t>((i * 37 + 5) % config.vocab);
  const std::int32_t next = engine->evaluate(prompt, LogitsMode::kLast, nullptr);
  json row = {{"prefill", engine->take_cost().cycles}, {"decode", json::array()}};
  engine->decode_greedy(next, kPasses, {}, [&](std::int32_t, std::uint64_t cycles) {
    row["decode"].push_back(cycles);
    return true;
  });
  return row;
}

// One line per row, so that a change is easy to read in a diff.
void write_table(const json& table) {
  std::ofstream out(table_path(), std::ios::binary);
  out << "{";
  const char* separator = "\n";
  for (const auto& item : table.items()) {
    out << separator << "  \"" << item.key() << "\": " << item.value().dump();
    separator = ",\n";
  }
  out << "\n}\n";
  ASSERT_TRUE(out.good()) << table_path();
}

TEST(Cycles, EqualTheTable) {
  const bool update = std::getenv("LUOSHU_UPDATE_CYCLES") != nullptr;
  json table = json::object();
  if (std::ifstream in(table_path()); in) table = json::parse(in);
  const std::pair<std::string, std::string> models[] = {
      {"luoshu-stories", testing_support::bundled_model()},
      {"stories260K-q8_0", testing_support::real_file("stories260K-q8_0.gguf")}};
  std::size_t seen = 0;
  for (const auto& [name, path] : models) {
    if (path.empty()) {
      std::printf("%s is not here (LUOSHU_MODELS); its rows are not compared\n", name.c_str());
      seen += std::size(kCases);
      continue;
    }
    const gguf::File file(path);
    for (const Case& c : kCases) {
      const std::string key = std::string(c.config) + " " + c.memory + " " + name;
      const json measured = measure(file, c);
      if (update) {
        table[key] = measured;
      } else {
        EXPECT_TRUE(table.contains(key)) << key << " is not in the table";
        EXPECT_EQ(measured, table.value(key, json()))
            << key << "; if the change is meant: LUOSHU_UPDATE_CYCLES=1 ./luoshu test --filter cycles_test";
      }
      ++seen;
    }
  }
  if (update) return write_table(table);
  EXPECT_EQ(table.size(), seen) << "the table holds rows that no case measures";
}

}  // namespace
