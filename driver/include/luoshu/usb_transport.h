// SPDX-License-Identifier: Apache-2.0
// A board on the USB as a transport, through libusb (docs/usb-host.md).
//
// Bulk transfers stay in flight in both directions while the host computes: the kernel fills and empties
// their buffers. There is no thread: callbacks run inside the calls below, in the caller's thread, on a
// libusb context that each transport owns. One thread at a time. Waits are poll points (luoshu/interrupt.h).
//
// A halted endpoint, an error of the wire, a transfer that came back short: what is in flight is taken back,
// the halt cleared, and what had not gone is sent, so the stream goes on where it was. After ten attempts
// without a byte that moves every call throws DeviceError. Bytes that the wire lost or repeated are the
// link's.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "luoshu/transport.h"

namespace luoshu {

// A device on the USB that is a board, or may be one.
struct UsbBoard {
  enum class Access {
    kOk,
    kDenied,        // no permission; whether it is a board is not known
    kBusy,          // another process uses it
    kKernelDriver,  // a driver of the kernel has it
    kUnusable,      // not configured, or it does not answer
  };
  std::string serial;   // 16 hexadecimal digits; empty where it could not be read
  std::string product;  // empty likewise
  std::string port;     // "3-2.1": bus 3, port 2, port 1 of the hub there
  std::string speed;    // "full", "high", ...
  Access access = Access::kOk;
  std::string detail;  // what is wrong and what to do, empty for kOk
};

class UsbTransport final : public Transport {
 public:
  // Deadlines of what the caller does not wait for himself.
  struct Options {
    std::chrono::milliseconds drain{5000};     // for transfers to come back that were taken back
    std::chrono::milliseconds teardown{2000};  // the same when the transport ends
    std::chrono::milliseconds pause{10};       // before the first repetition of what failed
  };
  // Who is found: vendor 1209, product 0001, which people share for tests; so also a product string that
  // begins with "Luoshu", and an interface of vendor class with a bulk endpoint each way. Throws DeviceError
  // where USB cannot be used at all.
  static std::vector<UsbBoard> list();

  // Opens and claims the board for "usb", where one is connected, or "usb:SERIAL". Throws InputError for a
  // malformed name and for several boards without a serial number (they are named), DeviceError when there is
  // none, no permission, a driver of the kernel on it, or it does not answer; BusyError when another process
  // has it.
  static std::unique_ptr<UsbTransport> connect(const std::string& device) {
    return connect(device, Options());
  }
  static std::unique_ptr<UsbTransport> connect(const std::string& device, Options options);

  // Takes back what is in flight, waits for it (Options::teardown), releases the board.
  ~UsbTransport() override;

  std::size_t write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  std::size_t read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  void close() override;
  std::string describe() const override;

  // Of the board that is open: transfers that came back with an error and were recovered from.
  std::uint64_t recoveries() const;

 private:
  class Session;
  explicit UsbTransport(std::unique_ptr<Session> session, std::string name);

  std::unique_ptr<Session> session_;  // none after close()
  std::string name_;
  std::uint64_t recoveries_ = 0;  // of a session that has ended
};

// The rule that lets who sits at the computer open boards, the file where it belongs (its name sorts before
// 73-seat-late.rules, which acts on the tag), and the two commands that make it work at once.
std::string udev_rule();
constexpr const char* kUdevFolder = "/etc/udev/rules.d";
constexpr const char* kUdevFile = "70-luoshu.rules";
std::vector<std::vector<std::string>> udev_commands();

}  // namespace luoshu
