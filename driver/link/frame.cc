// SPDX-License-Identifier: Apache-2.0
#include "link/frame.h"

#include <zlib.h>

#include <algorithm>

namespace luoshu {
namespace {

std::uint32_t crc_of(const std::uint8_t* data, std::size_t n) {
  return static_cast<std::uint32_t>(::crc32(0, data, static_cast<uInt>(n)));
}

}  // namespace

const char* link_status_name(LinkStatus status) {
  switch (status) {
    case LinkStatus::kOk:
      return "ok";
    case LinkStatus::kBadCrc:
      return "bad checksum";
    case LinkStatus::kBadLength:
      return "bad length";
    case LinkStatus::kBadAddress:
      return "bad address";
    case LinkStatus::kBadType:
      return "unknown request";
    case LinkStatus::kBusy:
      return "mailbox full";
    case LinkStatus::kBusError:
      return "bus error";
    case LinkStatus::kSequence:
      return "wrong sequence number";
    case LinkStatus::kOverrun:
      return "receive buffer overrun";
  }
  return "unknown status";
}

std::uint32_t load_word(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8U |
         static_cast<std::uint32_t>(p[2]) << 16U | static_cast<std::uint32_t>(p[3]) << 24U;
}

void store_word(std::uint8_t* p, std::uint32_t word) {
  for (unsigned i = 0; i < 4; ++i) p[i] = static_cast<std::uint8_t>(word >> (8 * i));
}

void append_word(std::vector<std::uint8_t>& out, std::uint32_t word) {
  out.resize(out.size() + 4);
  store_word(out.data() + out.size() - 4, word);
}

std::uint32_t Frame::word(std::size_t i) const {
  return load_word(payload.data() + 4 * i);
}

void encode_frame(std::uint8_t type, std::uint8_t sequence, std::uint16_t flags,
                  const std::vector<std::uint32_t>& head, const std::uint8_t* data, std::size_t n,
                  std::vector<std::uint8_t>& out) {
  const std::size_t start = out.size();
  const std::size_t payload = 4 * head.size() + n;
  out.resize(start + frame_bytes(payload));
  std::uint8_t* p = out.data() + start;
  store_word(
      p, kLinkSync | static_cast<std::uint32_t>(type) << 16U | static_cast<std::uint32_t>(sequence) << 24U);
  store_word(p + 4, static_cast<std::uint32_t>(payload) | static_cast<std::uint32_t>(flags) << 16U);
  for (std::size_t i = 0; i < head.size(); ++i) store_word(p + 8 + 4 * i, head[i]);
  std::copy_n(data, n, p + 8 + 4 * head.size());
  const std::size_t covered = frame_bytes(payload) - 4;
  std::fill(p + 8 + payload, p + covered, std::uint8_t{0});
  store_word(p + covered, crc_of(p, covered));
}

void set_frame_flags(std::vector<std::uint8_t>& frame, std::uint16_t flags) {
  if ((load_word(frame.data() + 4) >> 16U) == flags) return;
  store_word(frame.data() + 4, (load_word(frame.data() + 4) & 0xffffU) | static_cast<std::uint32_t>(flags)
                                                                             << 16U);
  const std::size_t covered = frame.size() - 4;
  store_word(frame.data() + covered, crc_of(frame.data(), covered));
}

void FrameDecoder::feed(const std::uint8_t* data, std::size_t n) {
  if (head_ == buffer_.size()) {
    buffer_.clear();
    head_ = 0;
  } else if (head_ > 65536) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  buffer_.insert(buffer_.end(), data, data + n);
}

void FrameDecoder::skip() {
  ++head_;
  ++skipped_;
}

std::optional<Frame> FrameDecoder::next() {
  while (buffer_.size() - head_ >= 8) {
    const std::uint8_t* p = buffer_.data() + head_;
    const std::uint32_t first = load_word(p);
    const std::uint32_t second = load_word(p + 4);
    const std::uint32_t length = second & 0xffffU;
    if ((first & 0xffffU) != kLinkSync || length > max_payload_) {
      skip();
      continue;
    }
    const std::size_t total = frame_bytes(length);
    if (buffer_.size() - head_ < total) return std::nullopt;
    if (crc_of(p, total - 4) != load_word(p + total - 4)) {
      skip();
      continue;
    }
    Frame frame;
    frame.type = static_cast<std::uint8_t>(first >> 16U);
    frame.sequence = static_cast<std::uint8_t>(first >> 24U);
    frame.flags = static_cast<std::uint16_t>(second >> 16U);
    frame.payload.assign(p + 8, p + 8 + length);
    head_ += total;
    return frame;
  }
  return std::nullopt;
}

void FrameDecoder::give_up() {
  if (head_ < buffer_.size()) skip();
}

void FrameDecoder::clear() {
  buffer_.clear();
  head_ = 0;
}

}  // namespace luoshu
