// SPDX-License-Identifier: Apache-2.0
// Which values weights may have.
#pragma once
#include <cstdint>
#include <string>

namespace luoshu::gguf {

// Magnitudes from here on are refused: no model has them, and sums of their products leave fp32.
constexpr float kWeightLimit = 0x1p30f;

// Throws InputError that names the tensor when one of its values is infinite, not a number, or beyond the
// limit.
void check_values(const std::string& tensor, const float* values, std::uint64_t count);

}  // namespace luoshu::gguf
