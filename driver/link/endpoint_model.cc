// SPDX-License-Identifier: Apache-2.0
#include "link/endpoint_model.h"

#include <zlib.h>

#include <algorithm>

namespace luoshu {
namespace {

bool has_no_answer_payload(RequestType type) {
  return type == RequestType::kMemWrite || type == RequestType::kRegWrite || type == RequestType::kMsg;
}

std::uint64_t address_of(const Frame& frame) {
  return frame.word(0) | static_cast<std::uint64_t>(frame.word(1) & 0xffU) << 32U;
}

}  // namespace

void LinkEndpointModel::receive(const std::uint8_t* data, std::size_t n) {
  input_.insert(input_.end(), data, data + n);
  while (input_.size() >= 4) {
    const std::uint8_t bytes[4] = {input_[0], input_[1], input_[2], input_[3]};
    const std::uint32_t value = load_word(bytes);
    if (state_ == State::kHunt && (value & 0xffffU) != kLinkSync) {
      if (in_sync_) ++counters_.resyncs;
      in_sync_ = false;
      input_.pop_front();
      continue;
    }
    input_.erase(input_.begin(), input_.begin() + 4);
    word(value);
  }
}

void LinkEndpointModel::word(std::uint32_t value) {
  if (state_ == State::kHunt) frame_.clear();
  append_word(frame_, value);
  if (state_ == State::kHunt) {
    in_sync_ = true;
    state_ = State::kLength;
    return;
  }
  if (state_ == State::kLength) {
    const std::uint32_t length = value & 0xffffU;
    total_ = frame_bytes(length);
    state_ = State::kBody;
    if (length > options_.max_payload) refuse(LinkStatus::kBadLength);
    return;
  }
  if (frame_.size() < total_) return;
  const auto crc = static_cast<std::uint32_t>(::crc32(0, frame_.data(), static_cast<uInt>(total_ - 4)));
  if (options_.check_crc && crc != value) {
    ++counters_.crc_errors;
    refuse(LinkStatus::kBadCrc);
    return;
  }
  state_ = State::kHunt;
  ++counters_.frames;
  Frame frame;
  frame.type = frame_[2];
  frame.sequence = frame_[3];
  frame.flags = static_cast<std::uint16_t>(load_word(frame_.data() + 4) >> 16U);
  const std::size_t length = load_word(frame_.data() + 4) & 0xffffU;
  frame.payload.assign(frame_.begin() + 8, frame_.begin() + static_cast<std::ptrdiff_t>(8 + length));
  execute(frame);
}

void LinkEndpointModel::refuse(LinkStatus status) {
  state_ = State::kHunt;
  respond(Frame{}, status);
}

std::uint32_t LinkEndpointModel::link_word() const {
  return options_.max_payload | static_cast<std::uint32_t>(kLinkVersion) << 16U |
         (options_.ring_words / 16) << 24U;
}

LinkStatus LinkEndpointModel::check_memory(std::uint64_t address, std::uint64_t bytes) const {
  return address + bytes <= options_.memory_mib << 20U ? LinkStatus::kOk : LinkStatus::kBadAddress;
}

LinkStatus LinkEndpointModel::check(const Frame& frame) const {
  const std::size_t n = frame.payload.size();
  const auto when = [](bool good) { return good ? LinkStatus::kOk : LinkStatus::kBadLength; };
  switch (static_cast<RequestType>(frame.type)) {
    case RequestType::kHello:
    case RequestType::kAck:
      return when(n == 0);
    case RequestType::kResync:
      return when(n == 4);
    case RequestType::kMsg:
      return when(n >= 4 && n <= 4 * kMaxLinkMessageWords && n % 4 == 0);
    case RequestType::kMemWrite:
      if (n < 9 || n - 8 <= (frame.word(0) & 3U)) return LinkStatus::kBadLength;
      return check_memory(address_of(frame) & ~std::uint64_t{3}, n - 8);
    case RequestType::kMemRead:
    case RequestType::kMemCrc: {
      if (n != 12) return LinkStatus::kBadLength;
      const std::uint32_t bytes = frame.word(2);
      const bool read = frame.type == static_cast<std::uint8_t>(RequestType::kMemRead);
      if (bytes == 0 || bytes % 4 != 0 || (read && bytes > options_.max_payload - 4))
        return LinkStatus::kBadLength;
      if (address_of(frame) % 4 != 0) return LinkStatus::kBadAddress;
      return check_memory(address_of(frame), bytes);
    }
    case RequestType::kRegWrite:
      if (n < 8 || n % 4 != 0) return LinkStatus::kBadLength;
      return frame.word(0) % 4 == 0 ? LinkStatus::kOk : LinkStatus::kBadAddress;
    case RequestType::kRegRead:
      if (n != 8 || frame.word(1) == 0 || frame.word(1) > options_.max_payload / 4 - 1)
        return LinkStatus::kBadLength;
      return frame.word(0) % 4 == 0 ? LinkStatus::kOk : LinkStatus::kBadAddress;
  }
  return LinkStatus::kBadType;
}

void LinkEndpointModel::execute(const Frame& frame) {
  acknowledge(frame.flags);
  const LinkStatus status = check(frame);
  const auto type = static_cast<RequestType>(frame.type);
  if (type == RequestType::kAck) {
    send_events();
    return;
  }
  if (type == RequestType::kResync && status == LinkStatus::kOk) {
    expected_ = static_cast<std::uint8_t>(frame.sequence + 1);
    write_failed_ = false;
    respond(frame, LinkStatus::kOk,
            {frame.word(0), link_word(),
             static_cast<std::uint32_t>(event_oldest_) | static_cast<std::uint32_t>(event_next_) << 8U});
    send_events();
    return;
  }
  const auto behind = static_cast<std::uint8_t>(expected_ - frame.sequence);
  const bool duplicate = behind >= 1 && behind <= 128;
  if (behind != 0 && !duplicate) {
    respond(frame, LinkStatus::kSequence);
  } else if (status != LinkStatus::kOk) {
    if (!duplicate) ++expected_;
    respond(frame, status);
  } else if (duplicate && has_no_answer_payload(type) && options_.check_duplicates) {
    respond(frame, LinkStatus::kOk);
  } else {
    if (!duplicate) ++expected_;
    run(frame);
  }
  send_events();
}

void LinkEndpointModel::run(const Frame& frame) {
  std::vector<std::uint32_t> answer;
  const auto completion = [](bool good) {
    return static_cast<std::uint32_t>(good ? LinkStatus::kOk : LinkStatus::kBusError);
  };
  const auto finish_write = [&](bool good) {
    write_failed_ |= !good;
    respond(frame, good ? LinkStatus::kOk : LinkStatus::kBusError);
  };
  const std::size_t words = frame.payload.size() / 4;
  bool good = true;
  switch (static_cast<RequestType>(frame.type)) {
    case RequestType::kMemWrite: {
      const std::size_t skip = frame.word(0) & 3U;
      finish_write(services_.write_memory(address_of(frame), frame.payload.data() + 8 + skip,
                                          frame.payload.size() - 8 - skip));
      return;
    }
    case RequestType::kMemRead: {
      std::vector<std::uint8_t> data(frame.word(2));
      good = services_.read_memory(address_of(frame), data.data(), data.size());
      for (std::size_t i = 0; i < data.size(); i += 4) answer.push_back(load_word(data.data() + i));
      break;
    }
    case RequestType::kMemCrc: {
      std::vector<std::uint8_t> data(frame.word(2));
      good = services_.read_memory(address_of(frame), data.data(), data.size());
      answer.push_back(static_cast<std::uint32_t>(::crc32(0, data.data(), static_cast<uInt>(data.size()))));
      break;
    }
    case RequestType::kRegWrite:
      for (std::size_t i = 1; i < words; ++i) {
        good =
            services_.write_reg(frame.word(0) + 4 * static_cast<std::uint32_t>(i - 1), frame.word(i)) && good;
      }
      finish_write(good);
      return;
    case RequestType::kMsg: {
      std::vector<std::uint32_t> message;
      for (std::size_t i = 0; i < words; ++i) message.push_back(frame.word(i));
      if (services_.take_message(message)) {
        respond(frame, LinkStatus::kOk);
      } else {
        expected_ = frame.sequence;  // not accepted
        respond(frame, LinkStatus::kBusy);
      }
      return;
    }
    default: {  // HELLO, REG_READ
      const bool hello = frame.type == static_cast<std::uint8_t>(RequestType::kHello);
      const std::uint32_t base = hello ? options_.id_base : frame.word(0);
      const std::uint32_t count = hello ? options_.id_words : frame.word(1);
      if (hello) answer.push_back(link_word());
      for (std::uint32_t i = 0; i < count; ++i) {
        std::uint32_t value = 0;
        good = services_.read_reg(base + 4 * i, value) && good;
        answer.push_back(value);
      }
    }
  }
  answer.push_back(completion(good));
  respond(frame, LinkStatus::kOk, answer);
}

void LinkEndpointModel::respond(const Frame& frame, LinkStatus status,
                                const std::vector<std::uint32_t>& payload) {
  const auto flags =
      static_cast<std::uint16_t>(static_cast<unsigned>(status) | (write_failed_ ? kStickyError : 0U) |
                                 static_cast<unsigned>(expected_) << 8U);
  encode_frame(static_cast<std::uint8_t>(frame.type | kResponseBit), frame.sequence, flags, payload, nullptr,
               0, output_);
}

void LinkEndpointModel::acknowledge(std::uint16_t flags) {
  if ((flags & 0x100U) == 0) return;
  const auto next = static_cast<std::uint8_t>(flags);
  const auto taken = static_cast<std::uint8_t>(next - event_oldest_);
  if (taken > static_cast<std::uint8_t>(event_next_ - event_oldest_)) return;
  const auto sent = static_cast<std::uint8_t>(event_sent_ - event_oldest_);
  event_oldest_ = next;
  if ((flags & 0x200U) != 0 || taken > sent) event_sent_ = next;
}

bool LinkEndpointModel::push_event(const std::vector<std::uint32_t>& words) {
  if (static_cast<std::uint8_t>(event_next_ - event_oldest_) >= kEventSlots) return false;
  events_[event_next_ % kEventSlots] = words;
  ++event_next_;
  send_events();
  return true;
}

void LinkEndpointModel::send_events() {
  for (; event_sent_ != event_next_; ++event_sent_) {
    encode_frame(kEventType, event_sent_, 0, events_[event_sent_ % kEventSlots], nullptr, 0, output_);
  }
}

}  // namespace luoshu
