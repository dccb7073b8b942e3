// SPDX-License-Identifier: Apache-2.0
// What stands behind the link in its tests: a little memory, registers and a mailbox.
#pragma once
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "link/endpoint_model.h"
#include "luoshu/clocked_transport.h"
#include "support/seed.h"

namespace luoshu::link_test {

class BenchServices final : public LinkServices {
 public:
  explicit BenchServices(std::size_t memory_bytes) : memory(memory_bytes), regs(1024) {}
  bool write_memory(std::uint64_t address, const std::uint8_t* data, std::size_t n) override {
    for (std::size_t i = 0; i < n; ++i) memory.at(address + i) = data[i];
    ++memory_writes;
    return !fail_memory;
  }
  bool read_memory(std::uint64_t address, std::uint8_t* data, std::size_t n) override {
    for (std::size_t i = 0; i < n; ++i) data[i] = memory.at(address + i);
    return !fail_memory;
  }
  bool write_reg(std::uint32_t address, std::uint32_t value) override {
    if (address < kRegBase || address >= kRegBase + 4 * regs.size()) return false;
    regs[(address - kRegBase) / 4] = value;
    return true;
  }
  bool read_reg(std::uint32_t address, std::uint32_t& value) override {
    value = 0;
    if (address < kRegBase || address >= kRegBase + 4 * regs.size()) return false;
    value = regs[(address - kRegBase) / 4];
    return true;
  }
  bool take_message(const std::vector<std::uint32_t>& words) override {
    if (mailbox_stalls > 0) {
      --mailbox_stalls;
      return false;
    }
    messages.push_back(words);
    return true;
  }

  static constexpr std::uint32_t kRegBase = 0x80000000U;
  std::vector<std::uint8_t> memory;
  std::vector<std::uint32_t> regs;
  std::vector<std::vector<std::uint32_t>> messages;
  std::uint64_t memory_writes = 0;
  unsigned mailbox_stalls = 0;  // messages to refuse
  bool fail_memory = false;
};

// The endpoint model as a clocked peer: four bytes per cycle each way.
class ModelPeer final : public ClockedPeer {
 public:
  explicit ModelPeer(LinkEndpointModel& model) : model_(model) {}
  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    model_.receive(to_device, n);
    auto& out = model_.output();
    const bool quiet = n == 0 && out.empty();
    from_device.insert(from_device.end(), out.begin(), out.end());
    out.clear();
    return {n, quiet ? max_cycles : n / 4 + 1};
  }

 private:
  LinkEndpointModel& model_;
};

inline std::vector<std::uint8_t> random_bytes(std::mt19937_64& random, std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
  return bytes;
}

inline std::vector<std::uint32_t> random_words(std::mt19937_64& random, std::size_t n) {
  std::vector<std::uint32_t> words(n);
  for (auto& w : words) w = static_cast<std::uint32_t>(random());
  return words;
}

}  // namespace luoshu::link_test
