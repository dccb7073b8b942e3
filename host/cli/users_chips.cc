// SPDX-License-Identifier: Apache-2.0
// The chips that users run: built when they are wanted, by the launcher that started this program.
#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "chip_library.h"
#include "cli/process.h"

namespace luoshu {
namespace {

// Time of the last change in nanoseconds, 0 where there is no such file.
std::int64_t changed(const std::string& file) {
  struct stat s {};
  if (::stat(file.c_str(), &s) != 0) return 0;
  return std::int64_t{s.st_mtim.tv_sec} * 1000000000 + s.st_mtim.tv_nsec;
}

}  // namespace

// Of a plain and a tuned chip the younger is taken: the launcher brings one of them up to date.
std::string chip_library(const SimulationOptions& options) {
  const bool traced = !options.trace_file.empty();
  const char* const kind = traced ? "traced" : options.tuned ? "tuned" : "plain";
  static std::set<std::string> asked;  // once is enough, a soak makes thousands of chips
  const char* const launcher = std::getenv("LUOSHU_LAUNCHER");
  if (launcher != nullptr && asked.insert(options.config + "-" + kind).second) {
    cli::ChildOptions show;
    show.show = true;
    if (cli::run_child({launcher, "build-chip", options.config, kind}, show) != 0)
      throw DeviceError("the chip '" + options.config + "' was not built; see above");
  }
  std::string file = chip_file(options.config, traced ? "traced" : "plain");
  const std::string tuned = chip_file(options.config, "tuned");
  if (!traced && changed(tuned) > changed(file)) file = tuned;
  if (changed(file) == 0) {
    throw DeviceError("the chip '" + options.config + "' is not built; run ./luoshu build-chip " +
                      options.config + " " + kind);
  }
  return file;
}

}  // namespace luoshu
