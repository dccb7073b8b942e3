// SPDX-License-Identifier: Apache-2.0
// A mock board for a stock libusb. umockdev_board [--busy] [--unplug-after MS] BOARD COMMAND...: runs the
// command in a world where the board is plugged in, and ends with its status. BOARD is `model` (the device's
// end of the link alone) or the address of a simulator. umockdev_board client [forever]: a command for it,
// which moves data over the link and compares.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "luoshu/device.h"
#include "luoshu/usb_transport.h"
#include "usb_host/mock_device.h"
#include "usb_host/peers.h"
#include "usb_host/socket_peer.h"

namespace luoshu::usb_test {
namespace {

constexpr std::size_t kMemory = 1U << 18U;

int client(bool forever) {
  Device device(UsbTransport::connect("usb"));
  std::mt19937_64 random(test_seed());
  std::vector<std::uint8_t> back(kMemory);
  do {
    for (const std::size_t n : std::initializer_list<std::size_t>{1, 63, 64, 65, 4096, kMemory - 8}) {
      const auto data = link_test::random_bytes(random, n);
      device.write_memory(8, data.data(), n);
      device.read_memory(8, back.data(), n);
      if (std::memcmp(back.data(), data.data(), n) != 0) {
        std::fprintf(stderr, "wrong bytes of %zu\n", n);
        return 3;
      }
    }
  } while (forever);
  std::printf("right, %llu frames sent again\n",
              static_cast<unsigned long long>(device.statistics().retransmitted));
  return 0;
}

int run(char** arguments) {
  bool busy = false;
  long unplug_after = -1;
  for (;; ++arguments) {
    if (*arguments != nullptr && std::strcmp(*arguments, "--busy") == 0) {
      busy = true;
    } else if (*arguments != nullptr && std::strcmp(*arguments, "--unplug-after") == 0) {
      unplug_after = std::strtol(*++arguments, nullptr, 10);
    } else {
      break;
    }
  }
  if (arguments[0] == nullptr || arguments[1] == nullptr) return 2;
  std::unique_ptr<Peer> peer;
  if (std::strcmp(arguments[0], "model") == 0) {
    peer = std::make_unique<LinkPeer>(kMemory);
  } else {
    peer = std::make_unique<SocketPeer>(arguments[0], [] {});
  }
  PeerTarget target(*peer, "0123456789ABCDEF");
  MockDevice device(target);
  device.set_busy(busy);
  pid_t child = 0;
  if (posix_spawnp(&child, arguments[1], nullptr, nullptr, arguments + 1, environ) != 0) return 127;
  const auto start = std::chrono::steady_clock::now();
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (unplug_after >= 0 &&
        std::chrono::steady_clock::now() - start > std::chrono::milliseconds(unplug_after))
      device.unplug();
  }
  std::fprintf(stderr, "mock board: %llu transfers\n", static_cast<unsigned long long>(device.reaped()));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace
}  // namespace luoshu::usb_test

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::strcmp(argv[1], "client") == 0) return luoshu::usb_test::client(argc > 2);
    return luoshu::usb_test::run(argv + 1);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "luoshu: error: %s\n", e.what());
    return 1;
  }
}
