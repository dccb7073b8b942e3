// SPDX-License-Identifier: Apache-2.0
// Where a long loop is: one line on stderr, from the second second on, until the loop has ended. On a
// terminal the line is written over several times a second; elsewhere a line of its own comes every ten
// seconds. Nothing with --quiet.
#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "luoshu/interrupt.h"

namespace luoshu::cli {

class Progress {
 public:
  // `where` gives the text, "prefill: token 8 of 512"; called at poll points of this thread. Loops may nest:
  // the line then tells the outer one's place first.
  explicit Progress(std::function<std::string()> where);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Removes the line from the terminal, before something else is written there.
  static void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void look() const;

  const std::function<std::string()> where_;
  Progress* const outer_;
  const Clock::time_point start_;
  const PollObserver observer_;
};

}  // namespace luoshu::cli
