// SPDX-License-Identifier: Apache-2.0
// Matrix times vector by panels of 16 rows (docs/numerics.md section 4): unpacked weights of a few blocks and
// the kernels that multiply them by one vector. Every kernel gives the same bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "chip/kernels.h"

namespace luoshu::model {

constexpr std::size_t kPanelRows = 16;
constexpr std::size_t kPanelSteps = 32;  // at most; a step is one block of each row, or one plane of it

// Weights of 16 rows as unsigned bytes u = w + offset[plane], offset 128 (signed), 8 (nibbles of INT4) or 0.
struct Panel {
  alignas(64) std::uint8_t u[kPanelSteps][kPanelRows][kBlock];
  alignas(
      64) std::uint16_t halves[kPanelSteps][2 * kPanelRows] = {};  // scales, or scale and minimum by turns
  alignas(64) std::int32_t scale[kPanelSteps][kPanelRows];         // significand << 12
  alignas(64) std::int32_t shift[kPanelSteps][kPanelRows];         // W - we - 4 - ps + 12, not negative
  alignas(64) std::int32_t min[kPanelSteps][kPanelRows];  // the same for the minimum, only with minima
  alignas(64) std::int32_t min_shift[kPanelSteps][kPanelRows];
  std::size_t steps = 0;
  std::size_t first_block = 0;  // of the vector
  std::size_t planes = 1;
  std::int32_t offset[2] = {0, 0};
  bool minima = false;

  std::size_t block_of(std::size_t step) const { return first_block + (planes == 2 ? step / 2 : step); }
};

// A vector of activations: a = 64 high + low, low in -32..31, so that a byte holds each.
struct PanelVector {
  std::vector<std::int8_t> high, low;  // blocks x 32
  std::vector<std::int32_t> drop;      // A - ae per block
  std::vector<std::int32_t> sum;       // sum of a per block
};
PanelVector panel_vector(const Activations& v);

// Adds the terms of the panel's blocks to acc[row].
using PanelKernel = void (*)(const Panel& panel, const PanelVector& v, std::int64_t* acc);

struct NamedPanelKernel {
  const char* name;
  PanelKernel run;
};
// The kernels that this machine can run, the fastest first, the portable one last.
const std::vector<NamedPanelKernel>& panel_kernels();

}  // namespace luoshu::model
