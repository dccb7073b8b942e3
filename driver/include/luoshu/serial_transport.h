// SPDX-License-Identifier: Apache-2.0
// A serial port as a transport: a USB bridge on a board (FT231X, BL616), 8 data bits, no parity, no flow
// control.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "luoshu/socket_transport.h"
#include "luoshu/transport.h"

namespace luoshu {

// A serial port of a USB bridge that is there now.
struct SerialPort {
  std::string path;       // "/dev/ttyUSB0"
  std::string by_id;      // the name below by-id that stays the same, empty where there is none
  bool permitted = true;  // this user may open it
};

class SerialTransport final : public Transport {
 public:
  static constexpr std::uint32_t kDefaultBaud = 3000000;
  // The ports ttyUSB* and ttyACM* in a folder, with their names in its serial/by-id, ordered by path. A board
  // may be behind any of them, or behind none.
  static std::vector<SerialPort> list(const std::string& folder = "/dev");

  // Opens "/dev/ttyUSB0" for this process alone, at any rate that the bridge can make, and drops what it has
  // received before. Throws InputError for a path that is no serial port or a rate that is refused,
  // DeviceError when the port is absent, not permitted or in use; the message says which, and the remedy.
  static std::unique_ptr<SerialTransport> open(const std::string& path, std::uint32_t baud = kDefaultBaud);

  // The same for "serial:PATH" or "serial:PATH:BAUD" (PATH may have colons, as below /dev/serial/by-path).
  static std::unique_ptr<SerialTransport> connect(const std::string& device);

  std::uint32_t baud() const { return baud_; }
  std::size_t write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  std::size_t read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  void close() override { port_.reset(-1); }
  std::string describe() const override { return name_; }

 private:
  SerialTransport(FileDescriptor port, std::string name, std::uint32_t baud)
      : port_(std::move(port)), name_(std::move(name)), baud_(baud) {}
  bool wait_for(short events, TimePoint deadline);
  [[noreturn]] void gone(const char* operation, int error) const;

  FileDescriptor port_;
  std::string name_;
  std::uint32_t baud_;
};

}  // namespace luoshu
