// SPDX-License-Identifier: Apache-2.0
// The number of the live mutant for luoshu_mutant_pkg.sv.
#include <cstdlib>

extern "C" int luoshu_mutant() {
  const char* text = std::getenv("LUOSHU_MUTANT");
  return text != nullptr ? std::atoi(text) : 0;
}
