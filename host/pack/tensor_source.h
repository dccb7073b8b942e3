// SPDX-License-Identifier: Apache-2.0
// Turns a GGUF tensor into blocks that the chip runs: natively, losslessly or re-quantised.
#pragma once
#include <cstdint>

#include "gguf/gguf.h"
#include "pack/stream.h"

namespace luoshu::pack {

// How a tensor's values reach the chip.
enum class Fidelity {
  kNative,      // the file's own integers and scales
  kLossless,    // other integers, the same values
  kRequantised  // 16-bit integers per block of 32 with a power-of-two scale: relative error below 2^-15 of
                // the block's largest
};

// The mode that a tensor type runs in by itself: Q8_0, Q4_0, Q4_1 natively, everything else as two planes.
Mode natural_mode(std::uint32_t ggml_type);

// The tensor as a matrix in `mode`. Q4_0 can also run as kInt8 (lossless), everything as kPlanes
// (re-quantised). The tensor's data must outlive the source. Throws InputError when the type cannot run in
// that mode or a value is not finite.
MatrixSource tensor_source(const gguf::Tensor& tensor, Mode mode);

Fidelity fidelity(std::uint32_t ggml_type, Mode mode);

}  // namespace luoshu::pack
