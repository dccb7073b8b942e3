// SPDX-License-Identifier: Apache-2.0
// Special functions by table and linear interpolation: docs/numerics.md, section 6.
#pragma once
#include "numerics/fp.h"
#include "numerics/tables.h"

namespace luoshu::numerics {

inline std::int64_t interpolate(const TableEntry& entry, std::int64_t fraction, int bits) {
  return entry.base + rs(entry.slope * fraction, bits);
}

// An operand as 2^e * 1.f, f of 16 bits, after rounding to 17 significant bits.
struct Split {
  int e;
  std::uint32_t f;
};

inline Split split17(float x) {
  const std::uint32_t rounded = (bits_of(x) & 0x7fffffffu) + 0x40u;
  return {static_cast<int>(rounded >> 23) - 127, rounded >> 7 & 0xffffu};
}

// 1 / x, x > 0.
inline float recip(float x) {
  const Split s = split17(x);
  return tofp(interpolate(kRecip[s.f >> 8], (s.f & 255u) << 1, 9), -s.e - 18);
}

// 1 / sqrt(x); x <= 0 counts as 2^-126.
inline float rsqrt(float x) {
  const Split s = x > 0 ? split17(x) : Split{-126, 0};
  const int odd = s.e & 1;
  const int half = (s.e - odd) / 2;
  return tofp(interpolate(kRsqrt[static_cast<unsigned>(odd) << 7 | s.f >> 9], s.f & 511u, 9), -half - 18);
}

// 2^(t / 2^16) = sig 2^(n-17), sig in [2^17, 2^18).
struct Exp2 {
  std::int64_t sig;
  std::int32_t n;
};

inline Exp2 exp2fix(std::int32_t t) {
  const std::uint32_t f = static_cast<std::uint32_t>(t) & 0xffffu;
  return {interpolate(kExp2[f >> 8], f & 255u, 8), t >> 16};
}

inline std::int32_t tofix16(float x) {
  return to_fixed(x, -16, std::int64_t{126} << 16);
}

inline float sigmoid(float g) {
  const Exp2 e = exp2fix(tofix16(fmul(g, -0x1.715476p+0f)));
  return recip(fadd(1.0f, tofp(e.sig, e.n - 17)));
}

// The quarter sine wave; y in 0..2^30.
inline std::int64_t quarter(std::uint32_t y) {
  if (y == 1u << 30) return 1 << 17;
  return std::min<std::int64_t>(interpolate(kSine[y >> 22], y >> 13 & 511u, 9), 1 << 17);
}

// Sine of a phase in turns of 2^-32.
inline float sine(std::uint32_t phase) {
  const std::uint32_t y = phase & 0x3fffffffu;
  const std::int64_t magnitude = quarter((phase >> 30 & 1u) != 0 ? (1u << 30) - y : y);
  return tofp((phase >> 31) != 0 ? -magnitude : magnitude, -17);
}

inline float cosine(std::uint32_t phase) {
  return sine(phase + (1u << 30));
}

}  // namespace luoshu::numerics
