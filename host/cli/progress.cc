// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace luoshu::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuiet{1500};  // nothing before
constexpr milliseconds kTerminalPause{250};
constexpr milliseconds kLogPause{10000};
constexpr std::size_t kWidth = 80;  // of a terminal that does not tell

thread_local Progress* innermost = nullptr;
thread_local std::chrono::steady_clock::time_point next_line;
thread_local bool line_shown = false;

bool terminal() {
  static const bool is = [] {
    const char* term = std::getenv("TERM");
    return isatty(STDERR_FILENO) != 0 && !(term != nullptr && std::string_view(term) == "dumb");
  }();
  return is;
}

std::size_t width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8 ? size.ws_col : kWidth;
}

}  // namespace

Progress::Progress(std::function<std::string()> where)
    : where_(std::move(where)),
      outer_(innermost),
      start_(Clock::now()),
      observer_([] { innermost->look(); }) {
  if (outer_ == nullptr) next_line = start_ + kQuiet;
  innermost = this;
}

Progress::~Progress() {
  innermost = outer_;
  if (outer_ == nullptr) clear();
}

void Progress::clear() {
  if (!line_shown) return;
  line_shown = false;
  std::fputs("\r\033[K", stderr);
}

void Progress::look() const {
  const Clock::time_point now = Clock::now();
  if (now < next_line || !spdlog::should_log(spdlog::level::warn)) return;
  next_line = now + (terminal() ? kTerminalPause : kLogPause);
  std::string text;
  Clock::time_point start;
  for (const Progress* p = this; p != nullptr; p = p->outer_) {
    std::string outer = p->where_();
    if (!text.empty()) outer.append(", ").append(text);
    text = std::move(outer);
    start = p->start_;
  }
  text = "luoshu: " + text + ", " +
         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - start).count()) + " s";
  if (terminal()) {
    line_shown = true;
    std::fprintf(stderr, "\r%s\033[K", text.substr(0, width() - 1).c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

}  // namespace luoshu::cli
