// SPDX-License-Identifier: Apache-2.0
// Pages of a file in place of pages of memory.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace luoshu {

// Maps `bytes` bytes of a file, copy-on-write, over memory that mmap gave, up to the end of the last page
// (zeros behind the file's end). False, and nothing has changed, when address or offset is not that of a page
// or the system refuses.
inline bool map_file_pages(std::uint8_t* at, int file, std::uint64_t offset, std::size_t bytes) {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  if (bytes == 0 || reinterpret_cast<std::uintptr_t>(at) % page != 0 || offset % page != 0) return false;
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file,
                     static_cast<off_t>(offset));
  if (pages == MAP_FAILED) return false;
  // mmap at a fixed address may have removed what was there when it fails.
  if (mremap(pages, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at) != MAP_FAILED) return true;
  munmap(pages, bytes);
  return false;
}

}  // namespace luoshu
