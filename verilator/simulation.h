// SPDX-License-Identifier: Apache-2.0
// The Verilated chip: one class per configuration behind one interface. Bytes go in and out of its link, the
// clock advances only while somebody asks; device memory hangs on its AXI port. And boards, where it hangs on
// the pins of an SDRAM.
// Programs of users load a chip without the assertions of its RTL, tests one that has them
// (LUOSHU_CHIPS in verilator/CMakeLists.txt).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chip_timeline.h"
#include "luoshu/clocked_transport.h"
#include "luoshu/error.h"
#include "memory.h"
#include "pin_log.h"

namespace luoshu {

// An assertion of the RTL failed; the simulator has printed which one and in which cycle. The simulation is
// of no further use.
class AssertionError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

struct SimulationOptions {
  std::string config = "lab";
  std::string memory = "ideal";
  std::uint64_t seed = 0;  // 0: no stalls; else random stalls on memory and link, random initial state
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  bool tuned = false;      // worth a chip compiled with a profile where one must be built
  std::string trace_file;  // FST, empty = none
  std::uint64_t trace_from = 0, trace_to = ~std::uint64_t{0};  // cycles
  Timeline* timeline = nullptr;  // records every cycle where given; outlives the simulation
  PinLog* pins = nullptr;        // gets the pins of every cycle after reset where given; outlives it too
};

class SimulatedDevice : public ClockedPeer {
 public:
  virtual std::uint64_t cycles() const = 0;  // of the core, since the simulation's start
  virtual bool running() const = 0;          // the sequencer has a run
};

class Simulation : public SimulatedDevice {
 public:
  virtual SparseMemory& memory() = 0;
  virtual AxiMemory& port() = 0;                   // its traffic, stalls and faults
  virtual void silence(std::uint64_t cycles) = 0;  // the host takes and gives no byte from now on
  virtual void reset() = 0;  // of the chip and its memory port; the contents of memory stay
};

// Takes memory_bytes from the configuration's table; loads the chip from a library (chip_library.h), which a
// program of users may build first. Throws InputError for an unknown configuration or memory model,
// DeviceError when this build has no Verilated chip.
std::unique_ptr<Simulation> make_simulation(SimulationOptions options);

// A board's top with its SDRAM: serial port silent, the bytes of USB at the link's side of its device, no
// bits. Loaded as chips are; board: a folder of fpga/boards. seed: initial state and what undriven pins show.
std::unique_ptr<SimulatedDevice> make_board_simulation(const std::string& board, std::uint64_t seed);

}  // namespace luoshu
