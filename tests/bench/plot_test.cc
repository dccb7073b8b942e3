// SPDX-License-Identifier: Apache-2.0
// The roofline picture: well-formed XML, nothing from outside, points where the numbers say.
#include "bench/plot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <vector>

namespace {

using namespace luoshu;
using namespace luoshu::bench;

constexpr std::uint32_t kLanes = 32, kColumns = 4;

nlohmann::json row(double macs, double bytes, double cycles) {
  return {{"model", "a<b & \"c\""}, {"type", "Q8_0"},       {"config", "lab"},    {"memory", "ideal"},
          {"label", "simulated"},   {"commit", "x"},        {"test", "tg8@d128"}, {"batch", 8},
          {"macs", macs},           {"least_bytes", bytes}, {"cycles", cycles},   {"roofline_share", 0.5}};
}

std::string plot(const nlohmann::json& rows) {
  Capabilities chip;
  chip.lanes = kLanes;
  chip.columns = kColumns;
  return roofline_svg(rows, chip);
}

// Enough of XML: one root, tags that close in order, quoted attributes, no bare special characters in text.
void expect_well_formed(const std::string& svg) {
  static const std::regex token(R"re(<(/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<>&]*")*)(/?)>|([^<>]+))re");
  std::vector<std::string> open;
  std::size_t at = 0;
  std::size_t roots = 0;
  for (std::sregex_iterator it(svg.begin(), svg.end(), token), end; it != end; ++it) {
    ASSERT_EQ(static_cast<std::size_t>(it->position()), at) << svg.substr(at, 60);
    at += static_cast<std::size_t>(it->length());
    const std::smatch& m = *it;
    if (m[5].matched) {
      static const std::regex bare("&(?!amp;|lt;|gt;)");
      ASSERT_FALSE(std::regex_search(m[5].str(), bare)) << m[5];
    } else if (m[1].length() != 0) {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), m[2].str());
      open.pop_back();
    } else if (m[4].length() == 0) {
      if (open.empty()) ++roots;
      open.push_back(m[2]);
    }
  }
  EXPECT_EQ(at, svg.size());
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(roots, 1u);
}

double number(const std::string& text, const std::string& pattern) {
  std::smatch m;
  EXPECT_TRUE(std::regex_search(text, m, std::regex(pattern))) << pattern;
  return m.empty() ? 0 : std::stod(m[1]);
}

TEST(RooflinePlot, IsXmlWithoutAnythingFromOutside) {
  const std::string svg = plot(nlohmann::json::array({row(1e6, 1e6, 1e5), row(1e7, 1e5, 1e5)}));
  expect_well_formed(svg);
  EXPECT_EQ(svg.find("href"), std::string::npos);
  EXPECT_EQ(svg.find("url("), std::string::npos);
  EXPECT_NE(svg.find("a&lt;b &amp; \"c\""), std::string::npos);
  EXPECT_NE(svg.find("tg8@d128 x8 50.0 %"), std::string::npos);
  expect_well_formed(plot(nlohmann::json::array()));
  expect_well_formed(plot(nlohmann::json::array({row(1, 1, 0)})));  // no cycles, no point
}

// A row bound by multipliers that takes its bound lies on the flat roof; twice the cycles lie one octave
// below.
TEST(RooflinePlot, PointsLieUnderTheRoof) {
  const double macs = 1e6;
  const double least = macs / (kLanes * kColumns);
  const std::string at = plot(nlohmann::json::array({row(macs, 1e4, least)}));
  const std::string below = plot(nlohmann::json::array({row(macs, 1e4, 2 * least)}));
  const std::string flat = R"re(y2="([0-9.]+)" stroke="#000" stroke-width="2"/>)re";
  const std::string circle = R"re(cy="([0-9.]+)")re";
  EXPECT_NEAR(number(at, circle), number(at, flat), 0.11);
  EXPECT_GT(number(below, circle), number(below, flat) + 10);
}

// Three rows at nearly the same place: their labels stand below one another.
TEST(RooflinePlot, LabelsDoNotLieOnOneAnother) {
  const std::string svg =
      plot(nlohmann::json::array({row(1e6, 1e6, 1e5), row(1e6, 1.01e6, 1e5), row(1e6, 1e6, 1.01e5)}));
  const std::regex label(R"re(y="([0-9.]+)" text-anchor="start">tg8)re");
  std::vector<double> lines;
  for (std::sregex_iterator it(svg.begin(), svg.end(), label), end; it != end; ++it)
    lines.push_back(std::stod((*it)[1]));
  ASSERT_EQ(lines.size(), 3u);
  std::sort(lines.begin(), lines.end());
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_GE(lines[i] - lines[i - 1], 12) << i;
}

}  // namespace
