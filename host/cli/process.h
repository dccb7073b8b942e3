// SPDX-License-Identifier: Apache-2.0
// Child processes: an argument vector, no shell.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace luoshu::cli {

struct ChildOptions {
  std::string folder;                    // working directory, empty: ours
  std::string log;                       // file that takes stdout and stderr, empty: nowhere
  bool show = false;                     // instead: both to our stderr
  std::vector<std::string> environment;  // NAME=value, in addition to ours
  std::chrono::seconds limit{3600};      // killed after this
};

// Runs `arguments` (the program first, looked up in PATH) and returns its exit status; 127: it could not be
// started. Ctrl-C and the time limit end the child; the limit throws TimeoutError.
int run_child(const std::vector<std::string>& arguments, const ChildOptions& options);

}  // namespace luoshu::cli
