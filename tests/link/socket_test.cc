// SPDX-License-Identifier: Apache-2.0
// Socket transports without a device: addresses, a listener that serves somebody else, interrupts.
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "luoshu/clocked_transport.h"
#include "luoshu/error.h"
#include "luoshu/interrupt.h"
#include "luoshu/socket_transport.h"

namespace luoshu::link_test {
namespace {

using std::chrono::milliseconds;

Transport::TimePoint in(milliseconds time) {
  return Transport::Clock::now() + time;
}

double seconds_since(Transport::TimePoint start) {
  return std::chrono::duration<double>(Transport::Clock::now() - start).count();
}

std::string unix_address() {
  return "unix:" + testing::TempDir() + "luoshu_socket_" + std::to_string(getpid());
}

// Sets the flag after a while, as a signal handler does.
class InterruptAfter {
 public:
  explicit InterruptAfter(milliseconds time)
      : thread_([time] {
          std::this_thread::sleep_for(time);
          request_interrupt();
        }) {}
  ~InterruptAfter() {
    thread_.join();
    clear_interrupt();
  }
  InterruptAfter(const InterruptAfter&) = delete;
  InterruptAfter& operator=(const InterruptAfter&) = delete;

 private:
  std::thread thread_;
};

TEST(SocketAddress, RefusesPortsThatAreNone) {
  for (const char* port :
       {"65536", "70000", "4294967297", "99999999999999999999", "-1", "+1", "1x", "0x10", "http"}) {
    EXPECT_THROW(SocketListener(std::string("tcp:127.0.0.1:") + port), InputError) << port;
    EXPECT_THROW(SocketTransport::connect(std::string("tcp:127.0.0.1:") + port, in(milliseconds(10))),
                 InputError)
        << port;
  }
  const SocketListener chosen("tcp:127.0.0.1:0");
  EXPECT_NE(chosen.address(), "tcp:127.0.0.1:0");
}

// Who connects after the served one has left is not told that it is busy, also while bytes of that one wait.
TEST(SocketListener, TheNextOneWaitsForItsTurn) {
  for (const std::string& address : {unix_address(), std::string("tcp:127.0.0.1:0")}) {
    SocketListener listener(address);
    auto first = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
    const auto served = listener.accept(in(milliseconds(1000)));
    ASSERT_NE(served, nullptr);
    EXPECT_FALSE(served->peer_left());
    const std::uint8_t byte = 7;
    ASSERT_EQ(first->write_some(&byte, 1, in(milliseconds(1000))), 1u);
    first.reset();
    const auto second = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
    const auto third = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
    listener.refuse_waiting(*served);
    listener.refuse_waiting(*served);
    EXPECT_TRUE(served->peer_left());
    for (SocketTransport* const client : {second.get(), third.get()}) {
      const auto next = listener.accept(in(milliseconds(1000)));
      ASSERT_NE(next, nullptr);
      ASSERT_EQ(next->write_some(&byte, 1, in(milliseconds(1000))), 1u);
      std::uint8_t got = 0;
      ASSERT_EQ(client->read_some(&got, 1, in(milliseconds(1000))), 1u) << address;
      EXPECT_EQ(got, byte);
    }
  }
}

// A client that writes first and one that reads first hear it at once, on both kinds of sockets.
TEST(SocketListener, TellsOthersThatItIsBusy) {
  for (const std::string& address : {unix_address(), std::string("tcp:127.0.0.1:0")}) {
    SocketListener listener(address);
    const auto first = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
    const auto served = listener.accept(in(milliseconds(1000)));
    ASSERT_NE(served, nullptr);
    for (const bool writes : {true, false}) {
      const auto second = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
      const std::uint8_t bytes[64] = {};
      if (writes) second->write_some(bytes, sizeof bytes, in(milliseconds(1000)));
      listener.refuse_waiting(*served);
      const auto start = Transport::Clock::now();
      std::uint8_t buffer[5];  // smaller than the notice
      const auto read = [&] {
        while (second->read_some(buffer, sizeof buffer, in(milliseconds(5000))) != 0) {
        }
      };
      EXPECT_THROW(read(), BusyError) << address << ' ' << writes;
      EXPECT_LT(seconds_since(start), 1.0);
    }
    // One that goes on writing hears the same, not that the connection broke.
    const auto third = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
    listener.refuse_waiting(*served);
    const auto write = [&] {
      const std::vector<std::uint8_t> much(1 << 16);
      for (int i = 0; i < 1000; ++i) {
        third->write_some(much.data(), much.size(), in(milliseconds(100)));
        std::this_thread::sleep_for(milliseconds(1));
      }
    };
    EXPECT_THROW(write(), BusyError) << address;
    // The one that is served notices nothing.
    const std::uint8_t byte = 7;
    ASSERT_EQ(first->write_some(&byte, 1, in(milliseconds(1000))), 1u);
    std::uint8_t got = 0;
    ASSERT_EQ(served->read_some(&got, 1, in(milliseconds(1000))), 1u);
    EXPECT_EQ(got, byte);
  }
}

// Bytes that only begin like the notice are bytes.
TEST(SocketTransport, TakesOnlyTheWholeNoticeForOne) {
  SocketListener listener(unix_address());
  const auto client = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
  const auto served = listener.accept(in(milliseconds(1000)));
  const std::string text = "luoshu: busy as a bee; luoshu: busy\r\n";
  served->write_some(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), in(milliseconds(1000)));
  std::string got(text.size(), ' ');
  EXPECT_EQ(
      client->read_some(reinterpret_cast<std::uint8_t*>(got.data()), got.size(), in(milliseconds(1000))),
      text.size());
  EXPECT_EQ(got, text);
}

TEST(Interrupt, EndsAWaitForASocket) {
  SocketListener listener(unix_address());
  const auto client = SocketTransport::connect(listener.address(), in(milliseconds(1000)));
  const InterruptAfter interrupt(milliseconds(50));
  const auto start = Transport::Clock::now();
  std::uint8_t byte = 0;
  EXPECT_THROW(client->read_some(&byte, 1, in(milliseconds(5000))), InterruptedError);
  listener.accept(in(milliseconds(0)));
  EXPECT_THROW(listener.accept(in(milliseconds(5000))), InterruptedError);
  EXPECT_LT(seconds_since(start), 0.5);
}

// A chip that takes nothing, says nothing, and lets its clock run.
class Silent : public ClockedPeer {
 public:
  Step step(const std::uint8_t*, std::size_t, std::uint64_t cycles, std::vector<std::uint8_t>&) override {
    std::this_thread::sleep_for(milliseconds(1));
    return {0, cycles};
  }
};

TEST(Interrupt, EndsASimulationThatSaysNothing) {
  Silent chip;
  ClockedTransport::Options options;
  options.cycle_time = std::chrono::nanoseconds(1);
  ClockedTransport transport(chip, options);
  const InterruptAfter interrupt(milliseconds(50));
  const auto start = Transport::Clock::now();
  std::uint8_t byte = 0;
  const Transport::TimePoint late = transport.now() + std::chrono::hours(1);
  EXPECT_THROW(transport.read_some(&byte, 1, late), InterruptedError);
  EXPECT_THROW(transport.write_some(&byte, 1, late), InterruptedError);
  EXPECT_LT(seconds_since(start), 0.5);
  const InterruptHold hold;  // what is still to be done may be done
  EXPECT_EQ(transport.read_some(&byte, 1, transport.now() + std::chrono::microseconds(10)), 0u);
}

TEST(Interrupt, TellsItsObserverAtPollPoints) {
  int inner = 0;
  int outer = 0;
  {
    const PollObserver first([&] { ++outer; });
    poll_interrupt();
    {
      const PollObserver second([&] { ++inner; });
      poll_interrupt();
    }
    poll_interrupt();
  }
  poll_interrupt();
  EXPECT_EQ(inner, 1);
  EXPECT_EQ(outer, 2);
}

}  // namespace
}  // namespace luoshu::link_test
