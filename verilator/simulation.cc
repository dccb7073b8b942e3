// SPDX-License-Identifier: Apache-2.0
#include "simulation.h"

#include "luoshu/configuration.h"

namespace luoshu {

#ifdef LUOSHU_HAS_RTL

#define LUOSHU_DECLARE(name, ...) \
  std::unique_ptr<Simulation> make_simulation_##name(const SimulationOptions& options);
LUOSHU_CONFIGURATIONS(LUOSHU_DECLARE)

bool has_simulation() {
  return true;
}

std::unique_ptr<Simulation> make_simulation(SimulationOptions options) {
  const Configuration& chip = configuration(options.config);
  options.memory_bytes = std::uint64_t{chip.memory_mib} << 20;
  memory_timing(options.memory, chip);
#define LUOSHU_MAKE(id, ...) \
  if (chip.name == #id) return make_simulation_##id(options);
  LUOSHU_CONFIGURATIONS(LUOSHU_MAKE)
  throw InputError("configuration '" + chip.name + "' is not in this build; build again");
}

#else

bool has_simulation() {
  return false;
}

std::unique_ptr<Simulation> make_simulation(SimulationOptions options) {
  memory_timing(options.memory, configuration(options.config));
  throw DeviceError(
      "this build has no simulated chip; install verilator and build again, or use --device model");
}

#endif

}  // namespace luoshu
