// SPDX-License-Identifier: Apache-2.0
// How long work is ended from outside: a signal handler sets the flag, loops look at it at poll points and
// leave by InterruptedError. Everything that may take longer than a tenth of a second polls: transports while
// they wait, the model between commands, the reference between layers, uploads between pieces.
//
// What this does not do: it does not leave a device in the middle of a pass usable. After InterruptedError
// the engine that threw is only to be destroyed; an InterruptHold lets its counters be read before.
#pragma once
#include <atomic>
#include <functional>
#include <utility>

#include "luoshu/error.h"

namespace luoshu {

// The user asked to stop: exit code 130.
class InterruptedError : public Error {
 public:
  using Error::Error;
};

namespace interrupt_detail {
inline std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch what needs no lock");
inline thread_local int holds = 0;
inline thread_local std::function<void()> observer;
}  // namespace interrupt_detail

// May be called from a signal handler and from any thread.
inline void request_interrupt() noexcept {
  interrupt_detail::requested.store(true);
}
inline bool interrupt_requested() noexcept {
  return interrupt_detail::requested.load();
}
// For tests: as if nobody had asked.
inline void clear_interrupt() noexcept {
  interrupt_detail::requested.store(false);
}

// A poll point: tells this thread's observer, throws InterruptedError once an interrupt was requested.
inline void poll_interrupt() {
  if (interrupt_detail::observer) interrupt_detail::observer();
  if (interrupt_requested() && interrupt_detail::holds == 0)
    throw InterruptedError("interrupted; start again");
}

// While one exists this thread's poll points do not throw: for the little that is still to be done.
class InterruptHold {
 public:
  InterruptHold() { ++interrupt_detail::holds; }
  ~InterruptHold() { --interrupt_detail::holds; }
  InterruptHold(const InterruptHold&) = delete;
  InterruptHold& operator=(const InterruptHold&) = delete;
};

// While one exists `observer` is called at every poll point of this thread (often: it decides how much it
// does); the one before comes back afterwards. It must not throw.
class PollObserver {
 public:
  explicit PollObserver(std::function<void()> observer)
      : before_(std::exchange(interrupt_detail::observer, std::move(observer))) {}
  ~PollObserver() { interrupt_detail::observer = std::move(before_); }
  PollObserver(const PollObserver&) = delete;
  PollObserver& operator=(const PollObserver&) = delete;

 private:
  std::function<void()> before_;
};

}  // namespace luoshu
