// SPDX-License-Identifier: Apache-2.0
// Synthetic models: every shape is a valid file, the same at every call, with finite logits.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "bench/shapes.h"
#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "program/image.h"
#include "runtime/engine.h"

namespace {

using namespace luoshu;
using namespace luoshu::bench;

TEST(Synthetic, EveryShapeIsAModel) {
  for (Shape s : shapes()) {
    s.vocab = 512;  // small files
    s.layers = 2;
    const auto file = synthetic_model(s, gguf::Type::kQ4_0);
    const ModelConfig c = ModelConfig::from(*file);
    EXPECT_EQ(c.name, s.name);
    EXPECT_EQ(c.layers, 2u) << s.name;
    EXPECT_EQ(c.heads, s.heads) << s.name;
    EXPECT_EQ(c.kv_heads, s.kv_heads) << s.name;
    EXPECT_EQ(c.head_dim, s.head_dim) << s.name;
    EXPECT_EQ(c.qkv_bias, s.arch == "qwen2") << s.name;
    EXPECT_EQ(c.qk_norm, s.arch == "qwen3") << s.name;
    EXPECT_EQ(file->find("output.weight") == nullptr, s.tied) << s.name;
    EXPECT_EQ(file->require("token_embd.weight").type, gguf::Type::kQ4_0) << s.name;
  }
  EXPECT_THROW(shape("qwen4"), InputError);
  EXPECT_THROW(weight_type("Q5_K"), InputError);
}

// The sizes that users know: Q8_0 and Q4_0 of Qwen3-0.6B and SmolLM2 in facts of their files.
TEST(Synthetic, HasTheSizeOfTheRealFile) {
  const auto file = synthetic_model(shape("smollm2-135m"), gguf::Type::kQ8_0);
  EXPECT_NEAR(static_cast<double>(file->size()) / 1e6, 143, 1);
}

TEST(Synthetic, SameBytesAndDifferentRows) {
  const auto a = synthetic_model(shape("stories260k"), gguf::Type::kQ8_0);
  const auto b = synthetic_model(shape("stories260k"), gguf::Type::kQ8_0);
  for (std::size_t i = 0; i < a->tensors().size(); ++i) {
    const gguf::Tensor& t = a->tensors()[i];
    ASSERT_EQ(std::memcmp(t.data, b->tensors()[i].data, t.bytes), 0) << t.name;
  }
  const gguf::Tensor& table = a->require("token_embd.weight");
  const std::uint64_t row = table.bytes / table.rows();
  EXPECT_NE(std::memcmp(table.data, table.data + row, row), 0);
  // 172 elements are no blocks of 32.
  EXPECT_EQ(a->require("blk.0.ffn_down.weight").type, gguf::Type::kF16);
}

TEST(Synthetic, LogitsAreFinite) {
  for (const gguf::Type type : {gguf::Type::kQ8_0, gguf::Type::kQ4_0, gguf::Type::kQ4_1, gguf::Type::kF16}) {
    const auto file = synthetic_model(shape("stories260k"), type);
    const ModelConfig config = ModelConfig::from(*file);
    ModelChip chip(configuration("lab"), 1);
    Image image(*file, config, chip.capabilities(), 32);
    image.upload(chip, nullptr, false);
    const auto engine = make_chip_engine(chip, image, config.vocab);
    std::vector<float> logits;
    engine->evaluate({1, 2, 3, 4, 5}, LogitsMode::kAll, &logits);
    float largest = 0;
    for (const float x : logits) {
      ASSERT_TRUE(std::isfinite(x)) << gguf::type_name(type);
      largest = std::max(largest, std::fabs(x));
    }
    EXPECT_GT(largest, 0.1f) << gguf::type_name(type);
    EXPECT_LT(largest, 100.0f) << gguf::type_name(type);
  }
}

}  // namespace
