// SPDX-License-Identifier: Apache-2.0
#include "simulated_chip.h"

#include <cstring>

#include "luoshu/clocked_transport.h"
#include "luoshu/configuration.h"
#include "luoshu/file_pages.h"

namespace luoshu {
namespace {

Device connect(Simulation& simulation, const std::string& config) {
  ClockedTransport::Options options;
  // Deadlines count the chip's own time, so that a run does not depend on the speed of the host.
  options.cycle_time = std::chrono::nanoseconds(1000000 / configuration(config).clock_khz);
  return Device(std::make_unique<ClockedTransport>(simulation, options));
}

}  // namespace

SimulatedChip::SimulatedChip(const SimulationOptions& options, bool back_door)
    : SimulationOwner{make_simulation(options)},
      LinkChip(connect(*simulation, options.config)),
      back_door_(back_door) {
  boot();
}

void SimulatedChip::write_memory(std::uint32_t address, const void* data, std::size_t bytes) {
  if (!back_door_) return LinkChip::write_memory(address, data, bytes);
  SparseMemory& memory = simulation->memory();
  if (address > memory.size() || bytes > memory.size() - address) {
    throw DeviceError("a write leaves the device memory; report this with the command line");
  }
  std::memcpy(memory.data() + address, data, bytes);
}

bool SimulatedChip::map_memory(std::uint32_t address, int file, std::uint64_t offset, std::size_t bytes) {
  SparseMemory& memory = simulation->memory();
  if (!back_door_ || address > memory.size() || bytes > memory.size() - address) return false;
  return map_file_pages(memory.data() + address, file, offset, bytes);
}

void SimulatedChip::read_memory(std::uint32_t address, void* data, std::size_t bytes) {
  if (!back_door_) return LinkChip::read_memory(address, data, bytes);
  const SparseMemory& memory = simulation->memory();
  if (address > memory.size() || bytes > memory.size() - address) {
    throw DeviceError("a read leaves the device memory; report this with the command line");
  }
  std::memcpy(data, memory.data() + address, bytes);
}

ChipCounters SimulatedChip::port_bytes() const {
  const AxiMemory& port = simulation->port();
  ChipCounters c;
  c.weights_read = port.bytes_read(kReadWeights);
  c.kv_read = port.bytes_read(kReadKv);
  c.kv_written = port.bytes_written(kWriteKv);
  c.other = port.bytes_read(kReadSequencer) + port.bytes_read(kReadEmbedding) + port.bytes_read(kReadLink) +
            port.bytes_written(kWriteLogits) + port.bytes_written(kWriteLink);
  return c;
}

ChipCounters SimulatedChip::counters(bool clear) {
  ChipCounters c = LinkChip::counters(clear);  // the units' cycles
  const ChipCounters bytes = port_bytes();
  c.weights_read = bytes.weights_read - cleared_.weights_read;
  c.kv_read = bytes.kv_read - cleared_.kv_read;
  c.kv_written = bytes.kv_written - cleared_.kv_written;
  c.other = bytes.other - cleared_.other;
  if (clear) cleared_ = bytes;
  return c;
}

}  // namespace luoshu
