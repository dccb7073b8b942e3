// SPDX-License-Identifier: Apache-2.0
// Packs matrices into weight streams (docs/architecture/memory.md): rows in tiles, blocks of 32, one
// scale beat before each run of value beats.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "luoshu/defs.h"

namespace luoshu::pack {

// How the weights of a matrix run on the chip; the values are those of the Mode field of a command.
enum class Mode : std::uint8_t {
  kInt8 = LUOSHU_MODE_INT8,
  kInt4 = LUOSHU_MODE_INT4,
  kInt4m = LUOSHU_MODE_INT4M,
  kPlanes = LUOSHU_MODE_PLANES
};

// The INT4 modes join neighbouring columns: their activations are stored in the joined mapping.
inline bool is_joined(Mode mode) {
  return mode == Mode::kInt4 || mode == Mode::kInt4m;
}

// 32 weights of one row as integers, with their scale. w: int8 (kInt8), nibble 0..15 (kInt4, kInt4m), int16
// (kPlanes).
struct Block {
  std::int16_t w[32];
  std::uint16_t scale;  // fp16
  std::uint16_t min;    // fp16, kInt4m only
};

// A matrix [rows, cols] as blocks; block(row, k) fills weights 32k..32k+31 of the row, zeros beyond the last
// column.
struct MatrixSource {
  Mode mode = Mode::kInt8;
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::string name;  // for error messages
  std::function<void(std::uint64_t row, std::uint64_t k, Block& out)> block;
};

// The shape of a stream for `lanes` bytes per beat.
struct StreamShape {
  std::uint32_t lanes = 32;
  Mode mode = Mode::kInt8;
  std::uint64_t rows = 0;
  std::uint64_t kblocks = 0;

  std::uint32_t slots() const { return lanes < 32 ? 1 : lanes / 32; }
  std::uint32_t tile_rows() const { return slots() * (is_joined(mode) ? 2 : 1); }
  std::uint32_t beats_per_block() const { return lanes < 32 ? 32 / lanes : 1; }
  std::uint32_t planes() const { return mode == Mode::kPlanes ? 2 : 1; }
  std::uint32_t run_beats() const { return mode == Mode::kInt4 ? 8 : mode == Mode::kInt4m ? 4 : 16; }
  std::uint64_t tiles() const { return (rows + tile_rows() - 1) / tile_rows(); }
  std::uint64_t value_beats() const { return tiles() * kblocks * planes() * beats_per_block(); }
  std::uint64_t beats() const { return value_beats() + (value_beats() + run_beats() - 1) / run_beats(); }
  std::uint64_t bytes() const { return beats() * lanes; }
};

// Receives the packed bytes in order.
using Sink = std::function<void(const std::uint8_t* data, std::size_t bytes)>;

StreamShape stream_shape(const MatrixSource& source, std::uint32_t lanes);

// Packs the matrix. Returns W, the largest exponent of its scales and minima (docs/numerics.md, section 4).
// Throws InputError when a scale is infinite or not a number.
int pack_stream(const MatrixSource& source, std::uint32_t lanes, const Sink& sink);

// Several matrices with the same mode and columns, one below the other.
MatrixSource concatenate(std::vector<MatrixSource> parts);
// Row 2i = a's row i, row 2i + 1 = b's row i; same mode and shape.
MatrixSource interleave(MatrixSource a, MatrixSource b);

}  // namespace luoshu::pack
