// SPDX-License-Identifier: Apache-2.0
// A `luoshu simulator` behind the endpoints of a fake device.
#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  // Whether a packet would come now: an idle line has no packets that could be disturbed.
  bool ready() const override {
    fetch();
    return !held_.empty() || owed_;
  }
  std::optional<std::vector<std::uint8_t>> in(std::size_t largest) override {
    flush();
    fetch();
    if (held_.empty() && !owed_) return std::nullopt;
    const auto end = held_.begin() + static_cast<std::ptrdiff_t>(std::min(largest, held_.size()));
    std::vector<std::uint8_t> packet(held_.begin(), end);
    held_.erase(held_.begin(), end);
    owed_ = packet.size() == largest;
    return packet;
  }

 private:
  void fetch() const {
    if (!held_.empty()) return;
    held_.resize(4096);
    held_.resize(guarded([&] { return socket_->read_some(held_.data(), held_.size(), {}); }));
  }
  template <class F>
  std::size_t guarded(F&& move) const {
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
  mutable std::vector<std::uint8_t> held_;  // has come, not yet taken
  bool owed_ = false;
};

}  // namespace luoshu::usb_test
