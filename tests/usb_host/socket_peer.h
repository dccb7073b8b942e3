// SPDX-License-Identifier: Apache-2.0
// A `luoshu simulator` behind the endpoints of a fake device.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "luoshu/error.h"
#include "luoshu/interrupt.h"
#include "luoshu/socket_transport.h"
#include "usb_host/fake_peer.h"

namespace luoshu::usb_test {

// A simulator behind the endpoints; `gone` is called when it goes.
class SocketPeer final : public Peer {
 public:
  SocketPeer(const std::string& address, std::function<void()> gone)
      : gone_(std::move(gone)),
        socket_(SocketTransport::connect(address, Transport::Clock::now() + std::chrono::seconds(10))) {}
  bool out(const std::uint8_t* data, std::size_t n) override {
    if (!flush()) return false;
    waiting_.assign(data, data + n);
    flush();
    return true;
  }
  bool ready() const override { return true; }
  std::optional<std::vector<std::uint8_t>> in(std::size_t largest) override {
    flush();
    std::vector<std::uint8_t> packet(largest);
    packet.resize(guarded([&] { return socket_->read_some(packet.data(), largest, {}); }));
    if (packet.empty() && !owed_) return std::nullopt;
    owed_ = packet.size() == largest;
    return packet;
  }

 private:
  template <class F>
  std::size_t guarded(F&& move) {
    const InterruptHold hold;  // ends in the transport, not in here
    try {
      return move();
    } catch (const DeviceError&) {
      gone_();
      return 0;
    }
  }
  bool flush() {
    const std::size_t n =
        waiting_.empty() ? 0
                         : guarded([&] { return socket_->write_some(waiting_.data(), waiting_.size(), {}); });
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    return waiting_.empty();
  }
  std::function<void()> gone_;
  std::unique_ptr<SocketTransport> socket_;
  std::vector<std::uint8_t> waiting_;
  bool owed_ = false;
};

}  // namespace luoshu::usb_test
