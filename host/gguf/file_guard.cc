// SPDX-License-Identifier: Apache-2.0
#include "gguf/file_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstring>

namespace luoshu {
namespace {

// All below runs in a signal handler: no allocation, no locks, no stdio.
constexpr int kFailed = 1;
constexpr std::size_t kLongestLine = 8192;  // of /proc/self/maps: a path has at most 4096 bytes
char map_line[kLongestLine];

std::uintptr_t parse_hex(const char*& at) {
  std::uintptr_t value = 0;
  for (;; ++at) {
    const bool digit = *at >= '0' && *at <= '9';
    if (!digit && (*at < 'a' || *at > 'f')) return value;
    value = value * 16 + static_cast<std::uintptr_t>(digit ? *at - '0' : *at - 'a' + 10);
  }
}

// The path in map_line ("start-end permissions offset device inode path") when it is of the mapping that
// holds `address` and a file's; else null.
const char* file_in_line(std::uintptr_t address) {
  const char* at = map_line;
  const std::uintptr_t start = parse_hex(at);
  if (*at++ != '-') return nullptr;
  if (address < start || address >= parse_hex(at)) return nullptr;
  return std::strchr(at, '/');
}

// The file whose mapping holds `address`; null where there is none.
const char* file_at(std::uintptr_t address) {
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) return nullptr;
  static char buffer[4096];
  const char* found = nullptr;
  std::size_t length = 0;
  ssize_t got = 0;
  while (found == nullptr && (got = read(maps, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < got && found == nullptr; ++i) {
      if (buffer[i] != '\n') {
        if (length + 1 < kLongestLine) map_line[length++] = buffer[i];
        continue;
      }
      map_line[length] = '\0';
      length = 0;
      found = file_in_line(address);
    }
  }
  close(maps);
  return found;
}

void put(const char* text, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t done = write(STDERR_FILENO, text, bytes);
    if (done <= 0) return;
    text += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

void on_bus_error(int signal, siginfo_t* info, void*) {
  // Of a signal that another process sent, or the program itself, there is no address.
  const char* file =
      info->si_code == BUS_ADRERR ? file_at(reinterpret_cast<std::uintptr_t>(info->si_addr)) : nullptr;
  if (file == nullptr) {
    std::signal(signal, SIG_DFL);  // the access is tried again and ends the process
    return;
  }
  static char line[kLongestLine + 256];
  std::size_t length = 0;
  const auto add = [&](const char* text) {
    for (; *text != '\0' && length < sizeof line; ++text)
      line[length++] = static_cast<unsigned char>(*text) >= ' ' ? *text : '?';
  };
  add("luoshu: error: '");
  add(file);
  add("' cannot be read any more, it was made shorter or its disk failed; leave it as it is while it is in "
      "use, and start again");
  line[length++] = '\n';
  put(line, length);
  _exit(kFailed);
}

}  // namespace

void guard_mapped_files() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace luoshu
