// SPDX-License-Identifier: Apache-2.0
// Checkpoints on the model device: the same memory and text as an upload, by mapping and by writing; files
// that are of something else, of another key, damaged or unfinished.
#include "program/checkpoint.h"

#include <gtest/gtest.h>

#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "runtime/timed_chip.h"
#include "support/checkpoints.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"

namespace {

using namespace luoshu;
using namespace testing_support;

// The model device, without its ability to map files: what a link leaves of a device.
class WrittenChip final : public Chip {
 public:
  explicit WrittenChip(const Configuration& configuration) : chip_(configuration, 1) {}
  // Bytes that arrive as others.
  std::uint32_t damage_at = ~0u;

  const Capabilities& capabilities() const override { return chip_.capabilities(); }
  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) override {
    chip_.write_memory(address, data, bytes);
    if (damage_at < address || damage_at - address >= bytes) return;
    const auto byte = static_cast<std::uint8_t>(~static_cast<const std::uint8_t*>(data)[damage_at - address]);
    chip_.write_memory(damage_at, &byte, 1);
  }
  void read_memory(std::uint32_t address, void* data, std::size_t bytes) override {
    chip_.read_memory(address, data, bytes);
  }
  std::uint32_t checksum(std::uint32_t address, std::uint64_t bytes) override {
    return chip_.checksum(address, bytes);
  }
  void configure(std::uint32_t kv_head_stride, std::uint32_t kv_block_bytes,
                 const std::vector<std::uint32_t>& stop_ids) override {
    chip_.configure(kv_head_stride, kv_block_bytes, stop_ids);
  }
  void start(const RunRequest& run) override { chip_.start(run); }
  void stop() override { chip_.stop(); }
  ChipEvent next_event(std::chrono::milliseconds deadline) override { return chip_.next_event(deadline); }
  ChipCounters counters(bool clear) override { return chip_.counters(clear); }
  std::uint64_t cycles() const override { return 0; }

 private:
  ModelChip chip_;
};

class CheckpointTest : public testing::Test {
 protected:
  const Configuration& configuration = luoshu::configuration("lab");
  RandomModel model;
  std::unique_ptr<gguf::File> file = mapped(model.file());
  ModelConfig config = ModelConfig::from(*file);
  Image image{*file, config, configuration.capabilities(), 64};
  Folder folder;
  const std::string path = folder.file("model.checkpoint");

  Checkpoint open(const Image& of, bool verify = false, const std::string& program = "test") const {
    return {path, of.checkpoint_key(program), of.checkpoint_bytes(), verify};
  }
  // Uploads with the checkpoint; "" where it was not there before, "used", or in what it differed.
  std::string load(Chip& chip, Image& of, const std::string& program = "test") const {
    Checkpoint checkpoint = open(of, false, program);
    const std::string how = checkpoint.found() ? "used" : checkpoint.differs();
    of.upload(chip, nullptr, true, &checkpoint);
    return how;
  }
  std::string refusal(bool verify = false) const {
    try {
      open(image, verify);
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(CheckpointTest, MemoryAndTextAreThoseOfAnUpload) {
  for (const bool tied : {true, false}) {
    for (const char* arch : {"llama", "qwen2", "qwen3"}) {
      SCOPED_TRACE(arch);
      RandomModel m;
      m.arch = arch;
      m.tied = tied;
      m.bias = m.arch == "qwen2";
      m.qk_norm = m.arch == "qwen3";
      const auto gguf = mapped(m.file());
      const ModelConfig c = ModelConfig::from(*gguf);
      const auto plan = [&] { return Image(*gguf, c, configuration.capabilities(), 64); };
      Image plain = plan();
      ModelChip chip(configuration, 1);
      plain.upload(chip, nullptr, false);
      const std::vector<std::uint8_t> expected = memory_of(chip, plain);
      const Text text = text_of(chip, plain, c.vocab, 8);

      Image first = plan();
      TimedChip writer(std::make_unique<ModelChip>(configuration, 1));
      EXPECT_NE(load(writer, first), "used");
      EXPECT_EQ(memory_of(writer, first), expected);
      const std::string bytes = contents(path);
      // By mapping, through the timed chip as the command line has it.
      Image second = plan();
      TimedChip reader(std::make_unique<ModelChip>(configuration, 1));
      EXPECT_EQ(load(reader, second), "used");
      EXPECT_EQ(memory_of(reader, second), expected);
      EXPECT_EQ(text_of(reader, second, c.vocab, 8), text);
      // By writing.
      Image third = plan();
      WrittenChip link(configuration);
      EXPECT_EQ(load(link, third), "used");
      EXPECT_EQ(memory_of(link, third), expected);
      EXPECT_EQ(text_of(link, third, c.vocab, 8), text);
      // The mapping is copy-on-write.
      EXPECT_EQ(contents(path), bytes);
      EXPECT_EQ(folder.files(), 1u);
    }
  }
}

TEST_F(CheckpointTest, PagesAreMapped) {
  ModelChip chip(configuration, 1);
  load(chip, image);
  const Checkpoint checkpoint = open(image);
  ASSERT_TRUE(checkpoint.found());
  EXPECT_TRUE(chip.map_memory(0, checkpoint.file(), Checkpoint::kPayload, 4096));
  EXPECT_FALSE(chip.map_memory(0, checkpoint.file(), Checkpoint::kPayload + 4, 4096));
  EXPECT_FALSE(chip.map_memory(32, checkpoint.file(), Checkpoint::kPayload, 4096));
  EXPECT_FALSE(chip.map_memory(0, -1, Checkpoint::kPayload, 4096));
  const std::uint64_t end = configuration.capabilities().memory_bytes;
  EXPECT_THROW(chip.map_memory(0, checkpoint.file(), Checkpoint::kPayload, end + 1), DeviceError);
}

TEST_F(CheckpointTest, AnotherKeyIsWrittenAnew) {
  ModelChip chip(configuration, 1);
  EXPECT_EQ(load(chip, image), "");
  EXPECT_EQ(load(chip, image), "used");
  EXPECT_EQ(load(chip, image, "another"), "another version of this program");
  EXPECT_EQ(load(chip, image, "another"), "used");
  Image longer(*file, config, configuration.capabilities(), 65);
  EXPECT_EQ(load(chip, longer, "another"), "another context");
  EXPECT_EQ(load(chip, longer, "another"), "used");
  Image several(*file, config, configuration.capabilities(), 65, 2);
  EXPECT_EQ(load(chip, several), "another number of sequences, another version of this program");
  ModelConfig shorter = config;
  shorter.layers = 1;
  Image fewer(*file, shorter, configuration.capabilities(), 65, 2);
  EXPECT_EQ(load(chip, fewer), "another model");
  const Configuration& wide = luoshu::configuration("wide");
  ModelChip other(wide, 1);
  Image on_wide(*file, shorter, wide.capabilities(), 65, 2);
  EXPECT_EQ(load(other, on_wide), "another configuration");
  EXPECT_EQ(load(other, on_wide), "used");
  // The same bytes, written at another time.
  const auto copy = mapped(model.file());
  ASSERT_NE(copy->parts().front().modified, file->parts().front().modified);
  Image of_copy(*copy, shorter, wide.capabilities(), 65, 2);
  EXPECT_EQ(load(other, of_copy), "another model");
  EXPECT_EQ(folder.files(), 1u);
}

TEST_F(CheckpointTest, OtherFilesStayAsTheyAre) {
  for (const auto& [bytes, what] : {std::pair<std::string, const char*>{"", "is empty"},
                                    {"LUOSHU", "is a file of another kind"},
                                    {model.file(), "is a GGUF file"},
                                    {std::string(1 << 17, 'x'), "is a file of another kind"}}) {
    put(path, bytes);
    EXPECT_TRUE(has(refusal(), what)) << refusal();
    EXPECT_TRUE(has(refusal(), "stays as it is; ")) << refusal();
    EXPECT_EQ(contents(path), bytes);
    EXPECT_EQ(folder.files(), 1u);
  }
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_TRUE(has(refusal(), "is a folder or a device; ")) << refusal();
}

TEST_F(CheckpointTest, DamagedFilesAreRefused) {
  ModelChip chip(configuration, 1);
  load(chip, image);
  const std::string whole = contents(path);
  ASSERT_EQ(whole.size(), Checkpoint::kPayload + image.checkpoint_bytes());
  for (const std::size_t size : {std::size_t{8}, std::size_t{55}, std::size_t{56}, std::size_t{4096},
                                 std::size_t{Checkpoint::kPayload}, whole.size() - 1}) {
    put(path, whole.substr(0, size));
    EXPECT_TRUE(has(refusal(), "is damaged: it ")) << size << refusal();
    EXPECT_EQ(contents(path).size(), size);
  }
  put(path, whole + "x");
  EXPECT_TRUE(has(refusal(), "is damaged: it has")) << refusal();
  for (const std::size_t at : {std::size_t{Checkpoint::kPayload}, whole.size() / 2, whole.size() - 1}) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 16);
    put(path, flipped);
    EXPECT_TRUE(has(refusal(), "its checksum differs; delete it")) << refusal();
    EXPECT_TRUE(has(refusal(true), "its checksum differs; delete it")) << refusal();
    EXPECT_EQ(contents(path), flipped);
  }
  put(path, whole);
  EXPECT_EQ(refusal(), "");
}

// The payload's checksum is compared always up to a size, beyond it with `verify`.
TEST_F(CheckpointTest, LargeFilesAreReadOnlyToVerify) {
  const std::uint64_t bytes = Checkpoint::kAlwaysCompared + 4096;
  const CheckpointKey key;
  {
    Checkpoint checkpoint(path, key, bytes, false);
    checkpoint.finish();
  }
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(1 << 20).put('x');
  EXPECT_TRUE(Checkpoint(path, key, bytes, false).found());
  EXPECT_THROW(Checkpoint(path, key, bytes, true), InputError);
}

TEST_F(CheckpointTest, AnInterruptedWriteLeavesNothing) {
  ModelChip chip(configuration, 1);
  const auto interrupted = [&](Image& of) {
    Checkpoint checkpoint = open(of);
    ASSERT_FALSE(checkpoint.found());
    const auto stop = [](std::uint64_t done, std::uint64_t total) {
      if (done > total / 2) throw DeviceError("interrupted");
    };
    EXPECT_THROW(of.upload(chip, stop, false, &checkpoint), DeviceError);
    EXPECT_TRUE(std::filesystem::exists(path + ".tmp-" + std::to_string(getpid())));
  };
  interrupted(image);
  EXPECT_EQ(folder.files(), 0u);
  // One with another key that was there stays.
  load(chip, image);
  const std::string before = contents(path);
  Image longer(*file, config, configuration.capabilities(), 65);
  interrupted(longer);
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_EQ(contents(path), before);
}

TEST_F(CheckpointTest, WritesThroughALink) {
  const std::string target = folder.file("elsewhere");
  ModelChip chip(configuration, 1);
  load(chip, image);
  std::filesystem::rename(path, target);
  std::filesystem::create_symlink(target, path);
  EXPECT_EQ(load(chip, image, "another"), "another version of this program");
  EXPECT_TRUE(std::filesystem::is_symlink(path));
  EXPECT_EQ(load(chip, image, "another"), "used");
}

TEST_F(CheckpointTest, NoFolderIsOneLine) {
  try {
    const Checkpoint checkpoint(folder.file("none/model.checkpoint"), image.checkpoint_key("test"),
                                image.checkpoint_bytes(), false);
    FAIL();
  } catch (const InputError& e) {
    EXPECT_TRUE(has(e.what(), "give a path in a folder that exists and can be written")) << e.what();
  }
}

// With `verify` a byte that arrives as another is found, wherever it lies.
TEST_F(CheckpointTest, VerifyFindsWhatTheLinkDamages) {
  ModelChip chip(configuration, 1);
  load(chip, image);
  for (const std::uint64_t at :
       {std::uint64_t{0}, image.checkpoint_bytes() / 2, image.checkpoint_bytes() - 1}) {
    WrittenChip link(configuration);
    link.damage_at = static_cast<std::uint32_t>(at);
    Checkpoint checkpoint = open(image);
    EXPECT_THROW(image.upload(link, nullptr, true, &checkpoint), DeviceError);
  }
}

}  // namespace
