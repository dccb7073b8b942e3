// SPDX-License-Identifier: Apache-2.0
// What the tests of checkpoints share: a folder of their own, bytes of files and devices, a short text.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "program/image.h"
#include "runtime/engine.h"

namespace luoshu::testing_support {

// An empty folder that goes with the object.
class Folder {
 public:
  Folder() : path_(testing::TempDir() + "luoshu_checkpoint_" + std::to_string(getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  const std::string path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The memory of the image, caches and logits included.
inline std::vector<std::uint8_t> memory_of(Chip& chip, const Image& image) {
  std::vector<std::uint8_t> bytes(image.memory_bytes());
  chip.read_memory(0, bytes.data(), bytes.size());
  return bytes;
}

// A greedy text and the bits of its logits.
struct Text {
  std::vector<std::int32_t> tokens;
  std::vector<float> logits;
  bool operator==(const Text& other) const { return tokens == other.tokens && logits == other.logits; }
};

inline Text text_of(Chip& chip, const Image& image, std::uint32_t vocab, std::size_t count) {
  const auto engine = make_chip_engine(chip, image, vocab);
  Text text;
  text.tokens.push_back(engine->evaluate({1, 5, 9}, LogitsMode::kLast, &text.logits));
  while (text.tokens.size() < count)
    text.tokens.push_back(engine->evaluate({text.tokens.back()}, LogitsMode::kLast, &text.logits));
  return text;
}

}  // namespace luoshu::testing_support
