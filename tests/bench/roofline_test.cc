// SPDX-License-Identifier: Apache-2.0
// The roofline counts the file's own blocks and the keys that exist, not what packing adds.
#include "runtime/roofline.h"

#include <gtest/gtest.h>

#include "luoshu/configuration.h"
#include "support/gguf_writer.h"

namespace {

using namespace luoshu;

struct Planned {
  explicit Planned(const testing_support::RandomModel& m)
      : file("random", bytes(m.file())), config(ModelConfig::from(file)) {}
  static std::vector<std::uint8_t> bytes(const std::string& s) { return {s.begin(), s.end()}; }
  gguf::File file;
  ModelConfig config;
};

// d 96, ff 160, 4 heads of 24 (padded to 32 in the chip), 2 KV heads, 2 layers, vocab 131.
constexpr std::uint64_t kLayerWeights = 96 * (96 + 2 * 48) + 96 * 96 + 3 * 96 * 160;
constexpr std::uint64_t kHeadWeights = 96 * 131;
constexpr std::uint64_t kNorms = (2 * 2 + 1) * 96 * 4;
constexpr std::uint64_t kKeyBytes = 2 * 2 * (24 * 5 / 2 + 2);

TEST(Roofline, CountsFileBlocksInEveryConfiguration) {
  const Planned p({});
  for (const Configuration& c : configurations()) {
    const Image image(p.file, p.config, c.capabilities(), 64);
    EXPECT_EQ(image.file_bytes(), (2 * kLayerWeights + kHeadWeights) / 32 * 34 + kNorms) << c.name;
    EXPECT_EQ(image.macs(true), 2 * kLayerWeights + kHeadWeights) << c.name;
    EXPECT_EQ(image.macs(false), 2 * kLayerWeights) << c.name;
  }
}

// 16-bit weights run as two planes on the chip; the file has two bytes and one product for each.
TEST(Roofline, CountsNoPlanesAndNoSecondTable) {
  testing_support::RandomModel m;
  m.type = gguf::Type::kF16;
  m.output_type = gguf::Type::kQ8_0;
  m.tied = false;
  const Planned p(m);
  const Image image(p.file, p.config, configuration("lab").capabilities(), 64);
  EXPECT_EQ(image.file_bytes(), 2 * kLayerWeights * 2 + kHeadWeights / 32 * 34 + kNorms);
  EXPECT_EQ(image.macs(true), 2 * kLayerWeights + kHeadWeights);
}

// What the chip moves of an F32 file are two bytes of a weight and its scale: no share can be above 100 %.
TEST(Roofline, CountsTheSmallerOfFileAndChip) {
  const Capabilities lab = configuration("lab").capabilities();
  const auto least = [&](gguf::Type type) {
    testing_support::RandomModel m;
    m.type = type;
    const Planned p(m);
    const Image image(p.file, p.config, lab, 64);
    EXPECT_LE(image.least_bytes(), image.file_bytes());
    EXPECT_LE(image.least_bytes(), image.weight_bytes());
    EXPECT_EQ(decode_work(image, p.config, 0).bytes, image.least_bytes() + kKeyBytes);
    return image.least_bytes();
  };
  constexpr std::uint64_t kWeights = 2 * kLayerWeights + kHeadWeights;
  EXPECT_EQ(least(gguf::Type::kF32), kWeights / 32 * 68 + kNorms);
  EXPECT_EQ(least(gguf::Type::kF16), kWeights * 2 + kNorms);
  EXPECT_EQ(least(gguf::Type::kQ8_0), kWeights / 32 * 34 + kNorms);
  EXPECT_EQ(least(gguf::Type::kQ4_0), kWeights / 32 * 18 + kNorms);
  EXPECT_EQ(least(gguf::Type::kQ4_1), kWeights / 32 * 20 + kNorms);
}

TEST(Roofline, SharesWeightsBetweenSequences) {
  const Planned p({});
  const Image image(p.file, p.config, configuration("lab").capabilities(), 256, 2);
  EXPECT_EQ(key_bytes(p.config), kKeyBytes);
  const Work one = decode_work(image, p.config, 100);
  EXPECT_EQ(one.bytes, image.file_bytes() + 101 * kKeyBytes);
  EXPECT_EQ(one.macs, image.macs(true) + 101 * 2 * 4 * 24 * 2);
  const Work two = shared_work(image, p.config, {{100, 1}, {7, 1}}, 2);
  EXPECT_EQ(two.bytes, image.file_bytes() + (101 + 8) * kKeyBytes);
  EXPECT_EQ(two.macs, 2 * image.macs(true) + (101 + 8) * 2 * 4 * 24 * 2);
  const Work prompt = shared_work(image, p.config, {{10, 3}}, 1);
  EXPECT_EQ(prompt.bytes, image.file_bytes() + 13 * kKeyBytes);
  EXPECT_EQ(prompt.macs, 3 * image.macs(false) + kHeadWeights + (11 + 12 + 13) * 2 * 4 * 24 * 2);
}

TEST(Roofline, IsTheLargerOfBytesAndMultiplications) {
  const Capabilities lab = configuration("lab").capabilities();  // 32 lanes, 4 columns
  EXPECT_EQ(roofline_cycles({3200, 128}, lab), 100u);
  EXPECT_EQ(roofline_cycles({3201, 128}, lab), 101u);
  EXPECT_EQ(roofline_cycles({32, 12801}, lab), 101u);
}

}  // namespace
