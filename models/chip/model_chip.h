// SPDX-License-Identifier: Apache-2.0
// The bit-exact model as a device: executes the command programs of device memory with the chip's arithmetic,
// without its timing. Same image, same commands, same events, same bits as the RTL; no link, no firmware, no
// cycles.
#pragma once
#include <deque>
#include <memory>

#include "luoshu/chip.h"
#include "luoshu/configuration.h"

namespace luoshu {

class ModelChip final : public Chip {
 public:
  // threads: 0 = as many as the machine has.
  ModelChip(const Configuration& configuration, unsigned threads);
  ~ModelChip() override;

  const Capabilities& capabilities() const override;
  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) override;
  bool map_memory(std::uint32_t address, int file, std::uint64_t offset, std::size_t bytes) override;
  void read_memory(std::uint32_t address, void* data, std::size_t bytes) override;
  std::uint32_t checksum(std::uint32_t address, std::uint64_t bytes) override;
  void configure(std::uint32_t kv_head_stride, std::uint32_t kv_block_bytes,
                 const std::vector<std::uint32_t>& stop_ids) override;
  void start(const RunRequest& run) override;
  void stop() override;
  // Executes the next pass when no event waits. A poll point between commands.
  ChipEvent next_event(std::chrono::milliseconds deadline) override;
  ChipCounters counters(bool clear) override;
  std::uint64_t cycles() const override { return 0; }

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace luoshu
