// SPDX-License-Identifier: Apache-2.0
#include "usb_host/urb_target.h"

#include <algorithm>
#include <cerrno>

namespace luoshu::usb_test {
namespace {

constexpr std::size_t kSetup = 8;
constexpr std::size_t kPacket = 64;
constexpr std::uint8_t kIn = 0x80, kGetDescriptor = 6, kString = 3;

std::vector<std::uint8_t> string_descriptor(const std::string& text) {
  std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(2 + 2 * text.size()), kString};
  for (const char c : text) {
    bytes.push_back(static_cast<std::uint8_t>(c));
    bytes.push_back(0);
  }
  return bytes;
}

}  // namespace

void PeerTarget::submit(Urb urb) {
  if (urb.control) return control(std::move(urb));
  queues_[urb.endpoint].push_back(std::move(urb));
}

void PeerTarget::control(Urb urb) {
  std::vector<std::uint8_t> answer;
  if (urb.data.size() >= kSetup && urb.data[0] == kIn && urb.data[1] == kGetDescriptor &&
      urb.data[3] == kString) {
    if (urb.data[2] == 0) answer = {4, kString, 0x09, 0x04};
    if (urb.data[2] == 1) answer = string_descriptor("Luoshu");
    if (urb.data[2] == 2) answer = string_descriptor("Luoshu chip");
    if (urb.data[2] == 3) answer = string_descriptor(serial_);
  }
  urb.status = answer.empty() ? -EPIPE : 0;
  urb.moved = urb.data.size() < kSetup ? 0 : std::min(answer.size(), urb.data.size() - kSetup);
  std::copy_n(answer.begin(), urb.moved, urb.data.begin() + kSetup);
  done_.push_back(std::move(urb));
}

void PeerTarget::give_back(std::uint8_t endpoint, int status) {
  auto& queue = queues_[endpoint];
  queue.front().status = status;
  done_.push_back(std::move(queue.front()));
  queue.pop_front();
}

void PeerTarget::run() {
  for (auto& [endpoint, queue] : queues_) {
    while (!queue.empty()) {
      Urb& urb = queue.front();
      if ((endpoint & kIn) == 0) {
        const std::size_t n = std::min(kPacket, urb.data.size() - urb.moved);
        if (!peer_.out(urb.data.data() + urb.moved, n)) break;
        urb.moved += n;
        if (urb.moved == urb.data.size()) give_back(endpoint, 0);
        continue;
      }
      const auto packet = peer_.in(kPacket);
      if (!packet) break;
      const std::size_t n = std::min(packet->size(), urb.data.size() - urb.moved);
      std::copy_n(packet->begin(), n, urb.data.begin() + static_cast<std::ptrdiff_t>(urb.moved));
      urb.moved += n;
      if (n < packet->size()) {
        give_back(endpoint, -EOVERFLOW);
      } else if (n < kPacket || urb.moved == urb.data.size()) {
        give_back(endpoint, 0);
      }
    }
  }
}

bool PeerTarget::discard(std::uint64_t id) {
  for (auto& [endpoint, queue] : queues_) {
    const auto found =
        std::find_if(queue.begin(), queue.end(), [id](const Urb& urb) { return urb.id == id; });
    if (found == queue.end()) continue;
    found->status = -ENOENT;
    done_.push_back(std::move(*found));
    queue.erase(found);
    return true;
  }
  return false;
}

std::optional<Urb> PeerTarget::reap() {
  if (done_.empty()) return std::nullopt;
  Urb urb = std::move(done_.front());
  done_.pop_front();
  return urb;
}

void PeerTarget::forget() {
  queues_.clear();
  done_.clear();
}

}  // namespace luoshu::usb_test
