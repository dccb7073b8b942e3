// SPDX-License-Identifier: Apache-2.0
// Frames of the link (docs/link.md): constants, encoder, and a decoder that finds frames in a damaged byte
// stream.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace luoshu {

constexpr std::uint16_t kLinkSync = 0x4C53;
constexpr std::uint8_t kLinkVersion = 1;
constexpr std::uint32_t kMaxFramePayload = 1024;  // largest MaxPayload of any device, bytes
constexpr std::uint8_t kResponseBit = 0x80;
constexpr std::uint8_t kEventType = 0xC0;
constexpr std::uint32_t kMaxLinkMessageWords = 16;
constexpr std::uint32_t kEventSlots = 16;  // events that a device keeps

enum class RequestType : std::uint8_t {
  kHello = 0x01,
  kResync = 0x02,
  kAck = 0x03,
  kMemWrite = 0x10,
  kMemRead = 0x11,
  kMemCrc = 0x12,
  kRegWrite = 0x20,
  kRegRead = 0x21,
  kMsg = 0x30,
};

enum class LinkStatus : std::uint8_t {
  kOk = 0,
  kBadCrc = 1,
  kBadLength = 2,
  kBadAddress = 3,
  kBadType = 4,
  kBusy = 5,
  kBusError = 6,
  kSequence = 7,
  kOverrun = 8,
};
constexpr std::uint8_t kStickyError = 0x80;  // bit of the status byte: a write has failed since RESYNC

// "bus error" and so on, for messages.
const char* link_status_name(LinkStatus status);

// The header's last half word of a request: event acknowledgement.
constexpr std::uint16_t ack_flags(std::uint8_t next_event, bool replay) {
  return static_cast<std::uint16_t>(next_event | 0x100U | (replay ? 0x200U : 0U));
}

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t sequence = 0;
  std::uint16_t flags = 0;            // request: acknowledgement; response: status, next expected number
  std::vector<std::uint8_t> payload;  // without padding

  LinkStatus status() const { return static_cast<LinkStatus>(flags & 0x7fU); }
  bool sticky_error() const { return (flags & kStickyError) != 0; }
  std::uint8_t expected() const { return static_cast<std::uint8_t>(flags >> 8U); }
  // Little-endian word i of the payload; the payload has it.
  std::uint32_t word(std::size_t i) const;
};

// Bytes of a frame with `payload` bytes: header, padded payload, CRC.
constexpr std::size_t frame_bytes(std::size_t payload) {
  return 12 + (payload + 3) / 4 * 4;
}

// Appends the frame to `out`. The payload is head (whole words) followed by n bytes of data.
void encode_frame(std::uint8_t type, std::uint8_t sequence, std::uint16_t flags,
                  const std::vector<std::uint32_t>& head, const std::uint8_t* data, std::size_t n,
                  std::vector<std::uint8_t>& out);
// Writes the sequence's header word again (flags) and the CRC of a frame that encode_frame made.
void set_frame_flags(std::vector<std::uint8_t>& frame, std::uint16_t flags);

void append_word(std::vector<std::uint8_t>& out, std::uint32_t word);
std::uint32_t load_word(const std::uint8_t* p);
void store_word(std::uint8_t* p, std::uint32_t word);

// Cuts a byte stream into valid frames. Bytes that belong to none are skipped and counted.
class FrameDecoder {
 public:
  explicit FrameDecoder(std::uint32_t max_payload = kMaxFramePayload) : max_payload_(max_payload) {}
  void feed(const std::uint8_t* data, std::size_t n);
  // The next valid frame among the bytes fed so far.
  std::optional<Frame> next();
  // Gives up an incomplete frame at the head, so that complete frames inside it are found by next().
  void give_up();
  void clear();
  std::uint64_t skipped() const { return skipped_; }  // bytes

 private:
  void skip();
  std::uint32_t max_payload_;
  std::vector<std::uint8_t> buffer_;
  std::size_t head_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace luoshu
