// SPDX-License-Identifier: Apache-2.0
#include "link/link.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>

namespace luoshu {
namespace {

constexpr std::size_t kOutputTarget = 8192;     // bytes that are handed to the transport at once
constexpr std::uint32_t kAcknowledgeEvery = 4;  // events
constexpr std::chrono::milliseconds kBusyPause{1};
const Transport::TimePoint kPast{};

const char* request_name(RequestType type) {
  switch (type) {
    case RequestType::kHello:
      return "hello";
    case RequestType::kResync:
      return "resync";
    case RequestType::kAck:
      return "acknowledge";
    case RequestType::kMemWrite:
      return "write memory";
    case RequestType::kMemRead:
      return "read memory";
    case RequestType::kMemCrc:
      return "memory checksum";
    case RequestType::kRegWrite:
      return "write register";
    case RequestType::kRegRead:
      return "read register";
    case RequestType::kMsg:
      return "send message";
  }
  return "request";
}

std::uint8_t distance(std::uint8_t from, std::uint8_t to) {
  return static_cast<std::uint8_t>(to - from);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Link::Link(std::unique_ptr<Transport> transport, LinkOptions options)
    : transport_(std::move(transport)), options_(options), input_(kOutputTarget) {
  if (options_.write_window < 1 || options_.write_window > 64 || options_.read_window < 1 ||
      options_.read_window > 8) {
    throw InputError("link window out of range; use 1..64 for writes and 1..8 for reads");
  }
  std::random_device random;
  nonce_ = random();
  resync_sequence_ = static_cast<std::uint8_t>(random());
  activity_ = progress_ = transport_->now();
}

void Link::end_session() {
  open_ = false;
  window_.clear();
  reads_ = 0;
  cursor_ = 0;
  recovering_ = false;
  busy_until_.reset();
}

void Link::fail(const Outstanding& request, LinkStatus status) const {
  DeviceError::Detail detail;
  detail.operation = request_name(request.type);
  detail.address = request.address;
  detail.code = static_cast<std::uint32_t>(status);
  throw DeviceError(std::string(request_name(request.type)) + " at address " +
                        std::to_string(request.address) + " failed: " + link_status_name(status) +
                        "; check the address and the device's memory",
                    detail);
}

// ---------------------------------------------------------------- output

void Link::send_control(RequestType type, std::uint8_t sequence, std::uint16_t flags,
                        const std::vector<std::uint32_t>& head) {
  encode_frame(static_cast<std::uint8_t>(type), sequence, flags, head, nullptr, 0, out_);
  ++statistics_.frames_sent;
}

void Link::send_padding() {
  out_.insert(out_.end(), frame_bytes(max_payload_), std::uint8_t{0});
}

void Link::acknowledge_events(bool replay) {
  send_control(RequestType::kAck, 0, ack_flags(next_event_, replay), {});
  unacknowledged_ = 0;
  if (replay) ++statistics_.replays;
}

void Link::fill_output() {
  if (!pending_output()) {
    out_.clear();
    out_offset_ = 0;
  }
  if (busy_until_) return;
  for (; cursor_ < window_.size() && out_.size() - out_offset_ < kOutputTarget; ++cursor_) {
    Outstanding& request = window_[cursor_];
    if (request.done) continue;
    set_frame_flags(request.bytes, event_flags());
    unacknowledged_ = 0;
    out_.insert(out_.end(), request.bytes.begin(), request.bytes.end());
    ++statistics_.frames_sent;
    if (request.sent) ++statistics_.retransmitted;
    request.sent = true;
  }
}

void Link::go_back(std::size_t index) {
  cursor_ = std::min(cursor_, index);
  recovering_ = true;
}

// ---------------------------------------------------------------- input

bool Link::receive(TimePoint deadline) {
  const auto start = std::chrono::steady_clock::now();
  const std::size_t n = transport_->read_some(input_.data(), input_.size(), deadline);
  statistics_.transport_seconds += seconds_since(start);
  if (n == 0) return false;
  decoder_.feed(input_.data(), n);
  while (auto frame = decoder_.next()) {
    ++statistics_.frames_received;
    activity_ = transport_->now();
    handle(*frame);
  }
  statistics_.bytes_skipped = decoder_.skipped();
  return true;
}

void Link::handle(const Frame& frame) {
  if (!open_) {  // only the answer to our RESYNC counts; everything else is of an earlier session
    if (frame.type == (static_cast<std::uint8_t>(RequestType::kResync) | kResponseBit) &&
        frame.sequence == resync_sequence_ && frame.payload.size() == 12 && frame.word(0) == nonce_) {
      resync_reply_ = frame;
      open_ = true;  // what follows in the stream belongs to the new session
      next_sequence_ = static_cast<std::uint8_t>(resync_sequence_ + 1);
      const std::uint8_t oldest = static_cast<std::uint8_t>(frame.word(2));
      const std::uint8_t newest = static_cast<std::uint8_t>(frame.word(2) >> 8U);
      const bool known = opened_before_ && distance(oldest, next_event_) <= distance(oldest, newest);
      const bool discard = !opened_before_ && options_.discard_events;
      if (!known) next_event_ = discard ? newest : oldest;
      gap_open_ = false;
    }
  } else if (frame.type == kEventType) {
    handle_event(frame);
  } else if ((frame.type & kResponseBit) != 0) {
    handle_response(frame);
  }
}

void Link::handle_event(const Frame& frame) {
  if (frame.payload.empty() || frame.payload.size() % 4 != 0 ||
      frame.payload.size() > 4 * kMaxLinkMessageWords)
    return;
  if (frame.sequence != next_event_) {
    // Older numbers are replayed ones that did arrive; a younger one says that some were lost.
    if (distance(next_event_, frame.sequence) < kEventSlots && !gap_open_) {
      gap_open_ = true;
      acknowledge_events(true);
    }
    return;
  }
  std::vector<std::uint32_t> words(frame.payload.size() / 4);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = frame.word(i);
  events_.push_back(std::move(words));
  ++next_event_;
  ++unacknowledged_;
  gap_open_ = false;
}

void Link::finish(Outstanding& request, const Frame& frame) {
  if (request.sink) request.sink(frame);
  request.done = true;
  recovering_ = false;
  last_refusal_ = LinkStatus::kOk;
  progress_ = transport_->now();
}

void Link::handle_response(const Frame& frame) {
  if (window_.empty()) return;
  const std::uint8_t base = window_.front().sequence;
  const std::size_t accepted =
      distance(base, frame.expected());  // requests of the window that the device has accepted
  const LinkStatus status = frame.status();
  const std::size_t index = distance(base, frame.sequence);
  const bool ours = index < window_.size() && !window_[index].done && window_[index].sent &&
                    frame.type == (static_cast<std::uint8_t>(window_[index].type) | kResponseBit);
  if (accepted > window_.size()) {
    if (!ours) return;  // a copy of an old answer
    throw ProtocolError("the device lost the session (it was reset or another host took it); start again");
  }
  switch (status) {
    case LinkStatus::kOk:
      if (ours && index < accepted) finish(window_[index], frame);
      break;
    case LinkStatus::kBusy:
      ++statistics_.refused;
      if (ours && index == accepted) {
        last_refusal_ = status;
        busy_until_ = transport_->now() + kBusyPause;
        go_back(index);
      }
      break;
    case LinkStatus::kBadAddress:
    case LinkStatus::kBadType:
    case LinkStatus::kBusError:
      if (ours && index < accepted) fail(window_[index], status);
      break;
    case LinkStatus::kBadLength:
      if (ours && index < accepted) fail(window_[index], status);
      [[fallthrough]];
    default:
      ++statistics_.refused;
      last_refusal_ = status;
      if (!recovering_ && !busy_until_ && accepted < cursor_) go_back(accepted);
      break;
  }
  if (frame.sticky_error()) {
    DeviceError::Detail detail;
    detail.operation = "write";
    detail.code = static_cast<std::uint32_t>(LinkStatus::kBusError);
    throw DeviceError("an earlier write of this session failed on the device's bus; repeat the upload",
                      detail);
  }
  // Requests before the accepted number are done. One with an answer payload that is still missing here was
  // overtaken: lost.
  const bool data = status == LinkStatus::kOk && !frame.payload.empty();
  for (std::size_t i = 0; i < accepted; ++i) {
    Outstanding& request = window_[i];
    if (request.done) continue;
    if (!request.sink) {
      finish(request, frame);
    } else if (data && ours && i < index && !recovering_) {
      go_back(i);
    }
  }
  pop_done();
}

void Link::pop_done() {
  while (!window_.empty() && window_.front().done) {
    if (window_.front().sink) --reads_;
    window_.pop_front();
    if (cursor_ > 0) --cursor_;
  }
}

// ---------------------------------------------------------------- waiting

void Link::pump(TimePoint deadline) {
  fill_output();
  bool moved = false;
  if (pending_output()) {
    const auto start = std::chrono::steady_clock::now();
    const std::size_t n = transport_->write_some(out_.data() + out_offset_, out_.size() - out_offset_, kPast);
    statistics_.transport_seconds += seconds_since(start);
    out_offset_ += n;
    moved = n > 0;
    if (moved) activity_ = transport_->now();
  }
  if (receive(kPast) || moved) return;
  if (pending_output()) deadline = std::min(deadline, transport_->now() + std::chrono::milliseconds(1));
  receive(deadline);
}

void Link::check_silence() {
  const TimePoint now = transport_->now();
  if (busy_until_ && now >= *busy_until_) busy_until_.reset();
  if (now - progress_ >= options_.give_up) {
    std::string why = "no answer for " + std::to_string(options_.give_up.count()) + " ms";
    if (last_refusal_ == LinkStatus::kBusy) why = "its mailbox stays full";
    throw TimeoutError("the device on " + transport_->describe() + " does not respond: " + why +
                       "; check its power and cable, or reset it");
  }
  if (now - activity_ < options_.retry) return;
  activity_ = now;
  decoder_.give_up();
  if (!pending_output()) {  // else the transport takes nothing: more bytes do not help
    fill_output();
    send_padding();
  }
  go_back(0);
  recovering_ = false;  // refusals that come from now on are of the new copies
}

void Link::wait() {
  TimePoint until = std::min(activity_ + options_.retry, progress_ + options_.give_up);
  if (busy_until_) until = std::min(until, *busy_until_);
  pump(until);
  if (!window_.empty() || !open_) check_silence();
}

// ---------------------------------------------------------------- the user's side

void Link::resync() {
  resync_reply_.reset();
  gap_open_ = false;
  progress_ = transport_->now();
  TimePoint again = progress_;
  while (!open_) {
    if (transport_->now() >= again && !pending_output()) {
      fill_output();
      send_padding();
      ++resync_sequence_;
      ++nonce_;
      send_control(RequestType::kResync, resync_sequence_, 0, {nonce_});
      again = transport_->now() + options_.retry;
    }
    // While the transport takes nothing `again` may be over: time must pass all the same.
    const TimePoint until = std::max(again, transport_->now() + std::chrono::milliseconds(1));
    pump(std::min(until, progress_ + options_.give_up));
    if (open_) break;
    if (transport_->now() >= again) decoder_.give_up();
    if (transport_->now() - progress_ >= options_.give_up) {
      throw TimeoutError("no Luoshu device answers on " + transport_->describe() +
                         "; check that it is powered and configured");
    }
  }
  const std::uint32_t link_word = resync_reply_->word(1);
  if (((link_word >> 16U) & 0xffU) != kLinkVersion) {
    throw ProtocolError("the device speaks link version " + std::to_string((link_word >> 16U) & 0xffU) +
                        ", this program version " + std::to_string(kLinkVersion) + "; use matching versions");
  }
  max_payload_ = link_word & 0xffffU;
  if (max_payload_ < 64 || max_payload_ > kMaxFramePayload || max_payload_ % 4 != 0) {
    throw ProtocolError("the device reports an impossible frame size of " + std::to_string(max_payload_) +
                        " bytes; reset it");
  }
  opened_before_ = true;
  activity_ = progress_ = transport_->now();
  acknowledge_events(true);  // frees what an earlier host left, asks again for what this one misses
}

void Link::open() {
  if (open_) return;
  try {
    resync();
  } catch (...) {
    end_session();
    throw;
  }
}

bool Link::has_room(bool read) const {
  return window_.size() < ((read || reads_ > 0) ? options_.read_window : options_.write_window);
}

void Link::post(RequestType type, const std::vector<std::uint32_t>& head, const std::uint8_t* data,
                std::size_t n, Sink sink) {
  open();
  try {
    const bool read = static_cast<bool>(sink);
    if (window_.empty()) activity_ = progress_ = transport_->now();
    while (!has_room(read)) wait();
    Outstanding request{type, next_sequence_++, false, false, head.empty() ? 0 : head[0],
                        {},   std::move(sink)};
    if (head.size() > 1 && type != RequestType::kRegRead && type != RequestType::kRegWrite &&
        type != RequestType::kMsg) {
      request.address |= static_cast<std::uint64_t>(head[1]) << 32U;
    }
    encode_frame(static_cast<std::uint8_t>(type), request.sequence, event_flags(), head, data, n,
                 request.bytes);
    window_.push_back(std::move(request));
    if (read) ++reads_;
  } catch (...) {
    end_session();
    throw;
  }
}

void Link::flush() {
  try {
    while (!window_.empty()) wait();
  } catch (...) {
    end_session();
    throw;
  }
}

std::optional<std::vector<std::uint32_t>> Link::wait_event(TimePoint deadline) {
  open();
  try {
    TimePoint poll = transport_->now() + options_.retry;
    bool looked = false;
    while (events_.empty()) {
      if (looked && transport_->now() >= deadline) return std::nullopt;
      if (transport_->now() >= poll) {
        poll = transport_->now() + options_.retry;
        decoder_.give_up();
        gap_open_ = false;
        fill_output();
        send_padding();
        acknowledge_events(true);
      }
      pump(std::min(deadline, poll));
      looked = true;
    }
    if (unacknowledged_ >= kAcknowledgeEvery) {
      fill_output();
      acknowledge_events(false);
      pump(kPast);
    }
  } catch (...) {
    end_session();
    throw;
  }
  std::vector<std::uint32_t> event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace luoshu
