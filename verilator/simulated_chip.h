// SPDX-License-Identifier: Apache-2.0
// The simulated chip as a luoshu::Chip: everything goes over the link as on a board; bulk data may take a
// back door into the simulated memory. Cycles are the simulation's, bytes are counted by the simulated
// memory.
#pragma once
#include <memory>

#include "luoshu/link_chip.h"
#include "simulation.h"

namespace luoshu {

// Owns the simulation; a base, so that it outlives the link that refers to it.
struct SimulationOwner {
  std::unique_ptr<Simulation> simulation;
};

class SimulatedChip final : private SimulationOwner, public LinkChip {
 public:
  // Boots the chip. back_door: memory is read and written directly, not over the link.
  SimulatedChip(const SimulationOptions& options, bool back_door);

  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) override;
  bool map_memory(std::uint32_t address, int file, std::uint64_t offset, std::size_t bytes) override;
  void read_memory(std::uint32_t address, void* data, std::size_t bytes) override;
  ChipCounters counters(bool clear) override;
  std::uint64_t cycles() const override { return simulation->cycles(); }
  AxiMemory& memory_port() { return simulation->port(); }

 private:
  ChipCounters port_bytes() const;
  const bool back_door_;
  ChipCounters cleared_;  // bytes at the last clear
};

}  // namespace luoshu
