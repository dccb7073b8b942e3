// SPDX-License-Identifier: Apache-2.0
// What becomes of each key and tensor of a model file: it is used, it is known to change nothing, or the
// model is refused because of it. Nothing of a file is passed over in silence.
#pragma once
#include <string>
#include <vector>

#include "gguf/gguf.h"

namespace luoshu {

enum class Fate { kUsed, kHarmless, kRefused };

struct Finding {
  std::string name;  // of the key or tensor
  Fate fate = Fate::kUsed;
  std::string why;  // in words that follow the name ("is a bias, ..."); empty where it is used
};

struct Inventory {
  std::vector<Finding> keys, tensors;  // in the file's order
  // Throws InputError that names the first refused key, or else the first refused tensor.
  void check() const;
};

// Whether this release runs models of this general.architecture.
bool is_known_architecture(const std::string& name);

// Looks at names and at the values that decide; a file with missing or mistyped keys has an inventory too.
// Shapes, and what is missing, are for ModelConfig::from().
Inventory inventory_of(const gguf::File& file);

}  // namespace luoshu
