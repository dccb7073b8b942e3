// SPDX-License-Identifier: Apache-2.0
// Block sizes of the tensor types that have a decoder.
#pragma once
#include <cstdint>

#include "gguf/gguf.h"

namespace luoshu::gguf {

struct TypeLayout {
  std::uint64_t block = 1;        // elements
  std::uint64_t block_bytes = 0;  // 0: no decoder for this type
};

TypeLayout type_layout(Type type);

}  // namespace luoshu::gguf
