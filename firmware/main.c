/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware: boot, then serve messages of the host, sampled tokens, finished runs and errors. It sleeps in
 * between. Commands are fetched and dispatched by the sequencer; the firmware starts runs and reports. */
#include "firmware.h"

enum { kIrqMessage = 1, kIrqToken = 2, kIrqDone = 4, kIrqWatchdog = 8, kIrqError = 16 };
enum { kMaxWords = LUOSHU_MAX_MESSAGE_WORDS };
static const uint32_t kWatchdogCycles = 1u << 22;
static const uint32_t kBootTestBytes = 256;

/* The compiler may call it for the initialisation of arrays. */
void* memcpy(void* to, const void* from, uint32_t bytes) {
  uint8_t* out = to;
  const uint8_t* in = from;
  for (uint32_t i = 0; i < bytes; ++i) out[i] = in[i];
  return to;
}

void send_event(const uint32_t* words, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    while ((reg_read(LUOSHU_REG_EVENT_STATUS) & 1u) == 0) {
    }
    reg_write(i + 1 == count ? LUOSHU_REG_EVENT_LAST : LUOSHU_REG_EVENT_DATA, words[i]);
  }
}

static void send_error(uint32_t code, uint32_t detail) {
  const uint32_t event[3] = {LUOSHU_EVT_ERROR, code, detail};
  send_event(event, 3);
}

void report_trap(uint32_t cause, uint32_t pc) {
  const uint32_t event[4] = {LUOSHU_EVT_ERROR, LUOSHU_ERR_TRAP, pc, cause};
  send_event(event, 4);
}

/* Starts a run, or says why not. */
static void start_run(const uint32_t* words, uint32_t count) {
  if (count < 6 || words[2] == 0 || words[5] == 0 || words[3] == 0) {
    send_error(LUOSHU_ERR_BAD_MESSAGE, words[0]);
    return;
  }
  if (words[3] > reg_read(LUOSHU_REG_ID_COLUMNS) * 64u) { /* checked against columns x groups by the host */
    send_error(LUOSHU_ERR_CAPACITY, words[3]);
    return;
  }
  if (reg_read(LUOSHU_REG_SEQ_STATUS) & 2u) {
    send_error(LUOSHU_ERR_BUSY, 0);
    return;
  }
  const uint32_t bank = (words[1] >> 3) & 1u;
  reg_write(LUOSHU_REG_CONTEXT_TOKENS + 4u * bank, words[3]);
  reg_write(LUOSHU_REG_SEQ_PASSES, words[2]);
  reg_write(LUOSHU_REG_SEQ_PROGRAM, words[4]);
  reg_write(LUOSHU_REG_SEQ_COUNT, words[5]);
  reg_write(LUOSHU_REG_SEQ_RUN, words[1]);
}

static void serve_message(void) {
  uint32_t words[kMaxWords];
  uint32_t count = 0;
  for (;;) {
    const uint32_t status = reg_read(LUOSHU_REG_MESSAGE_STATUS);
    if ((status & 1u) == 0) continue; /* the link delivers whole messages */
    const uint32_t word = reg_read(LUOSHU_REG_MESSAGE_DATA);
    if (count < kMaxWords) words[count++] = word;
    if (status & 2u) break;
  }
  switch (words[0]) {
    case LUOSHU_MSG_RUN:
      start_run(words, count);
      break;
    case LUOSHU_MSG_STOP:
      reg_write(LUOSHU_REG_SEQ_STOP, 1);
      break;
    case LUOSHU_MSG_SELF_TEST: {
      uint32_t event[5] = {LUOSHU_EVT_SELF_TEST_DONE, 0, 0, 0, 0};
      if (count >= 3) self_test_memory(words[2] & ~3u, words[1] & ~3u, event + 1);
      send_event(event, 5);
      break;
    }
    case LUOSHU_MSG_PING: {
      const uint32_t event[2] = {LUOSHU_EVT_PONG, count > 1 ? words[1] : 0};
      send_event(event, 2);
      break;
    }
    default:
      send_error(LUOSHU_ERR_BAD_MESSAGE, words[0]);
  }
}

static void serve_token(void) {
  const uint32_t event[5] = {LUOSHU_EVT_TOKEN, reg_read(LUOSHU_REG_TOKEN_ID),
                             reg_read(LUOSHU_REG_TOKEN_STATUS), reg_read(LUOSHU_REG_TOKEN_LOGIT),
                             reg_read(LUOSHU_REG_TOKEN_CYCLE)};
  reg_write(LUOSHU_REG_TOKEN_POP, 1);
  send_event(event, 5);
}

static void serve_done(void) {
  reg_write(LUOSHU_REG_IRQ_CLEAR, kIrqDone);
  while (reg_read(LUOSHU_REG_IRQ_PENDING) & kIrqToken) serve_token();
  const uint32_t event[2] = {LUOSHU_EVT_DONE, reg_read(LUOSHU_REG_CYCLE_LOW)};
  send_event(event, 2);
}

int main(void) {
  uint32_t event[6] = {LUOSHU_EVT_READY, LUOSHU_VERSION, 0, 0, 0, 0};
  self_test_memory(0, kBootTestBytes, event + 2);
  reg_write(LUOSHU_REG_WATCHDOG, kWatchdogCycles);
  reg_write(LUOSHU_REG_IRQ_ENABLE, kIrqMessage | kIrqToken | kIrqDone | kIrqWatchdog | kIrqError);
  send_event(event, 6);
  __asm__ volatile(
      "csrw mie, %0" ::"r"(1u << 11)); /* the external interrupt ends wfi; mstatus.MIE stays off */
  for (;;) {
    const uint32_t pending = reg_read(LUOSHU_REG_IRQ_PENDING);
    if (pending & kIrqToken) {
      serve_token();
    } else if (pending & kIrqDone) {
      serve_done();
    } else if (pending & kIrqMessage) {
      serve_message();
    } else if (pending & (kIrqWatchdog | kIrqError)) {
      const uint32_t code = reg_read(LUOSHU_REG_ERROR);
      reg_write(LUOSHU_REG_IRQ_CLEAR, kIrqWatchdog | kIrqError);
      reg_write(LUOSHU_REG_SOFT_RESET, 1);
      send_error(code, 0);
    } else {
      __asm__ volatile("wfi");
    }
  }
}
