// SPDX-License-Identifier: Apache-2.0
// Hands out regions of device memory: first fit, freed neighbours join.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace luoshu {

class MemoryAllocator {
 public:
  // Manages [base, base + bytes).
  MemoryAllocator(std::uint64_t base, std::uint64_t bytes);
  // Address of a new region of `bytes` > 0, a multiple of `alignment` (a power of two). Throws DeviceError
  // naming `what` when it does not fit: "weights need 376 MB, device has 256 MB (31 MB in use); ...". Throws
  // InputError for a bad size or alignment.
  std::uint64_t allocate(std::uint64_t bytes, const std::string& what, std::uint64_t alignment = 4096);
  // Returns a region; throws InputError when `address` is not the start of one.
  void free(std::uint64_t address);
  std::uint64_t used() const { return used_; }  // bytes, alignment gaps not counted
  std::uint64_t capacity() const { return bytes_; }
  std::uint64_t largest_free() const;  // bytes of the largest gap

 private:
  std::uint64_t base_, bytes_, used_ = 0;
  std::map<std::uint64_t, std::uint64_t> gaps_;     // start -> bytes
  std::map<std::uint64_t, std::uint64_t> regions_;  // start -> bytes
};

}  // namespace luoshu
