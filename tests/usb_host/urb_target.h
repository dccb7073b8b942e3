// SPDX-License-Identifier: Apache-2.0
// What the host's kernel does for a process: takes transfers ("URBs") for a device and gives them back done.
// A mock device (mock_device.h) puts it behind a stock libusb. Here a board is a byte stream; a host that
// works bit by bit can stand behind the same interface.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "usb_host/fake_peer.h"

namespace luoshu::usb_test {

struct Urb {
  std::uint64_t id = 0;  // the process' own, given back with it
  std::uint8_t endpoint = 0;
  bool control = false;            // data: 8 bytes of SETUP, then those of the data stage
  std::vector<std::uint8_t> data;  // OUT: to send; IN: as many bytes as are asked for
  std::size_t moved = 0;           // once it is back (control: without SETUP)
  int status = 0;                  // once it is back: 0 or a negative errno
};

class UrbTarget {
 public:
  virtual ~UrbTarget() = default;
  virtual void submit(Urb urb) = 0;
  // Takes one back; it comes with -ENOENT. False when it is not there any more.
  virtual bool discard(std::uint64_t id) = 0;
  virtual void clear_halt(std::uint8_t endpoint) = 0;
  // Lets a little happen, without waiting.
  virtual void run() = 0;
  // The next that is done.
  virtual std::optional<Urb> reap() = 0;
  // The process has gone, and with it what it had in flight.
  virtual void forget() = 0;
};

// A board whose bulk endpoints are a Peer, and whose control endpoint has the strings of rtl/usb.
class PeerTarget final : public UrbTarget {
 public:
  PeerTarget(Peer& peer, std::string serial) : peer_(peer), serial_(std::move(serial)) {}
  void submit(Urb urb) override;
  bool discard(std::uint64_t id) override;
  void clear_halt(std::uint8_t) override {}
  void run() override;
  std::optional<Urb> reap() override;
  void forget() override;

 private:
  void control(Urb urb);
  void give_back(std::uint8_t endpoint, int status);

  Peer& peer_;
  std::string serial_;
  std::map<std::uint8_t, std::deque<Urb>> queues_;  // by endpoint
  std::deque<Urb> done_;
};

}  // namespace luoshu::usb_test
