// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "luoshu/error.h"
#include "luoshu/interrupt.h"

namespace luoshu::cli {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::string reason() {
  return std::strerror(errno);
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

[[noreturn]] void cannot_write(const std::string& path) {
  throw Error("cannot write '" + path + "': " + reason() + "; make room or give another path");
}

[[noreturn]] void cannot_start(const std::string& path) {
  throw InputError("cannot write '" + path + "': " + reason() + "; give a path that can be written");
}

[[noreturn]] void stdout_failed() {
  throw Error("cannot write to stdout: " + reason() + "; make room or send it elsewhere");
}

bool is_gguf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char magic[4] = {};
  in.read(magic, sizeof magic);
  return std::string_view(magic, sizeof magic) == "GGUF";
}

// Writes all parts to a file that is made anew.
void write_parts(const std::string& path, std::initializer_list<std::string_view> parts) {
  File file(std::fopen(path.c_str(), "wb"), std::fclose);
  if (!file) cannot_write(path);
  for (const std::string_view part : parts) {
    if (std::fwrite(part.data(), 1, part.size(), file.get()) != part.size()) cannot_write(path);
  }
  if (std::fclose(file.release()) != 0) cannot_write(path);
}

}  // namespace

// open() takes the lowest free number, so the ones before must be in use already.
void reserve_standard_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    // The other direction for stdin and stdout: using them is an error, as it is when they are closed.
    open("/dev/null", number == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
  }
}

std::string read_text(const std::string& path) {
  const bool is_stdin = path == "-";
  const File opened(is_stdin ? nullptr : std::fopen(path.c_str(), "rb"), std::fclose);
  std::FILE* const in = is_stdin ? stdin : opened.get();
  std::string text;
  char buffer[65536];
  for (std::size_t n = 1; in != nullptr && n != 0;) {
    n = std::fread(buffer, 1, sizeof buffer, in);
    text.append(buffer, n);
    poll_interrupt();
  }
  if (in == nullptr || std::ferror(in) != 0)
    throw InputError("cannot read '" + path + "': " + reason() + "; check the path");
  return text;
}

std::string read_prose(const std::string& path) {
  const std::string raw = read_text(path);
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = starts_with(raw, kMark) ? kMark.size() : 0; i < raw.size(); ++i) {
    if (raw[i] == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n') continue;
    text += raw[i];
  }
  return text;
}

OutputFile::OutputFile(const std::string& path) : path_(path), target_(path), scratch_(path) {
  if (path.empty()) return;
  struct stat info {};
  const bool exists = stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    cannot_start(path);
  }
  // Names in /dev and /proc stand for something that is open already.
  in_place_ = (exists && !S_ISREG(info.st_mode)) || starts_with(path, "/dev/") || starts_with(path, "/proc/");
  if (in_place_) {
    if (access(path.c_str(), W_OK) != 0) cannot_start(path);
    return;
  }
  if (exists && is_gguf(path)) {
    throw InputError("'" + path + "' is a GGUF file and is not written over; give another path");
  }
  if (exists) {  // the file that a link names is replaced, not the link
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), std::free);
    if (real) target_ = real.get();
  }
  scratch_ = target_ + ".tmp-" + std::to_string(getpid());
  unlink(scratch_.c_str());  // of an earlier process with this number
  const int file = open(scratch_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file >= 0) {
    if (exists) fchmod(file, info.st_mode & 0777U);
    close(file);
    if (exists && unlink(target_.c_str()) != 0) {
      const int error = errno;
      unlink(scratch_.c_str());
      errno = error;
      cannot_start(path);
    }
    return;
  }
  // A folder that takes no new files may hold one that can be written.
  const int error = errno;
  const int there = exists ? open(target_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC) : -1;
  if (there < 0) {
    errno = error;
    cannot_start(path);
  }
  close(there);
  scratch_ = target_;
  in_place_ = true;
}

OutputFile::~OutputFile() {
  if (!path_.empty() && !in_place_) unlink(scratch_.c_str());
}

void OutputFile::commit() {
  if (path_.empty() || in_place_) return;
  if (rename(scratch_.c_str(), target_.c_str()) != 0) cannot_write(path_);
  in_place_ = true;
}

void JsonOutput::write(const nlohmann::json& value) {
  if (!*this) return;
  const std::string text = value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  if (stdout_) return write_stdout(text);
  write_text(text, file_.scratch());
  file_.commit();
}

// Past the buffer of stdio, which loses its bytes when a signal comes while it writes them.
void write_stdout(std::string_view text) {
  if (std::fflush(stdout) != 0) stdout_failed();
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      pollfd ready{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      stdout_failed();
    }
  }
}

void check_stdout() {
  errno = EIO;  // where an earlier write failed and nobody looked
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) stdout_failed();
}

void write_text(const std::string& text, const std::string& path) {
  write_parts(path, {text});
}

void write_json(const nlohmann::json& value, const std::string& path) {
  JsonOutput(path).write(value);
}

void write_npy(const std::vector<float>& values, std::size_t columns, const std::string& path) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(values.size() / columns) + ", " + std::to_string(columns) + "), }";
  constexpr std::size_t kPreamble = 10;
  header.append(63 - (kPreamble + header.size()) % 64, ' ');
  header += '\n';
  const char preamble[kPreamble] = {'\x93',
                                    'N',
                                    'U',
                                    'M',
                                    'P',
                                    'Y',
                                    1,
                                    0,
                                    static_cast<char>(header.size() & 255),
                                    static_cast<char>(header.size() >> 8)};
  write_parts(path, {{preamble, kPreamble},
                     header,
                     {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}});
}

bool interrupted() {
  return interrupt_requested();
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { request_interrupt(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace luoshu::cli
