// SPDX-License-Identifier: Apache-2.0
// The rows of `luoshu bench`: the keys of the contract, and the tables made of them.
#include "bench/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "luoshu/configuration.h"

namespace {

using namespace luoshu;
using namespace luoshu::bench;

nlohmann::json one_row() {
  Setting s;
  s.model = "a, \"b\"";
  s.type = "Q8_0";
  s.config = "lab";
  s.memory = "ideal";
  s.label = "simulated";
  s.clock_hz = 50000000;
  Measurement m;
  m.test = {BenchTest::Kind::kDecode, 2, 7};
  m.passes = m.tokens = 2;
  m.cycles = 1000;
  m.work = {16000, 32000};
  m.roofline_cycles = 500;
  m.attention_bound = 30;
  m.counters.attention.busy = 40;
  m.counters.weights_read = 3000000;
  return as_json(s, m, configuration("lab").capabilities());
}

TEST(BenchTable, HasTheKeysOfTheContract) {
  const nlohmann::json row = one_row();
  for (const char* key : {"schema",
                          "model",
                          "config",
                          "memory",
                          "test",
                          "batch",
                          "clock_hz",
                          "cycles",
                          "tokens",
                          "tokens_per_s",
                          "bytes",
                          "roofline_cycles",
                          "roofline_share",
                          "mac_share",
                          "attention",
                          "units",
                          "sim_kcycles_per_s",
                          "wall_s",
                          "extrapolated",
                          "label"}) {
    EXPECT_TRUE(row.contains(key)) << key;
  }
  EXPECT_EQ(row["test"], "tg2@d7");
  EXPECT_DOUBLE_EQ(row["tokens_per_s"], 2 / (1000 / 50e6));
  EXPECT_DOUBLE_EQ(row["roofline_share"], 0.5);
  EXPECT_DOUBLE_EQ(row["mac_share"], 32000.0 / 128 / 1000);
  EXPECT_DOUBLE_EQ(row["attention"]["share"], 0.75);
}

TEST(BenchTable, MarkdownLinesUp) {
  const std::string table = markdown(nlohmann::json::array({one_row(), one_row()}));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
  const std::size_t width = table.find('\n');
  for (std::size_t at = 0; at < table.size(); at += width + 1) EXPECT_EQ(table[at + width], '\n');
  EXPECT_NE(table.find("| tg2@d7 |"), std::string::npos) << table;
  EXPECT_NE(table.find(" 4.0 |"), std::string::npos) << table;  // attention busy, 40 of 1000 cycles
  nlohmann::json alone = one_row();
  alone["test"] = "at1@d7";
  EXPECT_EQ(markdown(nlohmann::json::array({alone})).find(" 4.0 |"), std::string::npos);
}

TEST(BenchTable, CsvQuotes) {
  const std::string text = csv(nlohmann::json::array({one_row()}));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find(",\"a, \"\"b\"\"\","), std::string::npos) << text;
}

}  // namespace
