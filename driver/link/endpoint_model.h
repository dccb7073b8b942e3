// SPDX-License-Identifier: Apache-2.0
// The device's end of the link in C++: what rtl/link does, without its timing. Bytes in, service calls, bytes
// out. Every request is executed at once, so answers are never merged, and nothing is ever discarded for lack
// of room.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "link/frame.h"

namespace luoshu {

// What the link reaches inside the chip.
class LinkServices {
 public:
  virtual ~LinkServices() = default;
  // Device memory; false = bus error. The range lies within memory_bytes.
  virtual bool write_memory(std::uint64_t address, const std::uint8_t* data, std::size_t n) = 0;
  virtual bool read_memory(std::uint64_t address, std::uint8_t* data, std::size_t n) = 0;
  // Control space; false = bus error.
  virtual bool write_reg(std::uint32_t address, std::uint32_t value) = 0;
  virtual bool read_reg(std::uint32_t address, std::uint32_t& value) = 0;
  // A message to the firmware; false = no room.
  virtual bool take_message(const std::vector<std::uint32_t>& words) = 0;
};

class LinkEndpointModel {
 public:
  struct Options {
    std::uint32_t max_payload = 1024;  // bytes
    std::uint32_t ring_words = 512;    // reported only
    std::uint64_t memory_mib = 256;
    std::uint32_t id_base = 0x80000000U;  // address of the identification registers
    std::uint32_t id_words = 13;
    bool check_crc = true;         // false: for tests that must notice it
    bool check_duplicates = true;  // false: likewise
  };
  struct Counters {
    std::uint32_t frames = 0, crc_errors = 0, resyncs = 0;
  };

  // The services outlive the model.
  explicit LinkEndpointModel(LinkServices& services) : LinkEndpointModel(services, Options()) {}
  LinkEndpointModel(LinkServices& services, Options options) : services_(services), options_(options) {}

  // Bytes from the host; answers are appended to output().
  void receive(const std::uint8_t* data, std::size_t n);
  // An event of 1..16 words; false when all slots hold unacknowledged events.
  bool push_event(const std::vector<std::uint32_t>& words);
  // Bytes for the host; the caller takes them away.
  std::vector<std::uint8_t>& output() { return output_; }
  const Counters& counters() const { return counters_; }

 private:
  enum class State { kHunt, kLength, kBody };
  void word(std::uint32_t value);
  void refuse(LinkStatus status);
  void execute(const Frame& frame);
  LinkStatus check(const Frame& frame) const;
  LinkStatus check_memory(std::uint64_t address, std::uint64_t bytes) const;
  void run(const Frame& frame);
  void respond(const Frame& frame, LinkStatus status, const std::vector<std::uint32_t>& payload = {});
  void acknowledge(std::uint16_t flags);
  void send_events();
  std::uint32_t link_word() const;

  LinkServices& services_;
  Options options_;
  Counters counters_;
  std::deque<std::uint8_t> input_;
  State state_ = State::kHunt;
  bool in_sync_ = true;              // no byte was skipped since the last frame
  std::vector<std::uint8_t> frame_;  // bytes of the frame so far
  std::size_t total_ = 0;            // its size with CRC
  std::uint8_t expected_ = 0;
  bool write_failed_ = false;
  std::array<std::vector<std::uint32_t>, kEventSlots> events_;
  std::uint8_t event_oldest_ = 0, event_sent_ = 0, event_next_ = 0;
  std::vector<std::uint8_t> output_;
};

}  // namespace luoshu
