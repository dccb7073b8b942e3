/* SPDX-License-Identifier: Apache-2.0 */
/* Self-test: device memory as the control core sees it. Each word is tested with its address, the complement,
 * and a walking one, and gets its old value back. */
#include "firmware.h"

uint32_t self_test_memory(uint32_t address, uint32_t bytes, uint32_t result[4]) {
  for (uint32_t offset = 0; offset < bytes; offset += 4) {
    volatile uint32_t* word = memory(address + offset);
    const uint32_t old = *word;
    const uint32_t patterns[3] = {address + offset, ~(address + offset), 1u << ((offset >> 2) & 31u)};
    for (uint32_t i = 0; i < 3; ++i) {
      *word = patterns[i];
      const uint32_t got = *word;
      if (got != patterns[i]) {
        result[0] = i + 1;
        result[1] = address + offset;
        result[2] = patterns[i];
        result[3] = got;
        *word = old;
        return result[0];
      }
    }
    *word = old;
  }
  result[0] = result[1] = result[2] = result[3] = 0;
  return 0;
}
