// SPDX-License-Identifier: Apache-2.0
// The device over the link: memory, registers, messages, events. docs/link.md is the protocol.
//
// One thread at a time. Every call waits at most LinkOptions::give_up without progress. Errors: TimeoutError
// (the device does not answer), DisconnectedError (the transport's peer is gone), ProtocolError (the device
// lost the session or speaks another version), DeviceError (the device refused; Detail::code is its
// LinkStatus). After an error the next call opens a new session.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "luoshu/error.h"
#include "luoshu/transport.h"

namespace luoshu {

class Link;

struct LinkOptions {
  std::chrono::milliseconds retry{1000};     // silence after which frames are sent again
  std::chrono::milliseconds give_up{10000};  // silence after which a call throws TimeoutError
  std::uint32_t write_window = 32;           // requests in flight without an answer payload, 1..64
  std::uint32_t read_window = 8;             // requests in flight with one, 1..8
  bool discard_events = true;  // a new session drops the events that an earlier host did not take
};

// Counters of the host's side since the start.
struct LinkStatistics {
  std::uint64_t frames_sent = 0, frames_received = 0;
  std::uint64_t retransmitted = 0;  // frames sent again
  std::uint64_t bytes_skipped = 0;  // received bytes that were in no valid frame
  std::uint64_t refused = 0;        // answers that refused a frame (bad CRC, sequence, overrun, busy)
  std::uint64_t replays = 0;        // event replays asked for
  double transport_seconds = 0;     // of wall time inside the transport: moving bytes, waiting, simulating
};

struct HelloReply {
  std::uint32_t max_payload = 0;  // bytes
  std::uint32_t protocol_version = 0;
  std::vector<std::uint32_t> identification;  // the identification registers, from IdMagic
};

class Device {
 public:
  // bytes done, bytes in total
  using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

  explicit Device(std::unique_ptr<Transport> transport, LinkOptions options = {});
  ~Device();
  Device(Device&&) noexcept;
  Device& operator=(Device&&) noexcept;

  // Opens a session if none is open and reads the identification registers.
  HelloReply hello();

  // Device memory, any byte address and length. Returns when the data are in memory.
  void write_memory(std::uint64_t address, const void* data, std::uint64_t bytes,
                    const Progress& progress = {});
  void read_memory(std::uint64_t address, void* data, std::uint64_t bytes, const Progress& progress = {});
  // CRC-32 (IEEE 802.3, zlib's crc32 from 0), computed by the device.
  std::uint32_t crc32(std::uint64_t address, std::uint64_t bytes);

  // Control space: registers and firmware memory; byte addresses, multiples of 4, incrementing.
  std::uint32_t read_reg(std::uint32_t address);
  void write_reg(std::uint32_t address, std::uint32_t value);
  std::vector<std::uint32_t> read_regs(std::uint32_t address, std::uint32_t words);
  void write_regs(std::uint32_t address, const std::uint32_t* values, std::size_t words);

  // A message of 1..16 words to the firmware, delivered exactly once; waits while the mailbox is full.
  void send_message(const std::vector<std::uint32_t>& words);
  // The next event of the device, in order; nullopt when the deadline passed. Waits on the transport's clock.
  std::optional<std::vector<std::uint32_t>> wait_event(Transport::TimePoint deadline);
  std::optional<std::vector<std::uint32_t>> wait_event(std::chrono::milliseconds wait);

  Transport& transport();
  const LinkStatistics& statistics() const;

 private:
  std::unique_ptr<Link> link_;
};

}  // namespace luoshu
