// SPDX-License-Identifier: Apache-2.0
// Drives tiny.sv: all of it, or without a look at high_o (TINY_BLIND), or wrongly (TINY_BROKEN).
#include <verilated.h>

#include "Vtiny.h"

int main() {
  VerilatedContext context;
  context.randReset(2);
  Vtiny tiny(&context, "tiny");
  const auto step = [&] {
    tiny.clk_i = 0;
    tiny.eval();
    tiny.clk_i = 1;
    tiny.eval();
  };
  for (int round = 0; round < 2; ++round) {  // the second time from a count that is not 0
    tiny.rst_ni = 0;
    tiny.add_i = 1;
    step();
    tiny.rst_ni = 1;
    for (int i = 0, count = 0; i < 16; ++i) {
      tiny.add_i = i % 3 != 0;
      step();
#ifndef TINY_BROKEN
      if (tiny.add_i != 0 && count < 6) ++count;
#endif
      if (tiny.count_o != count || (tiny.zero_o != 0) != (count == 0)) return 1;
#ifndef TINY_BLIND
      if ((tiny.high_o != 0) != (count >= 4)) return 1;
#endif
    }
    tiny.rst_ni = 0;
    while (tiny.count_o != 0) step();  // for ever when the reset is gone
    tiny.rst_ni = 1;
    for (tiny.add_i = 1; tiny.count_o != 6;) step();
  }
  return 0;
}
