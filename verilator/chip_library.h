// SPDX-License-Identifier: Apache-2.0
// A simulated chip as a library of its own, chips/NAME-KIND.so in the build folder, found from the program's
// folder as ../chips. Kinds: plain (soon compiled), tuned (compiled with a profile of its own run), traced
// (writes waveforms, slow), checked (with the assertions of the RTL; tests).
#pragma once
#include <cstdint>
#include <string>

#include "simulation.h"

namespace luoshu {

// The file to load for these options, made or brought up to date where the program can. Each program is
// linked with one of two: host/cli/users_chips.cc, verilator/checked_chips.cc. Throws InputError when there
// is no such chip and DeviceError when it cannot be built.
std::string chip_library(const SimulationOptions& options);

// chips/NAME-KIND.so beside the folder of the running program, whether or not it exists.
std::string chip_file(const std::string& name, const char* kind);

// A library that was compiled with other headers than the program is refused: the sizes of what both use.
constexpr std::uint64_t kChipLayout =
    (std::uint64_t{sizeof(SimulationOptions)} << 48) ^ (std::uint64_t{sizeof(AxiMemory)} << 32) ^
    (std::uint64_t{sizeof(SparseMemory)} << 16) ^ sizeof(Timeline) ^ (std::uint64_t{sizeof(PinLog)} << 8);

}  // namespace luoshu

// What the library exports; the chip is the caller's.
extern "C" {
luoshu::Simulation* luoshu_make_chip(const luoshu::SimulationOptions& options);
luoshu::SimulatedDevice* luoshu_make_board(const luoshu::SimulationOptions& options);  // a board's, instead
std::uint64_t luoshu_chip_layout();
}
