// SPDX-License-Identifier: Apache-2.0
// Fills KV caches without computing what they would hold.
#pragma once
#include <cstdint>

#include "config/model_config.h"
#include "program/image.h"

namespace luoshu::bench {

// Writes `depth` keys and values into the cache of each of the first `sequences`: values between -2 and 2 in
// the documented format, the same at every call. Blocks of 32 keys are drawn from a few random ones.
void fill_cache(Chip& chip, const Image& image, const ModelConfig& config, std::uint32_t sequences,
                std::uint32_t depth);

}  // namespace luoshu::bench
