// SPDX-License-Identifier: Apache-2.0
// Where tests find models: the bundled one, and real weights that users do not have (LUOSHU_MODELS, else
// ../shared/models).
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>

namespace luoshu::testing_support {

inline std::string source_root() {
  return LUOSHU_SOURCE_ROOT;
}

inline std::string bundled_model() {
  return source_root() + "/models/bundled/luoshu-stories.gguf";
}

// The path of a file with real weights; empty when it is not here.
inline std::string real_file(const std::string& name) {
  const char* folder = std::getenv("LUOSHU_MODELS");
  const std::string path =
      (folder != nullptr ? std::string(folder) : source_root() + "/../shared/models") + "/" + name;
  return std::filesystem::exists(path) ? path : std::string();
}

}  // namespace luoshu::testing_support
