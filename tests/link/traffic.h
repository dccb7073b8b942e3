// SPDX-License-Identifier: Apache-2.0
// Random operations on a Device, checked against a mirror of what the device must hold.
#pragma once
#include <functional>
#include <random>
#include <vector>

#include "luoshu/device.h"

namespace luoshu::link_test {

// How the test reaches the device's far side.
struct FarSide {
  std::uint64_t memory_bytes = 0;
  std::uint32_t reg_base = 0;
  std::uint32_t regs = 0;
  std::function<bool(const std::vector<std::uint32_t>&)> push_event;  // false: no room
  std::function<void(unsigned)> stall_mailbox;                        // refuse that many messages
  std::function<const std::vector<std::vector<std::uint32_t>>&()> messages;
};

struct TrafficResult {
  std::uint64_t operations = 0;
  std::uint64_t wrong = 0;  // values that differ from the mirror
};

// Runs `operations` random operations and compares everything that comes back.
TrafficResult run_traffic(Device& device, const FarSide& far, std::mt19937_64& random,
                          std::uint64_t operations, std::size_t largest_transfer);

}  // namespace luoshu::link_test
