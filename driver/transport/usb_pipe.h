// SPDX-License-Identifier: Apache-2.0
// One bulk endpoint with its transfers: keeps them in flight, in order, and recovers from what goes wrong.
// Not thread-safe; completions come from libusb's event handling in the same thread.
#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "luoshu/usb_transport.h"
#include "transport/usb_library.h"

namespace luoshu::usb {

class Pipe {
 public:
  using TimePoint = Transport::TimePoint;
  struct Shape {
    std::size_t bytes;      // of a buffer, rounded up to whole packets
    std::size_t transfers;  // in flight at most
  };

  // The handle outlives the pipe. Throws DeviceError when there is no memory for the transfers.
  Pipe(libusb_device_handle* handle, Endpoint endpoint, Shape shape, const UsbTransport::Options& options);
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  // What is still in flight is libusb's: its memory is given up, not freed.
  ~Pipe();

  // Looks at what has come back, recovers, submits what can be. Never waits, but for clearing a halt: a
  // control transfer, for which the kernel allows 5 s.
  void service(TimePoint now);
  // Host to device: takes up to n bytes into free buffers; service() sends them.
  std::size_t put(const std::uint8_t* data, std::size_t n);
  // Device to host: up to n of the bytes that have come, in the order of the wire.
  std::size_t take(std::uint8_t* data, std::size_t n);
  // Takes back everything that is in flight, which may be called again where that failed; from then on
  // nothing is submitted.
  void stop();

  std::size_t in_flight() const { return in_flight_; }
  bool gone() const { return gone_; }                      // the device was unplugged
  const std::string& failure() const { return failure_; }  // why nothing moves any more, or empty
  int code() const { return code_; }                       // libusb's, of the failure
  // When service() has something to do although nothing came back.
  TimePoint next_look() const;
  std::uint64_t recoveries() const { return recoveries_; }

 private:
  enum class State { kIdle, kQueued, kInFlight, kBack, kFull };
  struct Slot {
    TransferHandle transfer;
    std::vector<std::uint8_t> buffer;
    std::size_t begin = 0, end = 0;  // of what is still to be sent, or to be taken
    State state = State::kIdle;
    Pipe* pipe = nullptr;  // none any more: whoever calls back comes too late
  };

  bool is_in() const { return (endpoint_.address & LIBUSB_ENDPOINT_IN) != 0; }
  static void LIBUSB_CALL came_back(libusb_transfer* transfer) noexcept;
  void collect(TimePoint now);
  void judge(const libusb_transfer& transfer, std::size_t moved, TimePoint now);
  void recover(TimePoint now, bool clear, int code, const std::string& what);
  bool drained(TimePoint now);
  void cancel_all();
  void submit_all(TimePoint now);
  bool submit(Slot& slot, TimePoint now);
  void attempt_failed(TimePoint now, int code, const std::string& what);

  libusb_device_handle* handle_;
  Endpoint endpoint_;
  UsbTransport::Options options_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<Slot*> order_;  // all that are not idle, oldest first
  std::size_t in_flight_ = 0;
  std::size_t limit_;          // less than all after the kernel had no memory for more
  TimePoint limited_until_{};  // then it is tried again
  bool stopped_ = false;       // submits nothing any more
  bool draining_ = false;      // waits for all to come back, then clears a halt where there is one
  bool halted_ = false;        // to be cleared
  TimePoint drain_until_{};    // while draining
  TimePoint again_{};          // not before then
  unsigned failures_ = 0;      // in a row, without a byte that moved or a second of peace
  TimePoint last_failure_{};
  std::uint64_t recoveries_ = 0;  // since the start
  bool gone_ = false;
  int code_ = 0;
  std::string failure_;
};

}  // namespace luoshu::usb
