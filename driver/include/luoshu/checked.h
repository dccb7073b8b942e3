// SPDX-License-Identifier: Apache-2.0
// Checked arithmetic for every size that comes from a file or a wire.
#pragma once
#include <cstdint>
#include <string>

#include "luoshu/error.h"

namespace luoshu {

// a + b; throws InputError naming `what` when the sum does not fit 64 bits.
inline std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, const std::string& what) {
  std::uint64_t r = 0;
  if (__builtin_add_overflow(a, b, &r))
    throw InputError(what + " overflows 64 bits; the file is damaged or hostile");
  return r;
}

// a * b; throws InputError naming `what` when the product does not fit 64 bits.
inline std::uint64_t checked_mul(std::uint64_t a, std::uint64_t b, const std::string& what) {
  std::uint64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r))
    throw InputError(what + " overflows 64 bits; the file is damaged or hostile");
  return r;
}

// a rounded up to a multiple of `unit` (a power of two or not, > 0).
inline std::uint64_t checked_round_up(std::uint64_t a, std::uint64_t unit, const std::string& what) {
  return checked_add(a, unit - 1, what) / unit * unit;
}

}  // namespace luoshu
