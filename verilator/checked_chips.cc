// SPDX-License-Identifier: Apache-2.0
// Programs of the tests load chips whose assertions are live; the build makes them before.
#include <unistd.h>

#include "chip_library.h"

namespace luoshu {

std::string chip_library(const SimulationOptions& options) {
  if (!options.trace_file.empty()) throw InputError("a chip built for tests writes no trace; use luoshu");
  std::string file = chip_file(options.config, "checked");
  if (::access(file.c_str(), F_OK) != 0) {
    throw InputError("configuration '" + options.config +
                     "' is not in this build; configure with -DLUOSHU_ONLY= and build again");
  }
  return file;
}

}  // namespace luoshu
