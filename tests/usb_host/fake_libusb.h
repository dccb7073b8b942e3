// SPDX-License-Identifier: Apache-2.0
// A stand-in for libusb: the same functions, so that a test links it instead. Devices, what is behind their
// endpoints, and everything that can go wrong are the test's to say. One thread, as the transport.
//
// It is strict: what libusb forbids (a transfer submitted twice, freed or closed while in flight, a halt
// cleared above pending transfers, a handle or list left over, an IN buffer that is no multiple of the
// packet) is written into violations().
#pragma once
#include <libusb.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "usb_host/fake_peer.h"

namespace luoshu::usb_test {

struct FakeDevice {
  std::uint16_t vendor = 0x1209, product = 0x0001;
  std::string product_string = "Luoshu chip", serial = "0123456789ABCDEF";
  std::uint8_t bus = 3;
  std::vector<std::uint8_t> ports{2};
  int speed = LIBUSB_SPEED_FULL;
  std::uint16_t packet = 64;
  std::uint8_t interface_class = 0xff;
  bool configured = true, bulk = true, kernel_driver = false;
  int open_code = 0, claim_code = 0, string_code = 0;
  Peer* peer = nullptr;
};

// Probabilities per packet, submission or call.
struct Faults {
  double stall = 0;         // the endpoint halts
  double error = 0;         // an error of the wire, which halts the endpoint as well
  double loose_error = 0;   // one that does not: what is queued behind goes on
  double timeout = 0;       // the transfer ends with what it has
  double overflow = 0;      // the packet is lost
  double short_out = 0;     // completed with less than was asked for
  double nak = 0;           // nothing moves in this round
  double no_memory = 0;     // a submission is refused
  double submit_error = 0;  // likewise, LIBUSB_ERROR_IO
  double clear_error = 0;   // clearing a halt fails
  double events_error = 0;  // waiting fails
  double late_cancel = 0;   // what is taken back comes some rounds later, perhaps completed
  double cancelled = 0;     // taken back without anybody asking
  bool shuffle = false;     // callbacks in any order
  bool holes = true;        // what is queued behind a transfer that ended early goes on
};

class Fake {
 public:
  static Fake& get();
  // Everything as new. What never came back stays allocated.
  void reset(std::uint64_t seed = 1);

  std::vector<FakeDevice> devices;
  Faults faults;
  bool nak_in = false, nak_out = false;
  bool keep_cancelled = false;  // what is taken back never comes
  int init_code = 0, list_code = 0;
  std::size_t most_in_flight = ~std::size_t{0};       // submissions above that: no memory
  std::function<void(std::uint64_t call)> on_call;    // before each call, numbered from 1
  std::map<std::string, std::deque<int>> next_codes;  // of calls by name, once each

  // The transfer that moves this packet of the endpoint (counted from 0) comes back like that instead.
  void inject(std::uint8_t endpoint, std::uint64_t packet, libusb_transfer_status status);
  void unplug() { unplugged = true; }
  bool unplugged = false;

  const std::vector<std::string>& violations() const { return violations_; }
  // As one text, with what is still allocated.
  std::string complaints() const;
  std::uint64_t calls() const { return calls_; }
  std::uint64_t transfers() const { return transfers_; }  // that came back
  std::uint64_t injected() const { return injected_; }    // faults
  std::size_t peak_bytes() const { return peak_bytes_; }  // in flight at once
  std::size_t peak_transfers() const { return peak_; }
  std::uint64_t halts_cleared() const { return halts_cleared_; }

  struct Flying {
    libusb_transfer* transfer;
    std::size_t moved = 0;
    bool cancelled = false;
    unsigned rounds = 0;  // until it comes back, once cancelled
  };
  struct EndpointState {
    std::deque<Flying> queue;
    bool halted = false;
    bool held = false;  // after a transfer that ended early, until the queue is empty
    std::uint64_t packets = 0;
    std::map<std::uint64_t, libusb_transfer_status> script;
  };

  // For the functions of libusb.
  int before(const char* name, bool device_call = true);
  void violation(const std::string& text) { violations_.push_back(text); }
  int submit(libusb_transfer* transfer);
  int cancel(libusb_transfer* transfer);
  int clear_halt(std::uint8_t endpoint);
  int events(long microseconds);
  bool is_flying(const libusb_transfer* transfer) const;
  std::size_t flying() const;
  void forget_flying();
  int contexts = 0, lists = 0, handles = 0, claims = 0, descriptors = 0, allocated = 0;

 private:
  bool happens(double probability);
  void run_endpoint(std::uint8_t address, EndpointState& endpoint);
  void move(std::uint8_t address, EndpointState& endpoint);
  std::optional<libusb_transfer_status> fault(EndpointState& endpoint, bool idle);
  void done(EndpointState& endpoint, std::size_t index, libusb_transfer_status status);
  Peer* peer() const;

  std::mt19937_64 random_;
  std::map<std::uint8_t, EndpointState> endpoints_;
  std::vector<std::pair<libusb_transfer*, std::pair<libusb_transfer_status, std::size_t>>> back_;
  std::vector<libusb_transfer*> lost_;  // reachable, so no leak
  std::vector<std::string> violations_;
  std::uint64_t calls_ = 0, transfers_ = 0, injected_ = 0, halts_cleared_ = 0;
  std::size_t peak_bytes_ = 0, peak_ = 0;
};

}  // namespace luoshu::usb_test
