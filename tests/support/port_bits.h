// SPDX-License-Identifier: Apache-2.0
// Bits of a port of a verilated unit, whatever type Verilator gives it (from CData to an array of words).
#pragma once
#include <cstdint>
#include <cstring>

namespace luoshu::testing_support {

// Bits [at, at + bits) of the port become `value`; bits at most 64.
template <class Port>
void put_bits(Port& port, unsigned at, unsigned bits, std::uint64_t value) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(&port);
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned bit = at + i;
    bytes[bit / 8] =
        static_cast<std::uint8_t>((bytes[bit / 8] & ~(1u << bit % 8)) | ((value >> i & 1) << bit % 8));
  }
}

// Bits [at, at + bits) of the port, bits at most 64.
template <class Port>
std::uint64_t get_bits(const Port& port, unsigned at, unsigned bits) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&port);
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bits; ++i)
    value |= static_cast<std::uint64_t>(bytes[(at + i) / 8] >> (at + i) % 8 & 1) << i;
  return value;
}

// Whole bytes.
template <class Port>
void put_bytes(Port& port, std::size_t at, const std::uint8_t* data, std::size_t n) {
  std::memcpy(reinterpret_cast<std::uint8_t*>(&port) + at, data, n);
}
template <class Port>
const std::uint8_t* bytes_of(const Port& port) {
  return reinterpret_cast<const std::uint8_t*>(&port);
}

}  // namespace luoshu::testing_support
