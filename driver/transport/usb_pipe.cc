// SPDX-License-Identifier: Apache-2.0
#include "transport/usb_pipe.h"

#include <algorithm>

namespace luoshu::usb {
namespace {

constexpr unsigned kAttempts = 10;
constexpr std::chrono::seconds kLimited{1};
constexpr std::chrono::seconds kPeace{1};
constexpr unsigned kForever = 0;  // libusb's time limit: the callers' deadlines are ours to keep

const char* status_name(libusb_transfer_status status) {
  switch (status) {
    case LIBUSB_TRANSFER_STALL:
      return "the endpoint is halted";
    case LIBUSB_TRANSFER_OVERFLOW:
      return "the board sent more than was asked for";
    case LIBUSB_TRANSFER_CANCELLED:
      return "a transfer was taken back";
    default:
      return "the transfer failed";
  }
}

}  // namespace

Pipe::Pipe(libusb_device_handle* handle, Endpoint endpoint, Shape shape, const UsbTransport::Options& options)
    : handle_(handle), endpoint_(endpoint), options_(options), limit_(shape.transfers) {
  const std::size_t packets = (shape.bytes + endpoint.packet - 1) / endpoint.packet;
  for (std::size_t i = 0; i < shape.transfers; ++i) {
    auto slot = std::make_unique<Slot>();
    slot->transfer.reset(libusb_alloc_transfer(0));
    if (!slot->transfer)
      throw DeviceError("no memory for USB transfers; end other programs",
                        detail("allocate USB transfer", LIBUSB_ERROR_NO_MEM));
    slot->buffer.resize(packets * endpoint.packet);
    slot->pipe = this;
    slots_.push_back(std::move(slot));
  }
}

Pipe::~Pipe() {
  for (auto& slot : slots_) {
    if (slot->state != State::kInFlight) continue;
    slot->pipe = nullptr;
    static_cast<void>(slot.release());
  }
}

void LIBUSB_CALL Pipe::came_back(libusb_transfer* transfer) noexcept {
  Slot& slot = *static_cast<Slot*>(transfer->user_data);
  if (slot.pipe == nullptr) return;
  slot.state = State::kBack;
  --slot.pipe->in_flight_;
}

std::size_t Pipe::put(const std::uint8_t* data, std::size_t n) {
  std::size_t taken = 0;
  for (const auto& slot : slots_) {
    if (taken == n) break;
    if (slot->state != State::kIdle) continue;
    slot->begin = 0;
    slot->end = std::min(n - taken, slot->buffer.size());
    std::copy_n(data + taken, slot->end, slot->buffer.begin());
    slot->state = State::kQueued;
    order_.push_back(slot.get());
    taken += slot->end;
  }
  return taken;
}

std::size_t Pipe::take(std::uint8_t* data, std::size_t n) {
  std::size_t taken = 0;
  while (taken < n && !order_.empty() && order_.front()->state == State::kFull) {
    Slot& slot = *order_.front();
    const std::size_t some = std::min(n - taken, slot.end - slot.begin);
    std::copy_n(slot.buffer.begin() + static_cast<std::ptrdiff_t>(slot.begin), some, data + taken);
    slot.begin += some;
    taken += some;
    if (slot.begin < slot.end) break;
    slot.state = State::kIdle;
    order_.pop_front();
  }
  return taken;
}

void Pipe::service(TimePoint now) {
  collect(now);
  if (gone_ || stopped_ || !failure_.empty()) return;
  if (!drained(now) || now < again_) return;
  submit_all(now);
}

void Pipe::collect(TimePoint now) {
  for (Slot* slot : order_) {
    if (slot->state != State::kBack) continue;
    const libusb_transfer& transfer = *slot->transfer;
    const auto asked = static_cast<std::size_t>(transfer.length);
    const std::size_t moved = std::min(static_cast<std::size_t>(std::max(0, transfer.actual_length)), asked);
    if (moved > 0) failures_ = 0;
    if (is_in()) {
      slot->begin = 0;
      slot->end = moved;
      slot->state = State::kFull;
    } else {
      slot->begin += moved;
      slot->state = slot->begin < slot->end ? State::kQueued : State::kIdle;
    }
    judge(transfer, moved, now);
  }
  const auto idle = [](const Slot* slot) {
    return slot->state == State::kIdle || (slot->state == State::kFull && slot->begin == slot->end);
  };
  for (Slot* slot : order_)
    if (idle(slot)) slot->state = State::kIdle;
  order_.erase(std::remove_if(order_.begin(), order_.end(), idle), order_.end());
}

// A short answer is normal; short sending leaves a rest that goes before what is behind it.
void Pipe::judge(const libusb_transfer& transfer, std::size_t moved, TimePoint now) {
  const bool rest = !is_in() && moved < static_cast<std::size_t>(transfer.length);
  switch (transfer.status) {
    case LIBUSB_TRANSFER_COMPLETED:
    case LIBUSB_TRANSFER_TIMED_OUT:
      if (rest) recover(now, false, LIBUSB_ERROR_TIMEOUT, "the transfer came back short");
      break;
    case LIBUSB_TRANSFER_CANCELLED:
      if (!draining_) recover(now, false, LIBUSB_ERROR_INTERRUPTED, status_name(transfer.status));
      break;
    case LIBUSB_TRANSFER_NO_DEVICE:
      gone_ = true;
      break;
    default:
      // Some systems call a halt an I/O error, so both are cleared.
      recover(now, true, transfer.status == LIBUSB_TRANSFER_STALL ? LIBUSB_ERROR_PIPE : LIBUSB_ERROR_IO,
              status_name(transfer.status));
  }
}

void Pipe::recover(TimePoint now, bool clear, int code, const std::string& what) {
  halted_ = halted_ || clear;
  if (draining_ || stopped_ || gone_) return;
  draining_ = true;
  drain_until_ = now + options_.drain;
  ++recoveries_;
  attempt_failed(now, code, what);
  cancel_all();
}

void Pipe::attempt_failed(TimePoint now, int code, const std::string& what) {
  if (now - last_failure_ > kPeace) failures_ = 0;
  last_failure_ = now;
  ++failures_;
  again_ = now + options_.pause * (failures_ - 1);
  if (failures_ <= kAttempts) return;
  code_ = code;
  failure_ =
      what + " (" + error_name(code) + "), " + std::to_string(kAttempts) + " more attempts did not help";
}

// True when nothing is left of what was taken back and no halt is to be cleared.
bool Pipe::drained(TimePoint now) {
  if (!draining_) return true;
  if (in_flight_ > 0) {
    if (now >= drain_until_) {
      code_ = LIBUSB_ERROR_TIMEOUT;
      failure_ = "a transfer that was taken back did not come";
    }
    cancel_all();  // where that failed
    return false;
  }
  if (now < again_) return false;
  if (halted_) {
    const int code = libusb_clear_halt(handle_, endpoint_.address);
    if (code == LIBUSB_ERROR_NO_DEVICE) {
      gone_ = true;
      return false;
    }
    if (code != 0) {
      attempt_failed(now, code, "the halt of the endpoint could not be cleared");
      return false;
    }
    halted_ = false;
  }
  draining_ = false;
  return true;
}

void Pipe::cancel_all() {
  for (Slot* slot : order_) {  // "not found" from one that is on its way back
    if (slot->state == State::kInFlight) libusb_cancel_transfer(slot->transfer.get());
  }
}

void Pipe::stop() {
  stopped_ = true;
  cancel_all();
}

void Pipe::submit_all(TimePoint now) {
  if (now >= limited_until_) limit_ = slots_.size();
  if (is_in()) {
    for (const auto& slot : slots_) {
      if (slot->state != State::kIdle) continue;
      slot->begin = 0;
      slot->end = slot->buffer.size();
      slot->state = State::kQueued;
      order_.push_back(slot.get());
    }
  }
  for (Slot* slot : order_) {
    if (slot->state == State::kQueued && (in_flight_ >= limit_ || !submit(*slot, now))) break;
  }
}

bool Pipe::submit(Slot& slot, TimePoint now) {
  libusb_fill_bulk_transfer(slot.transfer.get(), handle_, endpoint_.address, slot.buffer.data() + slot.begin,
                            static_cast<int>(slot.end - slot.begin), &Pipe::came_back, &slot, kForever);
  const int code = libusb_submit_transfer(slot.transfer.get());
  if (code == 0) {
    slot.state = State::kInFlight;
    ++in_flight_;
    return true;
  }
  if (code == LIBUSB_ERROR_NO_DEVICE) {
    gone_ = true;
  } else if (in_flight_ == 0) {
    attempt_failed(now, code,
                   code == LIBUSB_ERROR_NO_MEM ? "the kernel has no memory for USB transfers, raise "
                                                 "/sys/module/usbcore/parameters/usbfs_memory_mb"
                                               : "the kernel takes no transfer");
    again_ = std::max(again_, now + options_.pause);
  } else if (code == LIBUSB_ERROR_NO_MEM) {
    limit_ = in_flight_;  // these do for now
    limited_until_ = now + kLimited;
  } else {
    again_ = now + options_.pause;
  }
  return false;
}

Pipe::TimePoint Pipe::next_look() const {
  if (gone_ || stopped_ || !failure_.empty()) return TimePoint::max();
  if (draining_ && in_flight_ > 0) return drain_until_;
  const bool waiting = draining_ || std::any_of(order_.begin(), order_.end(), [](const Slot* slot) {
                         return slot->state == State::kQueued;
                       });
  return waiting && in_flight_ < limit_ ? again_ : TimePoint::max();
}

}  // namespace luoshu::usb
