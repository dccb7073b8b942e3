/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware: boot, then serve messages of the host, sampled tokens, finished runs and errors. It sleeps in
 * between. Commands are fetched and dispatched by the sequencer; the firmware starts runs and reports. */
#include "firmware.h"

enum { kIrqMessage = 1, kIrqToken = 2, kIrqDone = 4, kIrqWatchdog = 8, kIrqError = 16 };
enum { kMaxWords = LUOSHU_MAX_MESSAGE_WORDS };
static const uint32_t kWatchdogCycles = 1u << 22;
static const uint32_t kBootTestBytes = 256;
static const uint32_t kWindowBytes = 1u << 30; /* of device memory, LUOSHU_MEMORY_WINDOW */
static const uint32_t kResetReads = 1u << 16;  /* reads of the status before a soft reset is given up */

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

/* Why a Run message of `count` words cannot be started, 0 where it can. */
static uint32_t refusal(const uint32_t* words, uint32_t count) {
  const uint32_t flags = words[1];
  if (count != 6 || flags > 31u || (flags & 3u) == 3u) return LUOSHU_ERR_BAD_MESSAGE;
  if (words[2] == 0 || words[3] == 0 || words[5] == 0) return LUOSHU_ERR_BAD_MESSAGE;
  if (words[4] & (reg_read(LUOSHU_REG_ID_LANES) - 1u)) return LUOSHU_ERR_BAD_MESSAGE;
  /* A decode loop goes on with the token that it samples: one token, with logits. */
  if ((flags & 16u) && ((flags & 3u) == 0 || words[3] != 1)) return LUOSHU_ERR_BAD_MESSAGE;
  uint32_t most = 0;
  for (uint32_t g = reg_read(LUOSHU_REG_ID_GROUPS); g != 0; --g) most += reg_read(LUOSHU_REG_ID_COLUMNS);
  if (words[3] > most || words[5] > 0xffffu) return LUOSHU_ERR_CAPACITY;
  /* No room, though nothing runs: a soft reset that soon ends. */
  uint32_t status = 2;
  for (uint32_t i = 0; i < kResetReads && status == 2; ++i) status = reg_read(LUOSHU_REG_SEQ_STATUS);
  return (status & 2u) ? LUOSHU_ERR_BUSY : 0;
}

/* Starts a run, or says why not. */
static void start_run(const uint32_t* words, uint32_t count) {
  const uint32_t why = refusal(words, count);
  if (why != 0) {
    send_error(why, why == LUOSHU_ERR_CAPACITY ? words[3] : words[0]);
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
  if (words[0] == LUOSHU_MSG_RUN) {
    start_run(words, count);
  } else if (words[0] == LUOSHU_MSG_STOP && count == 1) {
    reg_write(LUOSHU_REG_SEQ_STOP, 1);
  } else if (words[0] == LUOSHU_MSG_SELF_TEST && count == 3 && words[2] < kWindowBytes &&
             words[1] <= kWindowBytes - words[2]) {
    uint32_t event[5] = {LUOSHU_EVT_SELF_TEST_DONE, 0, 0, 0, 0};
    self_test_memory(words[2] & ~3u, words[1] & ~3u, event + 1);
    send_event(event, 5);
  } else if (words[0] == LUOSHU_MSG_PING && count == 2) {
    words[0] = LUOSHU_EVT_PONG;
    send_event(words, 2);
  } else {
    send_error(LUOSHU_ERR_BAD_MESSAGE, words[0]);
  }
}

static void serve_token(void) {
  uint32_t event[5];
  event[0] = LUOSHU_EVT_TOKEN;
  event[1] = reg_read(LUOSHU_REG_TOKEN_ID);
  event[3] = reg_read(LUOSHU_REG_TOKEN_LOGIT);
  event[4] = reg_read(LUOSHU_REG_TOKEN_CYCLE);
  event[2] = reg_read(LUOSHU_REG_TOKEN_STATUS);
  reg_write(LUOSHU_REG_TOKEN_POP, 1);
  if (event[2] & 1u) send_event(event, 5); /* else a soft reset has dropped it meanwhile */
}

static void serve_done(void) {
  const uint32_t event[2] = {LUOSHU_EVT_DONE, reg_read(LUOSHU_REG_TOKEN_CYCLE)};
  reg_write(LUOSHU_REG_IRQ_CLEAR, kIrqDone);
  send_event(event, 2);
}

/* The error ends every run that was started; their tokens that were not sent yet are dropped. */
static void serve_error(void) {
  const uint32_t code = reg_read(LUOSHU_REG_ERROR);
  reg_write(LUOSHU_REG_SOFT_RESET, 1);
  send_error(code, 0);
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
    if (pending & (kIrqWatchdog | kIrqError)) {
      serve_error(); /* first: a run with an error never is done */
    } else if (pending & kIrqToken) {
      serve_token();
    } else if (pending & kIrqDone) {
      serve_done();
    } else if (pending & kIrqMessage) {
      serve_message();
    } else {
      __asm__ volatile("wfi");
    }
  }
}
