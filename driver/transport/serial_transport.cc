// SPDX-License-Identifier: Apache-2.0
#include "luoshu/serial_transport.h"

#include <asm/termbits.h>  // termios2: any rate; not together with <termios.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "luoshu/error.h"

namespace luoshu {
namespace {

DeviceError::Detail detail(const char* operation, int error) {
  DeviceError::Detail d;
  d.operation = operation;
  d.code = static_cast<std::uint32_t>(error);
  return d;
}

std::string os_text(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void cannot_open(const std::string& path, int error) {
  std::string text = "cannot open '" + path + "': ";
  switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      text += "there is no such port; plug the board in and look for it with `ls /dev/ttyUSB* /dev/ttyACM*`";
      break;
    case EACCES:
    case EPERM:
      text += "no permission; run `sudo usermod -aG dialout $USER`, then log out and in again";
      break;
    case EBUSY:
      text += "another process uses it; end that one first";
      break;
    default:
      text += os_text(error) + "; check the port";
  }
  throw DeviceError(text, detail("open serial port", error));
}

// Raw bytes at the given rate.
void configure(int fd, const std::string& path, std::uint32_t baud) {
  termios2 settings{};
  if (::ioctl(fd, TCGETS2, &settings) != 0) {
    throw InputError("'" + path + "' is not a serial port; give the port of the board, like /dev/ttyUSB0");
  }
  settings.c_iflag = 0;
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER | (static_cast<unsigned>(BOTHER) << IBSHIFT);
  settings.c_ispeed = settings.c_ospeed = baud;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  if (::ioctl(fd, TCSETS2, &settings) != 0) {
    throw InputError("'" + path + "' refuses " + std::to_string(baud) +
                     " baud; give a rate that the board's bridge can make, like serial:" + path + ":1000000");
  }
  // FTDI bridges otherwise hold a short packet for 16 ms. Ports that do not know it refuse: no harm.
  serial_struct serial{};
  if (::ioctl(fd, TIOCGSERIAL, &serial) == 0) {
    serial.flags |= ASYNC_LOW_LATENCY;
    ::ioctl(fd, TIOCSSERIAL, &serial);
  }
  ::ioctl(fd, TCFLSH, 2);  // TCIOFLUSH: what earlier programs left in both directions
}

}  // namespace

std::vector<SerialPort> SerialTransport::list(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<SerialPort> ports;
  std::error_code ignored;  // what cannot be read has no ports
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("ttyUSB", 0) != 0 && name.rfind("ttyACM", 0) != 0) continue;
    SerialPort port;
    port.path = entry.path().string();
    port.permitted = ::access(port.path.c_str(), R_OK | W_OK) == 0;
    ports.push_back(port);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder + "/serial/by-id", ignored)) {
    const fs::path target = fs::weakly_canonical(entry.path(), ignored);
    for (SerialPort& port : ports) {
      if (fs::weakly_canonical(port.path, ignored) == target) port.by_id = entry.path().string();
    }
  }
  std::sort(ports.begin(), ports.end(),
            [](const SerialPort& a, const SerialPort& b) { return a.path < b.path; });
  return ports;
}

std::unique_ptr<SerialTransport> SerialTransport::open(const std::string& path, std::uint32_t baud) {
  if (baud == 0) throw InputError("a serial port at 0 baud moves nothing; give serial:PORT:3000000");
  FileDescriptor port(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (port.get() < 0) cannot_open(path, errno);
  if (::isatty(port.get()) == 0) {
    throw InputError("'" + path + "' is not a serial port; give the port of the board, like /dev/ttyUSB0");
  }
  // TIOCEXCL keeps others from opening the port, the lock keeps root and what was opened before.
  if (::flock(port.get(), LOCK_EX | LOCK_NB) != 0) cannot_open(path, EBUSY);
  ::ioctl(port.get(), TIOCEXCL);
  configure(port.get(), path, baud);
  return std::unique_ptr<SerialTransport>(
      new SerialTransport(std::move(port), "serial:" + path + ":" + std::to_string(baud), baud));
}

std::unique_ptr<SerialTransport> SerialTransport::connect(const std::string& device) {
  constexpr const char* kPrefix = "serial:";
  const std::string rest = device.compare(0, 7, kPrefix) == 0 ? device.substr(7) : "";
  const std::size_t colon = rest.rfind(':');
  const bool has_rate =
      colon != std::string::npos && rest.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  const std::string path = has_rate ? rest.substr(0, colon) : rest;
  if (path.empty())
    throw InputError("'" + device + "' names no port; give serial:PATH[:BAUD], like serial:/dev/ttyUSB0");
  if (!has_rate) return open(path);
  const std::string digits = rest.substr(colon + 1);
  if (digits.empty() || digits.size() > 8)
    throw InputError("'" + digits + "' is no rate in baud; give serial:PATH[:BAUD], like serial:" + path +
                     ":3000000");
  return open(path, static_cast<std::uint32_t>(std::stoul(digits)));
}

void SerialTransport::gone(const char* operation, int error) const {
  throw DisconnectedError(name_ + ": the port is gone" + (error != 0 ? " (" + os_text(error) + ")" : "") +
                              "; plug the board in and start again",
                          detail(operation, error));
}

bool SerialTransport::wait_for(short events, TimePoint deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{port_.get(), events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<long long>(left, 0, 1000)));
    if (ready > 0) {
      if ((entry.revents & events) != 0) return true;
      if ((entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) gone("wait", 0);
    }
    if (ready < 0 && errno != EINTR) gone("wait", errno);
    if (Clock::now() >= deadline) return false;
  }
}

std::size_t SerialTransport::write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) {
  if (port_.get() < 0) gone("write", EBADF);
  if (n == 0) return 0;
  for (;;) {
    const ssize_t moved = ::write(port_.get(), data, n);
    if (moved > 0) return static_cast<std::size_t>(moved);
    if (moved < 0 && errno != EAGAIN && errno != EINTR) gone("write", errno);
    if (!wait_for(POLLOUT, deadline)) return 0;
  }
}

std::size_t SerialTransport::read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) {
  if (port_.get() < 0) gone("read", EBADF);
  if (n == 0) return 0;
  for (;;) {
    const ssize_t moved = ::read(port_.get(), data, n);
    if (moved > 0) return static_cast<std::size_t>(moved);
    if (moved == 0) gone("read", 0);
    if (errno != EAGAIN && errno != EINTR) gone("read", errno);
    if (!wait_for(POLLIN, deadline)) return 0;
  }
}

}  // namespace luoshu
