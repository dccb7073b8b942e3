// SPDX-License-Identifier: Apache-2.0
// The Verilated chip: one class per configuration behind one interface. Bytes go in and out of its link, the clock
// advances when asked; device memory hangs on its AXI port.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "memory.h"

namespace luoshu {

struct SimulationOptions {
  std::string config = "lab";
  std::string memory = "ideal";
  std::uint64_t seed = 0;           // 0: no stalls; else random stalls on memory and link, random initial state
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  std::string trace_file;           // FST, empty = none
  std::uint64_t trace_from = 0, trace_to = ~std::uint64_t{0};  // cycles
};

class Simulation {
 public:
  virtual ~Simulation() = default;
  // Offers bytes to the link and runs until a byte comes out, all input is taken and `min_cycles` have passed, or
  // `max_cycles` have passed. Returns bytes taken; appends bytes from the chip to `out`.
  virtual std::size_t run(const std::uint8_t* in, std::size_t bytes, std::string& out, std::uint64_t max_cycles) = 0;
  virtual std::uint64_t cycles() const = 0;
  virtual SparseMemory& memory() = 0;
  virtual const AxiMemory& port() const = 0;
};

// Throws InputError for an unknown configuration.
std::unique_ptr<Simulation> make_simulation(const SimulationOptions& options);

}  // namespace luoshu
