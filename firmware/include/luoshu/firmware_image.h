// SPDX-License-Identifier: Apache-2.0
// The firmware as bytes, to be loaded at address 0 of the control core's memory.
#pragma once
#include <cstddef>
#include <cstdint>

extern "C" {
extern const std::uint8_t luoshu_firmware_image[];
extern const std::uint8_t luoshu_firmware_image_end[];
}

namespace luoshu {
inline const std::uint8_t* firmware_data() {
  return luoshu_firmware_image;
}
inline std::size_t firmware_size() {
  return static_cast<std::size_t>(luoshu_firmware_image_end - luoshu_firmware_image);
}
}  // namespace luoshu
