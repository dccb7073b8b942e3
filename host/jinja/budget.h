// SPDX-License-Identifier: Apache-2.0
// What one rendering may cost. A hostile template ends with an error before it takes long, much memory or the
// stack.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "jinja/error.h"

namespace luoshu::jinja {

struct Limits {
  std::uint64_t steps = 10'000'000;              // expressions and statements evaluated
  std::uint64_t bytes = std::uint64_t{1} << 28;  // bytes written into strings, lists and the output, all told
  std::size_t output = std::size_t{1} << 26;     // bytes of the rendered text
  int depth = 700;                               // expressions and calls inside each other
};

class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  void step(std::uint64_t count = 1) {
    steps_ += count;
    if (steps_ > limits_.steps) exceeded("steps", limits_.steps);
  }
  // Before `count` bytes are written.
  void spend(std::uint64_t count) {
    if (count > limits_.bytes - bytes_) exceeded("bytes of strings and lists", limits_.bytes);
    bytes_ += count;
  }
  void check_output(std::size_t size) const {
    if (size > limits_.output) exceeded("bytes of text", limits_.output);
  }

  // One level deeper for as long as it lives.
  class Level {
   public:
    explicit Level(Budget& budget) : budget_(budget) {
      if (budget_.depth_ >= budget_.limits_.depth)
        exceeded("levels of nesting", static_cast<std::uint64_t>(budget_.limits_.depth));
      ++budget_.depth_;
    }
    ~Level() { --budget_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Budget& budget_;
  };

 private:
  [[noreturn]] static void exceeded(const char* what, std::uint64_t limit) {
    throw TemplateError("the template goes over " + std::to_string(limit) + " " + what);
  }

  const Limits limits_;
  std::uint64_t steps_ = 0, bytes_ = 0;
  int depth_ = 0;
};

}  // namespace luoshu::jinja
