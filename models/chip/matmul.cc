// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>

#include "chip/kernels.h"
#include "numerics/fp.h"

namespace luoshu::model {
namespace {

using numerics::tofp;

// An fp16 as significand (11 bits and sign) and exponent, subnormals included.
void split_half(std::uint16_t h, std::int32_t& significand, std::int32_t& exponent) {
  const std::int32_t biased = h >> 10 & 31;
  const std::int32_t fraction = h & 1023;
  const std::int32_t magnitude = biased != 0 ? fraction + 1024 : fraction;
  significand = (h & 0x8000) != 0 ? -magnitude : magnitude;
  exponent = std::max(biased, 1) - 25;
}

std::uint16_t half_at(const std::uint8_t* p) {
  std::uint16_t h = 0;
  std::memcpy(&h, p, 2);
  return h;
}

// The place of a block in a stream.
struct BlockPlace {
  const std::uint8_t* values;  // 32 bytes
  const std::uint8_t* scale;   // fp16, or fp16 pair
};

BlockPlace locate(const WeightStream& s, std::uint32_t row, std::uint32_t k, std::uint32_t plane) {
  const std::uint32_t tile = row / s.tile_rows();
  const std::uint32_t in_tile = row % s.tile_rows();
  const std::uint64_t beat =
      ((std::uint64_t{tile} * s.kblocks + k) * s.planes() + plane) * s.beats_per_block();
  const std::uint64_t run = beat / s.run_beats();
  const std::uint64_t order = beat % s.run_beats() / s.beats_per_block();
  const std::uint8_t* scales = s.data + run * (s.run_beats() + 1) * s.lanes;
  const std::uint32_t slot = s.joined() ? in_tile / 2 : in_tile;
  return {s.data + (beat + run + 1) * s.lanes + slot * 32,
          scales + (order * s.tile_rows() + in_tile) * (s.mode == LUOSHU_MODE_INT4M ? 4 : 2)};
}

// Term of section 4: p / 2^shift rounded, shift >= -12 and |p| < 2^37. Branch-free, so that loops vectorise.
inline std::int64_t term(std::int64_t p, std::int64_t shift) {
  const std::int64_t up = std::min<std::int64_t>(shift + 12, 63);
  const auto half = static_cast<std::int64_t>((std::uint64_t{1} << up) >> 1);
  return (p * 4096 + half) >> up;
}

// Weights of one row, a block after the other, ready for many vectors.
struct Row {
  std::vector<std::int16_t> w;      // blocks x 32
  std::vector<std::int64_t> scale;  // significands
  std::vector<std::int64_t> shift;  // W - we - 4 - ps
  std::vector<std::int64_t> min, min_shift;
};

void load_values(const WeightStream& s, const BlockPlace& place, std::uint32_t row, std::uint32_t plane,
                 std::int16_t* w) {
  const std::uint8_t* v = place.values;
  if (s.mode == LUOSHU_MODE_INT8 || (s.mode == LUOSHU_MODE_PLANES && plane == 0)) {
    for (int i = 0; i < kBlock; ++i) w[i] = static_cast<std::int8_t>(v[i]);
  } else if (s.mode == LUOSHU_MODE_PLANES) {
    for (int i = 0; i < kBlock; ++i) w[i] = v[i];
  } else {
    const std::int16_t offset = s.mode == LUOSHU_MODE_INT4 ? 8 : 0;
    const int shift = row % 2 != 0 ? 4 : 0;
    for (int i = 0; i < kBlock; ++i) w[i] = static_cast<std::int16_t>((v[i] >> shift & 15) - offset);
  }
}

void load_row(const WeightStream& s, std::uint32_t row, Row& out) {
  const std::uint32_t planes = s.planes();
  const std::size_t blocks = std::size_t{s.kblocks} * planes;
  out.w.resize(blocks * kBlock);
  out.scale.resize(blocks);
  out.shift.resize(blocks);
  if (s.mode == LUOSHU_MODE_INT4M) {
    out.min.resize(blocks);
    out.min_shift.resize(blocks);
  }
  for (std::uint32_t k = 0; k < s.kblocks; ++k) {
    for (std::uint32_t plane = 0; plane < planes; ++plane) {
      const std::size_t b = std::size_t{k} * planes + plane;
      const BlockPlace place = locate(s, row, k, plane);
      load_values(s, place, row, plane, out.w.data() + b * kBlock);
      std::int32_t significand = 0;
      std::int32_t exponent = 0;
      split_half(half_at(place.scale), significand, exponent);
      const int high = planes == 2 && plane == 0 ? 8 : 0;
      out.scale[b] = significand;
      out.shift[b] = s.reference - exponent - 4 - high;
      if (s.mode == LUOSHU_MODE_INT4M) {
        split_half(half_at(place.scale + 2), significand, exponent);
        out.min[b] = significand;
        out.min_shift[b] = s.reference - exponent - 4;
      }
    }
  }
}

std::int32_t dot(const std::int16_t* w, const std::int16_t* a) {
  std::int32_t sum = 0;
  for (int i = 0; i < kBlock; ++i) sum += std::int32_t{w[i]} * a[i];
  return sum;
}

// acc of one row and one vector.
std::int64_t accumulate(const WeightStream& s, const Row& row, const Activations& v) {
  const std::size_t planes = s.planes();
  std::int64_t acc = 0;
  constexpr std::size_t kChunk = 16;
  std::array<std::int64_t, kChunk> sums{};
  std::array<std::int64_t, kChunk> drops{};
  const std::size_t blocks = row.scale.size();
  for (std::size_t b = 0; b < blocks; b += kChunk) {
    const std::size_t count = std::min(kChunk, blocks - b);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t k = (b + i) / planes;
      sums[i] = dot(row.w.data() + (b + i) * kBlock, v.a.data() + k * kBlock);
      drops[i] = v.largest - v.e[k];
    }
    for (std::size_t i = 0; i < count; ++i)
      acc += term(sums[i] * row.scale[b + i], row.shift[b + i] + drops[i]);
    if (s.mode == LUOSHU_MODE_INT4M) {
      for (std::size_t i = 0; i < count; ++i)
        acc += term(v.sum[b + i] * row.min[b + i], row.min_shift[b + i] + drops[i]);
    }
  }
  return acc;
}

}  // namespace

std::uint64_t WeightStream::beats() const {
  const std::uint64_t tiles = (rows + tile_rows() - 1) / tile_rows();
  const std::uint64_t values = tiles * kblocks * planes() * beats_per_block();
  return values + (values + run_beats() - 1) / run_beats();
}

void load_block(const WeightStream& s, std::uint32_t row, std::uint32_t k, std::uint32_t plane,
                WeightBlock& out) {
  const BlockPlace place = locate(s, row, k, plane);
  load_values(s, place, row, plane, out.w);
  split_half(half_at(place.scale), out.significand, out.exponent);
  out.min_significand = out.min_exponent = 0;
  if (s.mode == LUOSHU_MODE_INT4M)
    split_half(half_at(place.scale + 2), out.min_significand, out.min_exponent);
}

void matmul(WorkerPool& pool, const WeightStream& stream, const std::vector<const Activations*>& vectors,
            float* y) {
  constexpr std::size_t kGrain = 32;
  pool.run(stream.rows, kGrain, [&](std::size_t begin, std::size_t end) {
    thread_local Row row;
    for (std::size_t r = begin; r < end; ++r) {
      load_row(stream, static_cast<std::uint32_t>(r), row);
      for (std::size_t t = 0; t < vectors.size(); ++t) {
        y[t * stream.rows + r] =
            tofp(accumulate(stream, row, *vectors[t]), stream.reference + vectors[t]->largest - 4);
      }
    }
  });
}

void embedding_row(const WeightStream& stream, std::uint32_t row, std::uint32_t d, float* x) {
  WeightBlock block;
  WeightBlock low;
  for (std::uint32_t k = 0; k < stream.kblocks; ++k) {
    load_block(stream, row, k, 0, block);
    if (stream.mode == LUOSHU_MODE_PLANES) {
      load_block(stream, row, k, 1, low);
      for (int i = 0; i < kBlock; ++i) block.w[i] = static_cast<std::int16_t>(block.w[i] * 256 + low.w[i]);
    }
    for (std::uint32_t i = 0; i < kBlock && k * kBlock + i < d; ++i) {
      float v = tofp(std::int64_t{block.w[i]} * block.significand, block.exponent);
      if (stream.mode == LUOSHU_MODE_INT4M)
        v = numerics::fadd(v, tofp(block.min_significand, block.min_exponent));
      x[k * kBlock + i] = v;
    }
  }
}

}  // namespace luoshu::model
