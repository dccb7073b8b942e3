// SPDX-License-Identifier: Apache-2.0
#include "simulation.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "chip_library.h"
#include "luoshu/configuration.h"

namespace luoshu {

std::string chip_file(const std::string& name, const char* kind) {
  char program[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", program, sizeof program);
  if (length <= 0 || length >= static_cast<ssize_t>(sizeof program))
    throw DeviceError("cannot find the folder of the program; is /proc mounted?");
  std::string path(program, static_cast<std::size_t>(length));
  path.resize(path.rfind('/'));
  path.resize(path.rfind('/') + 1);
  return path + "chips/" + name + "-" + kind + ".so";
}

namespace {
void check_board(const std::string& board) {
  if (board != "ulx3s-85f") throw InputError("unknown board '" + board + "'; the boards are: ulx3s-85f");
}
}  // namespace

#ifdef LUOSHU_HAS_RTL

namespace {

// The function of that name in the library for these options.
template <class Function>
Function* load(const SimulationOptions& options, const char* name) {
  const std::string file = chip_library(options);
  // Never closed: the chip's code must outlive it.
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw DeviceError(std::string("cannot load the chip: ") + ::dlerror() + "; build again");
  void* const make = ::dlsym(library, name);
  void* const layout = ::dlsym(library, "luoshu_chip_layout");
  if (make == nullptr || layout == nullptr || reinterpret_cast<std::uint64_t (*)()>(layout)() != kChipLayout)
    throw DeviceError("'" + file + "' was built from other sources than this program; build again");
  return reinterpret_cast<Function*>(make);
}

}  // namespace

std::unique_ptr<Simulation> make_simulation(SimulationOptions options) {
  const Configuration& chip = configuration(options.config);
  options.memory_bytes = std::uint64_t{chip.memory_mib} << 20;
  memory_timing(options.memory, chip);
  return std::unique_ptr<Simulation>(
      load<Simulation*(const SimulationOptions&)>(options, "luoshu_make_chip")(options));
}

std::unique_ptr<SimulatedDevice> make_board_simulation(const std::string& board, std::uint64_t seed) {
  check_board(board);
  SimulationOptions options;
  options.config = board;
  options.seed = seed;
  return std::unique_ptr<SimulatedDevice>(
      load<SimulatedDevice*(const SimulationOptions&)>(options, "luoshu_make_board")(options));
}

#else

namespace {
[[noreturn]] void no_chip() {
  throw DeviceError(
      "this build has no simulated chip; install verilator and build again, or use --device model");
}
}  // namespace

std::unique_ptr<Simulation> make_simulation(SimulationOptions options) {
  memory_timing(options.memory, configuration(options.config));
  no_chip();
}

std::unique_ptr<SimulatedDevice> make_board_simulation(const std::string& board, std::uint64_t) {
  check_board(board);
  no_chip();
}

#endif

}  // namespace luoshu
