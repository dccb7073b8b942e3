/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the firmware's files: register access and events. */
#ifndef LUOSHU_FIRMWARE_H
#define LUOSHU_FIRMWARE_H
#include <stdint.h>

#include "luoshu/defs.h"

static inline uint32_t reg_read(uint32_t offset) {
  return *(volatile uint32_t*)(LUOSHU_REG_BASE + offset);
}
static inline void reg_write(uint32_t offset, uint32_t value) {
  *(volatile uint32_t*)(LUOSHU_REG_BASE + offset) = value;
}
/* A word of device memory through the window; address in bytes, 4-byte aligned, below 1 GiB. */
static inline volatile uint32_t* memory(uint32_t address) {
  return (volatile uint32_t*)(LUOSHU_MEMORY_WINDOW + address);
}

/* Sends an event of `count` words (1..16); waits for room in the event queue, which the link always drains.
 */
void send_event(const uint32_t* words, uint32_t count);

/* Tests `bytes` of device memory from `address` (both 4-byte aligned; contents are kept) and fills
 * result[0..3] as the event SelfTestDone says. Returns 0 when it passed. */
uint32_t self_test_memory(uint32_t address, uint32_t bytes, uint32_t result[4]);

#endif
