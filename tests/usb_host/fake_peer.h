// SPDX-License-Identifier: Apache-2.0
// What is behind the bulk endpoints of a fake device.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace luoshu::usb_test {

class Peer {
 public:
  virtual ~Peer() = default;
  // A packet from the host; false: NAK.
  virtual bool out(const std::uint8_t* data, std::size_t n) = 0;
  // A packet for the host waits. Random faults happen to packets, so an idle line has none.
  virtual bool ready() const = 0;
  // The next packet, at most `largest` bytes, perhaps none at all; nullopt: NAK.
  virtual std::optional<std::vector<std::uint8_t>> in(std::size_t largest) = 0;
};

}  // namespace luoshu::usb_test
