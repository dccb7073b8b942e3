// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <memory>

#include "chip/kernels.h"
#include "chip/panel.h"
#include "numerics/fp.h"

namespace luoshu::model {
namespace {

using numerics::tofp;

// An fp16, significand 2^exponent: 11 bits and sign, subnormals included.
struct Half {
  std::int32_t significand, exponent;
};

inline Half split_half(std::uint32_t h) {
  const auto biased = static_cast<std::int32_t>(h >> 10 & 31);
  const auto magnitude = static_cast<std::int32_t>(h & 1023) + (biased != 0 ? 1024 : 0);
  return {(h & 0x8000) != 0 ? -magnitude : magnitude, std::max(biased, 1) - 25};
}

std::uint16_t half_at(const std::uint8_t* p) {
  std::uint16_t h = 0;
  std::memcpy(&h, p, 2);
  return h;
}

// The place of a block in a stream; goes from block to block, low planes included.
class Place {
 public:
  Place(const WeightStream& s, std::uint32_t row, std::uint32_t k, std::uint32_t plane)
      : run_blocks_(s.run_beats() / s.beats_per_block()),
        block_bytes_(std::size_t{s.beats_per_block()} * s.lanes),
        scale_bytes_(std::size_t{s.tile_rows()} * s.scale_bytes()),
        lanes_(s.lanes) {
    const std::uint64_t tile = row / s.tile_rows();
    const std::uint64_t block = (tile * s.kblocks + k) * s.planes() + plane;
    order_ = block % run_blocks_;
    run_ = s.data + block / run_blocks_ * run_bytes();
  }
  void next() {
    if (++order_ < run_blocks_) return;
    order_ = 0;
    run_ += run_bytes();
  }
  // The 32 bytes of a row, or of two rows in the INT4 modes.
  const std::uint8_t* values(std::uint32_t slot) const {
    return run_ + lanes_ + order_ * block_bytes_ + std::size_t{slot} * kBlock;
  }
  // fp16, or fp16 pair with minima, for each row of the tile.
  const std::uint8_t* scales() const { return run_ + order_ * scale_bytes_; }

 private:
  std::size_t run_bytes() const { return lanes_ + run_blocks_ * block_bytes_; }

  std::size_t run_blocks_, block_bytes_, scale_bytes_, lanes_;
  const std::uint8_t* run_ = nullptr;
  std::size_t order_ = 0;
};

// 32 bytes that compile to vector instructions.
using Bytes = std::uint8_t __attribute__((vector_size(kBlock)));

void load_values(const WeightStream& s, const std::uint8_t* v, std::uint32_t row, std::uint32_t plane,
                 std::int16_t* w) {
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

constexpr std::size_t kAhead = 2048;  // bytes of the stream that are asked for ahead of need

// The steps of the tile whose first row is `row`, to the panel's rows from `at` on.
template <bool kJoined, bool kMinima>
void load_tile(const WeightStream& s, std::uint32_t row, std::size_t at, Panel& p) {
  constexpr std::size_t kRows = kJoined ? 2 : 1;  // of a slot
  constexpr std::size_t kHalves = kMinima ? 2 : 1;
  constexpr std::size_t kBytes = kRows * kHalves * 2;
  Place place(s, row, static_cast<std::uint32_t>(p.first_block), 0);
  const std::uint32_t slots = s.slots();
  const std::size_t steps = p.steps;
  const std::size_t planes = p.planes;
  for (std::size_t step = 0; step < steps; ++step, place.next()) {
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
      const std::size_t r = at + slot * kRows;
      Bytes v;
      std::memcpy(&v, place.values(slot), sizeof v);
      __builtin_prefetch(place.values(slot) + kAhead);
      if constexpr (kJoined) {
        const Bytes low = v & 15;
        const Bytes high = v >> 4;
        std::memcpy(p.u[step][r], &low, sizeof low);
        std::memcpy(p.u[step][r + 1], &high, sizeof high);
      } else {
        v ^= static_cast<std::uint8_t>(step % planes == 0 ? 128 : 0);
        std::memcpy(p.u[step][r], &v, sizeof v);
      }
      std::memcpy(&p.halves[step][r * kHalves], place.scales() + slot * kBytes, kBytes);
    }
  }
}

// A shift without its minus exponent: W - 4 - ps, and 12 more, so that no shift is negative.
template <bool kMinima>
void split_scales(const WeightStream& s, Panel& p) {
  const std::int32_t base = s.reference - 4 + 12;
  for (std::size_t step = 0; step < p.steps; ++step) {
    const std::int32_t high = p.planes == 2 && step % 2 == 0 ? 8 : 0;
    for (std::size_t r = 0; r < kPanelRows; ++r) {
      std::uint32_t pair = p.halves[step][r];
      if constexpr (kMinima) {
        std::memcpy(&pair, &p.halves[step][2 * r], sizeof pair);
        const Half min = split_half(pair >> 16);
        p.min[step][r] = min.significand * 4096;
        p.min_shift[step][r] = base - min.exponent;
      }
      const Half scale = split_half(pair & 0xffff);
      p.scale[step][r] = scale.significand * 4096;
      p.shift[step][r] = base - high - scale.exponent;
    }
  }
}

// Blocks first.. of rows row.. of the matrix; what lies beyond its tiles is zero.
void load_panel(const WeightStream& s, std::uint32_t row, std::uint32_t first, Panel& p) {
  p.planes = s.planes();
  p.first_block = first;
  p.steps = std::min<std::size_t>(kPanelSteps, std::size_t{s.kblocks - first} * p.planes);
  p.minima = s.mode == LUOSHU_MODE_INT4M;
  p.offset[0] = s.mode == LUOSHU_MODE_INT4 ? 8 : s.joined() ? 0 : 128;
  p.offset[1] = 0;
  const auto load = p.minima     ? load_tile<true, true>
                    : s.joined() ? load_tile<true, false>
                                 : load_tile<false, false>;
  for (std::uint32_t at = 0; at < kPanelRows; at += s.tile_rows()) {
    if (row + at < s.rows) {
      load(s, row + at, at, p);
    } else {
      const std::size_t halves = p.minima ? 2 : 1;
      for (std::size_t step = 0; step < p.steps; ++step)
        std::fill_n(p.halves[step] + at * halves, (kPanelRows - at) * halves, std::uint16_t{0});
      break;
    }
  }
  p.minima ? split_scales<true>(s, p) : split_scales<false>(s, p);
}

}  // namespace

PanelVector panel_vector(const Activations& v) {
  PanelVector out;
  out.high.resize(v.a.size());
  out.low.resize(v.a.size());
  for (std::size_t i = 0; i < v.a.size(); ++i) {
    const int high = (v.a[i] + 32) >> 6;
    out.high[i] = static_cast<std::int8_t>(high);
    out.low[i] = static_cast<std::int8_t>(v.a[i] - 64 * high);
  }
  out.sum = v.sum;
  out.drop.reserve(v.e.size());
  for (const std::int32_t e : v.e) out.drop.push_back(v.largest - e);
  return out;
}

std::uint64_t WeightStream::beats() const {
  const std::uint64_t tiles = (rows + tile_rows() - 1) / tile_rows();
  const std::uint64_t values = tiles * kblocks * planes() * beats_per_block();
  return values + (values + run_beats() - 1) / run_beats();
}

void load_block(const WeightStream& s, std::uint32_t row, std::uint32_t k, std::uint32_t plane,
                WeightBlock& out) {
  const Place place(s, row, k, plane);
  const std::uint32_t in_tile = row % s.tile_rows();
  load_values(s, place.values(s.joined() ? in_tile / 2 : in_tile), row, plane, out.w);
  const std::uint8_t* scales = place.scales() + std::size_t{in_tile} * s.scale_bytes();
  const Half scale = split_half(half_at(scales));
  const Half min = s.mode == LUOSHU_MODE_INT4M ? split_half(half_at(scales + 2)) : Half{0, 0};
  out.significand = scale.significand;
  out.exponent = scale.exponent;
  out.min_significand = min.significand;
  out.min_exponent = min.exponent;
}

void matmul(WorkerPool& pool, const WeightStream& stream, const std::vector<const Activations*>& vectors,
            float* y) {
  std::vector<PanelVector> prepared;
  prepared.reserve(vectors.size());
  for (const Activations* v : vectors) prepared.push_back(panel_vector(*v));
  const PanelKernel kernel = panel_kernels().front().run;
  pool.run((stream.rows + kPanelRows - 1) / kPanelRows, 2, [&](std::size_t begin, std::size_t end) {
    thread_local const auto panel = std::make_unique<Panel>();
    thread_local std::vector<std::int64_t> acc;
    for (std::size_t row = begin * kPanelRows; row < std::min<std::size_t>(end * kPanelRows, stream.rows);
         row += kPanelRows) {
      acc.assign(vectors.size() * kPanelRows, 0);
      for (std::uint32_t k = 0; k < stream.kblocks; k += kPanelSteps / stream.planes()) {
        load_panel(stream, static_cast<std::uint32_t>(row), k, *panel);
        for (std::size_t t = 0; t < vectors.size(); ++t)
          kernel(*panel, prepared[t], acc.data() + t * kPanelRows);
      }
      const std::size_t count = std::min<std::size_t>(kPanelRows, stream.rows - row);
      for (std::size_t t = 0; t < vectors.size(); ++t) {
        const int exponent = stream.reference + vectors[t]->largest - 4;
        for (std::size_t r = 0; r < count; ++r)
          y[t * stream.rows + row + r] = tofp(acc[t * kPanelRows + r], exponent);
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
