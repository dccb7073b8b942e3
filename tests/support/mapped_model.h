// SPDX-License-Identifier: Apache-2.0
// A GGUF file of a test, mapped as users' files are; nothing is left on disk.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include "gguf/gguf.h"

namespace luoshu::testing_support {

// Maps `data` as a file; throws what gguf::File throws.
inline std::unique_ptr<gguf::File> mapped(const std::string& data) {
  const std::string path = testing::TempDir() + "luoshu_" + std::to_string(getpid()) + ".gguf";
  std::ofstream(path, std::ios::binary) << data;
  const auto remove = [](const std::string* p) { unlink(p->c_str()); };
  const std::unique_ptr<const std::string, decltype(remove)> guard(&path, remove);
  return std::make_unique<gguf::File>(path);
}

}  // namespace luoshu::testing_support
