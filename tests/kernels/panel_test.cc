// SPDX-License-Identifier: Apache-2.0
// Matrix times vector: every kernel against the formula of docs/numerics.md section 4, in all modes and
// shapes of streams, random and extreme values.
#include "chip/panel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>

#include "chip/kernels.h"
#include "numerics/fp.h"
#include "support/seed.h"

namespace {

using luoshu::model::Activations;
using luoshu::model::kBlock;
using luoshu::model::Panel;
using luoshu::model::PanelVector;
using luoshu::model::WeightStream;

class KernelTest : public testing::Test {
 protected:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  // Uniform, or one of the ends.
  int extreme(int low, int high) { return chance(30) ? (chance(50) ? low : high) : pick(low, high); }

  Activations activations(std::size_t blocks) {
    Activations v;
    for (std::size_t b = 0; b < blocks; ++b) {
      const int always = chance(10) ? (chance(50) ? -2047 : 2047) : 0;
      std::int32_t sum = 0;
      for (int i = 0; i < kBlock; ++i) {
        const int a = always != 0 ? always : extreme(-2047, 2047);
        v.a.push_back(static_cast<std::int16_t>(a));
        sum += a;
      }
      v.sum.push_back(sum);
      v.e.push_back(chance(10) ? extreme(-137, 117) : pick(-20, 5));
    }
    v.largest = *std::max_element(v.e.begin(), v.e.end());
    return v;
  }

  std::uint16_t half() {
    return static_cast<std::uint16_t>(pick(0, 1) << 15 | extreme(0, 30) << 10 | extreme(0, 1023));
  }

  // Any bytes are weights; the scales are finite.
  std::vector<std::uint8_t> stream_bytes(const WeightStream& s) {
    std::vector<std::uint8_t> bytes(s.beats() * s.lanes);
    const int always = chance(10) ? (chance(50) ? 0 : 255) : -1;
    for (auto& b : bytes) b = static_cast<std::uint8_t>(always >= 0 ? always : pick(0, 255));
    for (std::size_t at = 0; at < bytes.size(); at += std::size_t{s.run_beats() + 1} * s.lanes) {
      for (std::size_t i = 0; i < s.lanes; i += 2) {
        const std::uint16_t h = half();
        std::memcpy(bytes.data() + at + i, &h, 2);
      }
    }
    return bytes;
  }

  const std::uint64_t seed_ = luoshu::test_seed();
  std::mt19937_64 random_{seed_};
};

// Section 4, word for word.
float row_times_vector(const WeightStream& s, std::uint32_t row, const Activations& v) {
  using luoshu::numerics::rs;
  std::int64_t acc = 0;
  for (std::uint32_t k = 0; k < s.kblocks; ++k) {
    for (std::uint32_t plane = 0; plane < s.planes(); ++plane) {
      luoshu::model::WeightBlock block;
      luoshu::model::load_block(s, row, k, plane, block);
      std::int64_t b = 0;
      std::int64_t sum = 0;
      for (int i = 0; i < kBlock; ++i) {
        b += block.w[i] * v.a[k * kBlock + static_cast<std::size_t>(i)];
        sum += v.a[k * kBlock + static_cast<std::size_t>(i)];
      }
      const int ps = s.planes() == 2 && plane == 0 ? 8 : 0;
      const int drop = v.largest - v.e[k];
      acc += rs(b * block.significand, s.reference - block.exponent + drop - 4 - ps);
      if (s.mode == LUOSHU_MODE_INT4M)
        acc += rs(sum * block.min_significand, s.reference - block.min_exponent + drop - 4);
    }
  }
  return luoshu::numerics::tofp(acc, s.reference + v.largest - 4);
}

TEST_F(KernelTest, MatmulFollowsTheDefinition) {
  luoshu::model::WorkerPool pool(2);
  for (int run = 0; run < 400; ++run) {
    const std::uint32_t lanes[] = {8, 32, 64, 128};
    WeightStream s;
    s.lanes = lanes[pick(0, 3)];
    s.mode = static_cast<std::uint32_t>(pick(0, 3));
    s.rows = static_cast<std::uint32_t>(pick(1, 70));
    s.kblocks = static_cast<std::uint32_t>(chance(20) ? pick(30, 70) : pick(1, 12));
    s.reference = pick(5, 12);  // no less than the exponents of the scales
    const std::vector<std::uint8_t> bytes = stream_bytes(s);
    s.data = bytes.data();
    std::vector<Activations> vectors(static_cast<std::size_t>(pick(1, 5)));
    std::vector<const Activations*> pointers;
    for (Activations& v : vectors) {
      v = activations(s.kblocks + static_cast<std::size_t>(pick(0, 2)));
      pointers.push_back(&v);
    }
    std::vector<float> y(vectors.size() * s.rows);
    luoshu::model::matmul(pool, s, pointers, y.data());
    for (std::size_t t = 0; t < vectors.size(); ++t) {
      for (std::uint32_t r = 0; r < s.rows; ++r) {
        const float want = row_times_vector(s, r, vectors[t]);
        ASSERT_EQ(luoshu::numerics::bits_of(y[t * s.rows + r]), luoshu::numerics::bits_of(want))
            << "mode " << s.mode << ", lanes " << s.lanes << ", row " << r << " of " << s.rows << ", token "
            << t << ", seed " << seed_;
      }
    }
  }
}

class PanelTest : public KernelTest {
 protected:
  void fill(Panel& p) {
    p.planes = static_cast<std::size_t>(pick(1, 2));
    p.minima = chance(50);
    p.steps = static_cast<std::size_t>(pick(1, 16)) * p.planes;
    p.first_block = static_cast<std::size_t>(pick(0, 3));
    const std::int32_t offsets[] = {0, 8, 128};
    p.offset[0] = offsets[pick(0, 2)];
    for (std::size_t step = 0; step < p.steps; ++step) {
      for (std::size_t r = 0; r < luoshu::model::kPanelRows; ++r) {
        for (auto& u : p.u[step][r]) u = static_cast<std::uint8_t>(extreme(0, 255));
        p.scale[step][r] = extreme(-2047, 2047) * 4096;
        p.shift[step][r] = extreme(0, 70);
        p.min[step][r] = extreme(-2047, 2047) * 4096;
        p.min_shift[step][r] = extreme(0, 70);
      }
    }
  }
};

TEST_F(PanelTest, KernelsAgree) {
  const auto& kernels = luoshu::model::panel_kernels();
  ASSERT_STREQ(kernels.back().name, "portable");
  const auto panel = std::make_unique<Panel>();
  for (int run = 0; run < 300; ++run) {
    fill(*panel);
    const PanelVector v = luoshu::model::panel_vector(activations(panel->first_block + panel->steps));
    std::vector<std::int64_t> want(luoshu::model::kPanelRows);
    for (auto& acc : want) acc = static_cast<std::int64_t>(random_()) >> 8;
    const std::vector<std::int64_t> start = want;
    kernels.back().run(*panel, v, want.data());
    for (const auto& kernel : kernels) {
      std::vector<std::int64_t> acc = start;
      kernel.run(*panel, v, acc.data());
      ASSERT_EQ(acc, want) << kernel.name << ", seed " << seed_;
    }
  }
}

}  // namespace
