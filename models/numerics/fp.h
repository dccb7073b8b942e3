// SPDX-License-Identifier: Apache-2.0
// The chip's arithmetic, bit for bit: docs/numerics.md, sections 1 and 2. Inputs are finite and not
// subnormal.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace luoshu::numerics {

inline std::uint32_t bits_of(float x) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, &x, 4);
  return raw;
}

inline float from_bits(std::uint32_t raw) {
  float x = 0;
  std::memcpy(&x, &raw, 4);
  return x;
}

// x / 2^n rounded half up (n >= 0), x * 2^-n (n < 0, the caller knows that it fits). A shift beyond the width
// gives 0.
inline std::int64_t rs(std::int64_t x, std::int64_t n) {
  if (n > 63) return 0;
  if (n > 0) return (x >> n) + (x >> (n - 1) & 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << -n);
}

inline std::int64_t sat(std::int64_t x, std::int64_t limit) {
  return std::min(std::max(x, -limit), limit);
}

// 2^e for e in -1022..1023.
inline double power(int e) {
  const std::uint64_t raw = static_cast<std::uint64_t>(e + 1023) << 52;
  double x = 0;
  std::memcpy(&x, &raw, 8);
  return x;
}

// A value with at most 53 significant bits to fp32: nearest even with unbounded exponent, then flush or
// saturate.
inline float narrow(double x) {
  if (std::fabs(x) < 0x1.ffffffp-127) return 0.0f;
  const float r = static_cast<float>(x);
  return std::fabs(r) > 0x1.fffffep127f ? std::copysign(0x1.fffffep127f, r) : r;
}

inline float fadd(float a, float b) {
  const float r = a + b;
  if (std::fabs(r) < 0x1p-126f) return 0.0f;  // an exact difference: subnormal or a zero of either sign
  return std::fabs(r) > 0x1.fffffep127f ? std::copysign(0x1.fffffep127f, r) : r;
}

// x with a significand of 17 bits, half away from zero; may be 2^128.
inline double round17(float x) {
  const double wide = static_cast<double>(x);
  std::uint64_t raw = 0;
  std::memcpy(&raw, &wide, 8);
  raw = (raw + (std::uint64_t{1} << 35)) & ~((std::uint64_t{1} << 36) - 1);
  double r = 0;
  std::memcpy(&r, &raw, 8);
  return r;
}

inline float fmul(float a, float b) {
  return narrow(round17(a) * round17(b));
}

// i * 2^e; e may be any number a command or the formats can produce (-700..700).
inline float tofp(std::int64_t i, int e) {
  return narrow(static_cast<double>(static_cast<float>(i)) * power(e));
}

// E(x): 2^E <= |x| < 2^(E+1); -127 for zero.
inline int exponent(float x) {
  return static_cast<int>(bits_of(x) >> 23 & 255u) - 127;
}

// x / 2^e rounded half away from zero, clamped to +-limit.
inline std::int32_t to_fixed(float x, int e, std::int64_t limit) {
  const double scaled = std::fabs(static_cast<double>(x)) * power(-e);
  const double rounded = std::min(std::floor(scaled + 0.5), static_cast<double>(limit));
  return static_cast<std::int32_t>(x < 0 ? -rounded : rounded);
}

// quant: n values to m-bit magnitudes with one power-of-two LSB; returns its exponent e. With clamp, e is
// limited to int8.
template <class Int>
int quantise(const float* v, int n, int m, Int* q, bool clamp) {
  int largest = -127;
  for (int i = 0; i < n; ++i) largest = std::max(largest, exponent(v[i]));
  int e = largest + 1 - m;
  if (clamp) e = std::min(std::max(e, -128), 127);
  const std::int64_t limit = (std::int64_t{1} << m) - 1;
  for (int i = 0; i < n; ++i) q[i] = static_cast<Int>(to_fixed(v[i], e, limit));
  return e;
}

}  // namespace luoshu::numerics
