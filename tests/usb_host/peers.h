// SPDX-License-Identifier: Apache-2.0
// What tests put behind the endpoints of a fake device: a pipe, and the device's end of the link. Both send
// as rtl/usb does: a burst ends with a packet that is not full, an empty one if need be.
#pragma once
#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "link/link_bench.h"
#include "usb_host/fake_libusb.h"

namespace luoshu::usb_test {

class Packets {
 public:
  template <class Bytes>
  bool ready(const Bytes& waiting) const {
    return owed_ || !waiting.empty();
  }
  template <class Bytes>
  std::optional<std::vector<std::uint8_t>> next(Bytes& waiting, std::size_t largest) {
    if (waiting.empty() && !owed_) return std::nullopt;
    const std::size_t n = std::min(waiting.size(), largest);
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(n);
    std::vector<std::uint8_t> packet(waiting.begin(), end);
    waiting.erase(waiting.begin(), end);
    owed_ = n == largest;
    return packet;
  }

 private:
  bool owed_ = false;  // the last packet was full: an empty one ends the burst
};

class PipePeer final : public Peer {
 public:
  std::vector<std::uint8_t> received;
  std::deque<std::uint8_t> sending;
  bool out(const std::uint8_t* data, std::size_t n) override {
    received.insert(received.end(), data, data + n);
    return true;
  }
  std::optional<std::vector<std::uint8_t>> in(std::size_t largest) override {
    return packets_.next(sending, largest);
  }
  bool ready() const override { return packets_.ready(sending); }

 private:
  Packets packets_;
};

class LinkPeer final : public Peer {
 public:
  explicit LinkPeer(std::size_t memory) : services(memory), model(services, options()) {}
  bool out(const std::uint8_t* data, std::size_t n) override {
    model.receive(data, n);
    return true;
  }
  std::optional<std::vector<std::uint8_t>> in(std::size_t largest) override {
    return packets_.next(model.output(), largest);
  }
  bool ready() const override { return packets_.ready(output_); }
  static LinkEndpointModel::Options options() {
    LinkEndpointModel::Options options;
    options.memory_mib = 1;
    return options;
  }

  link_test::BenchServices services;
  LinkEndpointModel model;

 private:
  const std::vector<std::uint8_t>& output_ = model.output();
  Packets packets_;
};

}  // namespace luoshu::usb_test
