// SPDX-License-Identifier: Apache-2.0
#include "chip/panel.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace luoshu::model {
namespace {

constexpr std::int32_t kMostShift = 62;  // an operand has less than 50 bits: beyond, the term is 0 anyway

// term of section 4: operand / 2^shift, rounded half up; the operand carries 12 more bits than the
// definition.
inline std::int64_t term(std::int64_t operand, std::int32_t shift) {
  const std::int32_t up = std::min(shift, kMostShift);
  const auto half = static_cast<std::int64_t>((std::uint64_t{1} << up) >> 1);
  return (operand + half) >> up;
}

// Adds the terms of one step; sums: of u * a per row.
inline void add_terms(const Panel& p, std::size_t step, const PanelVector& v, const std::int32_t* sums,
                      std::int64_t* acc) {
  const std::size_t block = p.block_of(step);
  const std::int32_t offset = p.offset[step % p.planes] * v.sum[block];
  const std::int32_t drop = v.drop[block];
  for (std::size_t r = 0; r < kPanelRows; ++r)
    acc[r] += term(std::int64_t{sums[r] - offset} * p.scale[step][r], p.shift[step][r] + drop);
  if (!p.minima) return;
  for (std::size_t r = 0; r < kPanelRows; ++r)
    acc[r] += term(std::int64_t{v.sum[block]} * p.min[step][r], p.min_shift[step][r] + drop);
}

void portable(const Panel& p, const PanelVector& v, std::int64_t* acc) {
  for (std::size_t step = 0; step < p.steps; ++step) {
    const std::size_t at = (p.block_of(step)) * kBlock;
    std::int32_t sums[kPanelRows];
    for (std::size_t r = 0; r < kPanelRows; ++r) {
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < kBlock; ++i) sum += p.u[step][r][i] * (64 * v.high[at + i] + v.low[at + i]);
      sums[r] = sum;
    }
    add_terms(p, step, v, sums, acc);
  }
}

#if defined(__x86_64__)

// Sums of the four neighbours in each 128-bit lane of a, b, c, d, in this order.
__attribute__((target("avx2"))) inline __m256i sum_lanes(__m256i a, __m256i b, __m256i c, __m256i d) {
  return _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
}

// Products of 32 weights and activations, summed to 8 partial sums. A pair of products is at most
// 2 * 255 * 32 < 2^15: nothing saturates.
__attribute__((target("avx2"))) inline __m256i multiply_avx2(const std::uint8_t* u, __m256i high,
                                                             __m256i low) {
  const __m256i w = _mm256_load_si256(reinterpret_cast<const __m256i*>(u));
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i h = _mm256_madd_epi16(_mm256_maddubs_epi16(w, high), ones);
  const __m256i l = _mm256_madd_epi16(_mm256_maddubs_epi16(w, low), ones);
  return _mm256_add_epi32(_mm256_slli_epi32(h, 6), l);
}

__attribute__((target("avx2"))) void avx2(const Panel& p, const PanelVector& v, std::int64_t* acc) {
  for (std::size_t step = 0; step < p.steps; ++step) {
    const std::size_t at = (p.block_of(step)) * kBlock;
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(v.high.data() + at));
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(v.low.data() + at));
    alignas(32) std::int32_t sums[kPanelRows];
    for (std::size_t r = 0; r < kPanelRows; r += 4) {
      const __m256i four =
          sum_lanes(multiply_avx2(p.u[step][r], high, low), multiply_avx2(p.u[step][r + 1], high, low),
                    multiply_avx2(p.u[step][r + 2], high, low), multiply_avx2(p.u[step][r + 3], high, low));
      const __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
      _mm_store_si128(reinterpret_cast<__m128i*>(sums + r), sum);
    }
    add_terms(p, step, v, sums, acc);
  }
}

#define LUOSHU_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

// Two rows of 32 weights, 8 partial sums each.
LUOSHU_AVX512 inline __m512i multiply_avx512(const std::uint8_t* u, __m512i high, __m512i low) {
  const __m512i w = _mm512_load_si512(u);
  const __m512i h = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w, high);
  return _mm512_dpbusd_epi32(_mm512_slli_epi32(h, 6), w, low);
}

LUOSHU_AVX512 inline __m512i add_pairs(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

LUOSHU_AVX512 inline __m512i add_neighbours(__m512i a, __m512i b) {
  const __m512 x = _mm512_castsi512_ps(a);
  const __m512 y = _mm512_castsi512_ps(b);
  return _mm512_add_epi32(_mm512_castps_si512(_mm512_shuffle_ps(x, y, 0x88)),
                          _mm512_castps_si512(_mm512_shuffle_ps(x, y, 0xdd)));
}

// sum of u * a for the 16 rows of a step, in order.
LUOSHU_AVX512 inline __m512i row_sums(const std::uint8_t (*u)[kBlock], __m512i high, __m512i low) {
  __m512i quarter[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint8_t* rows = u[8 * i];
    const __m512i a = multiply_avx512(rows, high, low);
    const __m512i b = multiply_avx512(rows + 64, high, low);
    const __m512i c = multiply_avx512(rows + 128, high, low);
    const __m512i d = multiply_avx512(rows + 192, high, low);
    quarter[i] = add_neighbours(add_pairs(a, b), add_pairs(c, d));  // per 128-bit lane: a, b, c, d
  }
  // Lanes 0 and 1 belong to the even row of a pair, 2 and 3 to the odd one.
  const __m512i sums = _mm512_add_epi32(_mm512_shuffle_i64x2(quarter[0], quarter[1], 0x88),
                                        _mm512_shuffle_i64x2(quarter[0], quarter[1], 0xdd));
  const __m512i order = _mm512_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
  return _mm512_permutexvar_epi32(order, sums);
}

// Terms of the even 32-bit elements.
LUOSHU_AVX512 inline __m512i terms(__m512i sums, __m512i scale, __m512i shift) {
  const __m512i half = _mm512_srli_epi64(_mm512_sllv_epi64(_mm512_set1_epi64(1), shift), 1);
  return _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(sums, scale), half), shift);
}

// acc: [0] the even rows, [1] the odd ones.
LUOSHU_AVX512 inline void add_terms_avx512(__m512i sums, const std::int32_t* scales,
                                           const std::int32_t* shifts, __m512i drop, __m512i* acc) {
  const __m512i scale = _mm512_load_si512(scales);
  const __m512i shift =
      _mm512_min_epi32(_mm512_add_epi32(_mm512_load_si512(shifts), drop), _mm512_set1_epi32(kMostShift));
  const __m512i even = _mm512_and_si512(shift, _mm512_set1_epi64(0xffffffff));
  acc[0] = _mm512_add_epi64(acc[0], terms(sums, scale, even));
  acc[1] = _mm512_add_epi64(
      acc[1], terms(_mm512_srli_epi64(sums, 32), _mm512_srli_epi64(scale, 32), _mm512_srli_epi64(shift, 32)));
}

LUOSHU_AVX512 void avx512(const Panel& p, const PanelVector& v, std::int64_t* acc) {
  __m512i sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  for (std::size_t step = 0; step < p.steps; ++step) {
    const std::size_t block = p.block_of(step);
    const auto* high = reinterpret_cast<const __m256i*>(v.high.data() + block * kBlock);
    const auto* low = reinterpret_cast<const __m256i*>(v.low.data() + block * kBlock);
    const __m512i products = row_sums(p.u[step], _mm512_broadcast_i64x4(_mm256_loadu_si256(high)),
                                      _mm512_broadcast_i64x4(_mm256_loadu_si256(low)));
    const __m512i offset = _mm512_set1_epi32(p.offset[step % p.planes] * v.sum[block]);
    const __m512i drop = _mm512_set1_epi32(v.drop[block]);
    add_terms_avx512(_mm512_sub_epi32(products, offset), p.scale[step], p.shift[step], drop, sums);
    if (p.minima)
      add_terms_avx512(_mm512_set1_epi32(v.sum[block]), p.min[step], p.min_shift[step], drop, sums);
  }
  const __m512i first = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
  const __m512i second = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
  const __m512i low = _mm512_permutex2var_epi64(sums[0], first, sums[1]);
  const __m512i high = _mm512_permutex2var_epi64(sums[0], second, sums[1]);
  _mm512_storeu_si512(acc, _mm512_add_epi64(_mm512_loadu_si512(acc), low));
  _mm512_storeu_si512(acc + 8, _mm512_add_epi64(_mm512_loadu_si512(acc + 8), high));
}

#endif

std::vector<NamedPanelKernel> find_kernels() {
  std::vector<NamedPanelKernel> kernels;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni"))
    kernels.push_back({"avx512", avx512});
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", avx2});
#endif
  kernels.push_back({"portable", portable});
  return kernels;
}

}  // namespace

const std::vector<NamedPanelKernel>& panel_kernels() {
  static const std::vector<NamedPanelKernel> kernels = find_kernels();
  return kernels;
}

}  // namespace luoshu::model
