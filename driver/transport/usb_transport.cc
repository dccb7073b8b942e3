// SPDX-License-Identifier: Apache-2.0
#include "luoshu/usb_transport.h"

#include <algorithm>
#include <thread>

#include "luoshu/error.h"
#include "luoshu/interrupt.h"
#include "transport/usb_library.h"
#include "transport/usb_pipe.h"

namespace luoshu {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kLongestWait{100};  // between two poll points
constexpr unsigned kEventFailures = 5;     // in a row

// Buffers are whole packets of every speed (64, 512, 1024 bytes). What is in flight lasts for about 25 ms at
// full speed and 6 ms at high speed, of the 16 MiB that the kernel lends to all programs together. Up to 16
// KiB libusb never splits a transfer, so its bytes need no order of its parts.
constexpr std::uint16_t kFullSpeedPacket = 64;
constexpr usb::Pipe::Shape kFullSpeed{4096, 8};
constexpr usb::Pipe::Shape kHighSpeed{16384, 16};

usb::Pipe::Shape shape_for(const usb::Endpoint& endpoint) {
  return endpoint.packet <= kFullSpeedPacket ? kFullSpeed : kHighSpeed;
}

}  // namespace

class UsbTransport::Session {
 public:
  Session(usb::OpenBoard board, Options options)
      : board_(std::move(board)),
        options_(options),
        out_(board_.handle.get(), board_.endpoints.out, shape_for(board_.endpoints.out), options),
        in_(board_.handle.get(), board_.endpoints.in, shape_for(board_.endpoints.in), options) {
    in_.service(Clock::now());  // the board may speak first
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // What is in flight belongs to libusb. Where it does not come back in time it stays libusb's for good:
  // memory is given up, not freed.
  ~Session() {
    out_.stop();
    in_.stop();
    const TimePoint until = Clock::now() + options_.teardown;
    while (out_.in_flight() + in_.in_flight() > 0 && Clock::now() < until) {
      timeval wait{0, 1000};
      if (libusb_handle_events_timeout_completed(board_.context.get(), &wait, nullptr) != 0)
        std::this_thread::sleep_for(milliseconds(1));
    }
  }

  usb::Pipe& out() { return out_; }
  usb::Pipe& in() { return in_; }
  const std::string& name() const { return board_.name; }
  std::uint64_t recoveries() const { return out_.recoveries() + in_.recoveries(); }

  // Lets libusb call back for what has come, waiting at most until the deadline for something; then both
  // endpoints go on.
  void run(TimePoint deadline) {
    const TimePoint now = Clock::now();
    TimePoint until = std::min({deadline, now + kLongestWait, out_.next_look(), in_.next_look()});
    until = std::max(until, now);
    const auto wait = std::chrono::ceil<microseconds>(until - now).count();
    timeval time{};
    time.tv_usec = static_cast<suseconds_t>(wait);
    const int code = libusb_handle_events_timeout_completed(board_.context.get(), &time, nullptr);
    if (code == 0 || code == LIBUSB_ERROR_INTERRUPTED) {
      event_failures_ = 0;
    } else {
      ++event_failures_;
      event_code_ = code;
      std::this_thread::sleep_for(options_.pause);
    }
    service();
  }
  void service() {
    const TimePoint now = Clock::now();
    in_.service(now);
    out_.service(now);
  }

  // Throws when nothing moves any more.
  void check(const char* operation) const {
    if (out_.gone() || in_.gone()) {
      throw DisconnectedError(board_.name + ": the board was unplugged; plug it in and start again",
                              usb::detail(operation, LIBUSB_ERROR_NO_DEVICE));
    }
    for (const usb::Pipe* pipe : {&out_, &in_}) {
      if (pipe->failure().empty()) continue;
      throw DeviceError(board_.name + ": " + (pipe == &out_ ? "sending" : "receiving") +
                            " failed: " + pipe->failure() + "; unplug the board and plug it in again",
                        usb::detail(operation, pipe->code()));
    }
    if (event_failures_ > kEventFailures) {
      throw DeviceError(
          board_.name + ": USB cannot be waited for: " + usb::error_name(event_code_) + "; start again",
          usb::detail(operation, event_code_));
    }
  }

 private:
  usb::OpenBoard board_;  // goes last
  Options options_;
  usb::Pipe out_, in_;
  unsigned event_failures_ = 0;
  int event_code_ = 0;
};

UsbTransport::UsbTransport(std::unique_ptr<Session> session, std::string name)
    : session_(std::move(session)), name_(std::move(name)) {}

UsbTransport::~UsbTransport() = default;

std::unique_ptr<UsbTransport> UsbTransport::connect(const std::string& device, Options options) {
  auto session = std::make_unique<Session>(usb::open_board(device), options);
  std::string name = session->name();
  return std::unique_ptr<UsbTransport>(new UsbTransport(std::move(session), std::move(name)));
}

void UsbTransport::close() {
  if (!session_) return;
  recoveries_ = session_->recoveries();
  session_.reset();
}

std::string UsbTransport::describe() const {
  return name_;
}

std::uint64_t UsbTransport::recoveries() const {
  return session_ ? session_->recoveries() : recoveries_;
}

std::size_t UsbTransport::write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) {
  if (!session_) throw DisconnectedError(name_ + " was closed; start again");
  if (n == 0) return 0;
  TimePoint until{};  // first only what has come
  for (;;) {
    session_->run(until);
    session_->check("write");
    const std::size_t taken = session_->out().put(data, n);
    if (taken > 0) {
      session_->service();
      return taken;
    }
    poll_interrupt();
    if (Clock::now() >= deadline) return 0;
    until = deadline;
  }
}

std::size_t UsbTransport::read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) {
  if (!session_) throw DisconnectedError(name_ + " was closed; start again");
  if (n == 0) return 0;
  TimePoint until{};
  for (;;) {
    session_->run(until);
    const std::size_t taken = session_->in().take(data, n);
    if (taken > 0) {
      session_->service();
      return taken;
    }
    session_->check("read");
    poll_interrupt();
    if (Clock::now() >= deadline) return 0;
    until = deadline;
  }
}

}  // namespace luoshu
