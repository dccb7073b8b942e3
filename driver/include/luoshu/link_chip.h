// SPDX-License-Identifier: Apache-2.0
// The chip behind a link: loads the firmware, then runs, events, counters and memory by docs/registers.md.
#pragma once
#include <memory>

#include "luoshu/chip.h"
#include "luoshu/device.h"

namespace luoshu {

class LinkChip : public Chip {
 public:
  // Takes over the device; call boot() before anything else.
  explicit LinkChip(Device device);

  // Reads the identification, loads and starts the firmware and waits until it is ready. Throws ProtocolError
  // when the chip speaks another version, DeviceError when firmware or memory fail their checks.
  void boot();

  const Capabilities& capabilities() const override { return capabilities_; }
  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) override;
  void read_memory(std::uint32_t address, void* data, std::size_t bytes) override;
  std::uint32_t checksum(std::uint32_t address, std::uint64_t bytes) override;
  void configure(std::uint32_t kv_head_stride, std::uint32_t kv_block_bytes,
                 const std::vector<std::uint32_t>& stop_ids) override;
  void start(const RunRequest& run) override;
  void stop() override;
  ChipEvent next_event(std::chrono::milliseconds deadline) override;
  ChipCounters counters(bool clear) override;
  std::uint64_t cycles() const override { return 0; }
  std::optional<double> device_seconds() const override { return device_.statistics().transport_seconds; }

  Device& device() { return device_; }

 private:
  std::uint32_t reg(std::uint32_t offset);
  void set_reg(std::uint32_t offset, std::uint32_t value);
  void load_firmware();
  void recover();
  void wait_ready();

  Device device_;
  Capabilities capabilities_;
  std::uint32_t nonce_ = 0x4c535242;  // of the last ping
  bool failed_ = false;               // an error event came, no run was started since
};

}  // namespace luoshu
