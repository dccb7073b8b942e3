// SPDX-License-Identifier: Apache-2.0
// Limits of a configuration: a model that exceeds one is refused, with the number, before anything runs.
#include "program/image.h"

#include <gtest/gtest.h>

#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"

namespace {

using namespace luoshu;
using testing_support::RandomModel;

// The message of the refusal; empty when the model is taken.
std::string refusal(const RandomModel& m, const std::string& name, std::uint32_t context,
                    std::uint32_t sequences = 1) {
  const auto file = testing_support::mapped(m.file());
  const ModelConfig config = ModelConfig::from(*file);
  try {
    const Image image(*file, config, configuration(name).capabilities(), context, sequences);
    EXPECT_LE(image.memory_bytes(), configuration(name).capabilities().memory_bytes);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

RandomModel thin() {
  RandomModel m;
  m.layers = 1;
  m.ff = 32;
  m.d = 32;
  m.heads = 2;
  m.kv_heads = 2;
  m.head_dim = 8;
  m.vocab = 20;
  return m;
}

TEST(Image, Limits) {
  EXPECT_EQ(refusal(thin(), "nano", 64), "");
  RandomModel m = thin();
  m.d = 800;
  EXPECT_TRUE(has(refusal(m, "nano", 64), "embedding_length is 800, this configuration takes 768"));
  EXPECT_EQ(refusal(m, "lab", 64), "");
  m = thin();
  m.heads = 18;
  EXPECT_TRUE(has(refusal(m, "nano", 64), "head_count is 18, this configuration takes 16"));
  m = thin();
  m.heads = m.kv_heads = 8;
  m.head_dim = 256;
  EXPECT_TRUE(has(refusal(m, "nano", 64), "width of all query heads is 2048, this configuration takes 1024"));
  // Attention and feed-forward vectors share their place: of 128 blocks the embedding takes one.
  m = thin();
  m.ff = 127 * 32;
  EXPECT_EQ(refusal(m, "nano", 64), "");
  m.ff += 1;
  EXPECT_TRUE(has(refusal(m, "nano", 64), "activation storage"));
  EXPECT_EQ(refusal(thin(), "nano", 1u << 21), "");
  EXPECT_TRUE(
      has(refusal(thin(), "nano", (1u << 21) + 1), "context of 2097153 positions is above the 2097152"));
  EXPECT_EQ(refusal(thin(), "lab", (1u << 21) + 1), "");
}

TEST(Image, EveryHeadFits) {
  RandomModel m = thin();
  m.heads = m.kv_heads = 1;
  for (const char* name : {"nano", "lab", "wide"}) {
    for (m.head_dim = 8; m.head_dim <= 256; m.head_dim += m.head_dim < 240 ? 22 : 2) {
      for (const std::uint32_t rot : {2u, m.head_dim / 4 * 2, m.head_dim - 2, m.head_dim}) {
        m.rope_dims = rot;
        EXPECT_EQ(refusal(m, name, 64), "") << name << " head_dim " << m.head_dim << " rot " << rot;
      }
    }
  }
}

// Strides of the KV cache that do not fit 32 bits must not wrap to small ones.
TEST(Image, ContextBeyondTheMemory) {
  RandomModel m = thin();
  m.heads = m.kv_heads = 8;
  m.head_dim = 256;
  for (const std::uint32_t context : {1u << 20, (1u << 20) - 1, 838861u, 419431u, ~0u}) {
    const std::string text = refusal(m, "lab", context);
    EXPECT_TRUE(has(text, "KV cache")) << text;
    EXPECT_TRUE(has(text, "smaller context")) << text;
  }
  EXPECT_TRUE(has(refusal(m, "lab", 4096, 1u << 20), "KV cache"));
  // A cache that fits only without the weights: 704 bytes per block of 32 positions.
  m.heads = m.kv_heads = 1;
  m.head_dim = 8;
  const std::string text = refusal(m, "lab", (1u << 30) / 704 * 32);
  EXPECT_TRUE(has(text, "the model needs 1025 MiB")) << text;
}

}  // namespace
