// SPDX-License-Identifier: Apache-2.0
// Checkpoints on the simulated chip: memory and text after a restore, mapped and over the link, are those
// after an upload.
#include <gtest/gtest.h>

#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "simulated_chip.h"
#include "support/checkpoints.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"

namespace {

using namespace luoshu;
using namespace testing_support;

struct Loaded {
  bool found;
  std::vector<std::uint8_t> memory;
  Text text;
};

TEST(CheckpointChip, MemoryAndTextAreThoseOfAnUpload) {
  RandomModel model;
  model.layers = 1;
  model.d = 64;
  model.ff = 96;
  model.heads = model.kv_heads = 2;
  const auto file = mapped(model.file());
  const ModelConfig config = ModelConfig::from(*file);
  const Folder folder;
  SimulationOptions options;
  options.config = "nano";
  const auto load = [&](bool back_door) {
    SimulatedChip chip(options, back_door);
    Image image(*file, config, chip.capabilities(), 32);
    Checkpoint checkpoint(folder.file("model.checkpoint"), image.checkpoint_key("test"),
                          image.checkpoint_bytes(), false);
    image.upload(chip, nullptr, !back_door, &checkpoint);
    // The part that an upload writes; over the link, reading more takes long.
    std::vector<std::uint8_t> memory(image.checkpoint_bytes());
    chip.read_memory(0, memory.data(), memory.size());
    return Loaded{checkpoint.found(), std::move(memory), text_of(chip, image, config.vocab, 4)};
  };
  const Loaded uploaded = load(true);
  EXPECT_FALSE(uploaded.found);
  for (const bool back_door : {true, false}) {
    SCOPED_TRACE(back_door ? "mapped" : "over the link");
    const Loaded restored = load(back_door);
    EXPECT_TRUE(restored.found);
    EXPECT_EQ(restored.memory, uploaded.memory);
    EXPECT_EQ(restored.text, uploaded.text);
  }
}

}  // namespace
