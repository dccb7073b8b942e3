// SPDX-License-Identifier: Apache-2.0
// The command line with a fake in place of libusb. LUOSHU_FAKE_USB says what is plugged in: a word of the
// list below, or the address of a simulator, whose bytes then go through a fake board.
#include <cstdlib>
#include <memory>

#include "usb_host/fake_libusb.h"
#include "usb_host/socket_peer.h"

namespace luoshu::usb_test {
namespace {

// Takes everything, says nothing.
class SilentPeer final : public Peer {
 public:
  bool out(const std::uint8_t*, std::size_t) override { return true; }
  bool ready() const override { return false; }
  std::optional<std::vector<std::uint8_t>> in(std::size_t) override { return std::nullopt; }
};

struct PluggedIn {
  PluggedIn() {
    const char* text = std::getenv("LUOSHU_FAKE_USB");
    const std::string what = text == nullptr ? "none" : text;
    Fake& fake = Fake::get();
    if (what == "none") return;
    const char* faults = std::getenv("LUOSHU_FAKE_USB_FAULTS");
    const double often = faults == nullptr ? 0 : std::strtod(faults, nullptr);
    fake.faults.stall = fake.faults.error = fake.faults.timeout = fake.faults.short_out = often;
    fake.faults.holes = false;
    if (what == "absent") fake.init_code = LIBUSB_ERROR_OTHER;
    fake.devices.emplace_back();
    FakeDevice& board = fake.devices.front();
    if (what == "denied") board.open_code = LIBUSB_ERROR_ACCESS;
    if (what == "busy") board.claim_code = LIBUSB_ERROR_BUSY;
    if (what == "driver") board.kernel_driver = true;
    if (what == "mute") board.string_code = LIBUSB_ERROR_TIMEOUT;
    if (what == "gone") fake.next_codes["submit_transfer"] = {0, 0, LIBUSB_ERROR_NO_DEVICE};
    if (what == "halted") fake.faults.stall = 1;
    if (what == "two") {
      fake.devices.emplace_back();
      fake.devices.back().serial = "FEDCBA9876543210";
      fake.devices.back().ports = {1, 4};
    }
    if (what.find(':') == std::string::npos) {
      peer = std::make_unique<SilentPeer>();
    } else {
      peer = std::make_unique<SocketPeer>(what, [] { Fake::get().unplug(); });
    }
    board.peer = peer.get();
  }
  ~PluggedIn() {
    if (!Fake::get().violations().empty()) std::abort();
  }
  PluggedIn(const PluggedIn&) = delete;
  PluggedIn& operator=(const PluggedIn&) = delete;
  std::unique_ptr<Peer> peer;
} const plugged_in;

}  // namespace
}  // namespace luoshu::usb_test
