// SPDX-License-Identifier: Apache-2.0
#include "luoshu/allocator.h"

#include <algorithm>
#include <iterator>

#include "luoshu/checked.h"
#include "luoshu/error.h"

namespace luoshu {
namespace {

// "376 MB", "0.3 MB", "12 bytes".
std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMega = 1000000;
  if (bytes < kMega / 10) return std::to_string(bytes) + " bytes";
  std::string text = std::to_string(bytes / kMega);
  if (bytes < 100 * kMega) text += "." + std::to_string(bytes % kMega / (kMega / 10));
  return text + " MB";
}

}  // namespace

MemoryAllocator::MemoryAllocator(std::uint64_t base, std::uint64_t bytes) : base_(base), bytes_(bytes) {
  checked_add(base, bytes, "device memory");
  if (bytes > 0) gaps_[base] = bytes;
}

std::uint64_t MemoryAllocator::allocate(std::uint64_t bytes, const std::string& what,
                                        std::uint64_t alignment) {
  if (bytes == 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) {
    throw InputError(what +
                     ": no size, or an alignment that is no power of two; this is a defect of the caller");
  }
  for (const auto& [start, size] : gaps_) {
    const std::uint64_t at = checked_round_up(start, alignment, what);
    if (at - start > size || size - (at - start) < bytes) continue;
    const std::uint64_t gap_start = start;
    const std::uint64_t gap_end = start + size;
    gaps_.erase(gap_start);
    if (at > gap_start) gaps_[gap_start] = at - gap_start;
    if (at + bytes < gap_end) gaps_[at + bytes] = gap_end - at - bytes;
    regions_[at] = bytes;
    used_ += bytes;
    return at;
  }
  DeviceError::Detail detail{"allocate", base_, bytes, largest_free(), 0};
  throw DeviceError(what + " needs " + size_text(bytes) + ", device has " + size_text(bytes_) + " (" +
                        size_text(used_) + " in use, largest gap " + size_text(largest_free()) +
                        "); take a smaller model or context, or a device with more memory",
                    detail);
}

void MemoryAllocator::free(std::uint64_t address) {
  const auto region = regions_.find(address);
  if (region == regions_.end()) {
    throw InputError("no region of device memory starts at " + std::to_string(address) +
                     "; it was freed before or never allocated");
  }
  std::uint64_t start = address;
  std::uint64_t size = region->second;
  used_ -= size;
  regions_.erase(region);
  auto after = gaps_.lower_bound(start);
  if (after != gaps_.begin()) {
    if (const auto before = std::prev(after); before->first + before->second == start) {
      start = before->first;
      size += before->second;
      gaps_.erase(before);
    }
  }
  if (after != gaps_.end() && start + size == after->first) {
    size += after->second;
    gaps_.erase(after);
  }
  gaps_[start] = size;
}

std::uint64_t MemoryAllocator::largest_free() const {
  std::uint64_t largest = 0;
  for (const auto& gap : gaps_) largest = std::max(largest, gap.second);
  return largest;
}

}  // namespace luoshu
