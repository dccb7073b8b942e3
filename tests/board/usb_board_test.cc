// SPDX-License-Identifier: Apache-2.0
// The board over its two USB wires: a host at the level of bits, above it the driver, below the pins of the
// SDRAM. And both hosts, USB and serial, for the one link.
#include <optional>
#include <vector>

#include "board/board_bench.h"
#include "support/seed.h"

namespace luoshu::test {
namespace {

using usb::kMicrosecond;
using usb::kMillisecond;
using usb::UsbHost;

struct Killed {};  // the host's program ends here

// The driver's bytes in bulk transfers of the bit-level host; what libusb and the kernel do on a real host.
class UsbPort final : public ClockedPeer {
 public:
  UsbPort(Board& board, UsbHost& host) : board_(board), host_(host) {}

  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    Step done;
    const std::uint64_t begin = board_.cycles();
    do {
      if (kill_after != 0 && --kill_after == 0) throw Killed();
      if (!host_.attached()) throw DisconnectedError("the USB device is gone");
      if (n != 0) {
        const std::size_t take = std::min<std::size_t>(64, n);
        const usb::Transfer out = host_.bulk_out({to_device, to_device + take}, false, 0);
        check(out.status);
        done.consumed = out.written;
      }
      const usb::Transfer in = host_.bulk_in(64, 0);
      check(in.status);
      from_device.insert(from_device.end(), in.data.begin(), in.data.end());
      if (n == 0 && !in.data.empty()) break;
    } while (done.consumed == 0 && board_.cycles() - begin < max_cycles);
    done.cycles = board_.cycles() - begin;
    if (between && ++steps_ == between_at) between();
    board_.check_assertions();
    return done;
  }

  unsigned kill_after = 0;  // steps until the program ends; 0: never
  // Happens once, behind step number between_at.
  std::function<void()> between;
  unsigned between_at = 0;

 private:
  void check(usb::Status status) const {
    if (!host_.attached()) throw DisconnectedError("the USB device is gone");
    if (status != usb::Status::kOk && status != usb::Status::kNakLimit)
      throw DeviceError(std::string("bulk transfer: ") + usb::name(status));
  }
  Board& board_;
  UsbHost& host_;
  unsigned steps_ = 0;
};

UsbHost::Options options(std::uint64_t seed) {
  UsbHost::Options o;
  o.ppm = 900;  // the host's clock against ours
  o.jitter = 2'000'000;
  o.frames = true;
  o.seed = seed;
  return o;
}

// A board on a USB cable.
class UsbBoard : public ::testing::Test {
 protected:
  UsbBoard()
      : seed(test_seed()), board(seed, is42s16160g_7(), true), host(board, options(seed)), port(board, host) {
    host.wait_attached();
  }
  ~UsbBoard() override {
    for (const std::string& text : host.violations()) ADD_FAILURE() << text;
    board.check_memory();
  }
  void enumerate() { ASSERT_TRUE(host.enumerate_quick(5)); }
  // Writes and reads back through a session of its own.
  void works(ClockedPeer& peer, std::uint64_t address) {
    Device device = connect(peer);
    const std::vector<std::uint8_t> data = random_bytes(500, seed + address);
    std::vector<std::uint8_t> back(data.size());
    device.write_memory(address, data.data(), data.size());
    device.read_memory(address, back.data(), back.size());
    EXPECT_EQ(back, data);
  }
  // The program ends in the middle of an upload, or in the middle of an answer that nobody reads.
  void kill_while_writing() {
    const std::vector<std::uint8_t> data = random_bytes(8000, seed);
    port.kill_after = 50;
    Device device = connect(port);
    EXPECT_THROW(device.write_memory(0, data.data(), data.size()), Killed);
  }
  void kill_while_reading() {
    std::vector<std::uint8_t> data(8000);
    port.kill_after = 30;
    Device device = connect(port);
    EXPECT_THROW(device.read_memory(0, data.data(), data.size()), Killed);
  }
  unsigned light(unsigned number) const { return board.leds() >> number & 1U; }

  const std::uint64_t seed;
  Board board;
  UsbHost host;
  UsbPort port;
};

TEST_F(UsbBoard, Generates) {
  EXPECT_EQ(light(6), 0U);
  ASSERT_TRUE(host.enumerate_linux(5));
  run_job(connect(port));
  EXPECT_EQ(light(6), 1U) << "configured";
  EXPECT_EQ(light(7), 1U) << "the link is USB's";
  usb::Bytes serial{34, 3};
  for (const char digit : std::string("0000000000000001")) {
    serial.push_back(static_cast<std::uint8_t>(digit));
    serial.push_back(0);
  }
  EXPECT_EQ(host.get_descriptor(3, 3, 255, 0x409).data, serial);
}

TEST_F(UsbBoard, Windows) {
  ASSERT_TRUE(host.enumerate_windows(9));
  works(port, 4096);
}

// Bits that flip on the wires, handshakes that are lost: USB and the link repair it.
TEST_F(UsbBoard, NoisyWires) {
  enumerate();
  std::mt19937_64 random(seed);
  unsigned broken = 0, lost = 0;
  host.mutate = [&](usb::Levels& levels, usb::Pid) {
    if (random() % 40 != 0) return;
    usb::Line& line = levels[random() % levels.size()];
    line = line == usb::Line::kJ ? usb::Line::kK : usb::Line::kJ;
    ++broken;
  };
  host.lose = [&](const usb::Answer&) {
    if (random() % 60 != 0) return false;
    ++lost;
    return true;
  };
  const std::vector<std::uint8_t> data = random_bytes(6000, seed);
  std::vector<std::uint8_t> back(data.size());
  Device device = connect(port);
  device.write_memory(4096, data.data(), data.size());
  device.read_memory(4096, back.data(), back.size());
  EXPECT_EQ(back, data);
  EXPECT_GE(broken, 5U);
  EXPECT_GE(lost, 5U);
  EXPECT_EQ(device.statistics().retransmitted, 0U) << "USB repairs this, the link sees nothing of it";
}

// FIRE1 in the middle: the device leaves the bus, comes again and takes the next session.
TEST_F(UsbBoard, ResetButton) {
  enumerate();
  const std::vector<std::uint8_t> data = random_bytes(3000, seed);
  Device device = connect(port);
  port.between_at = 30;
  port.between = [&] { board.reset(); };
  EXPECT_THROW(device.write_memory(0, data.data(), data.size()), DisconnectedError);
  host.wait_attached();
  ASSERT_TRUE(host.attached());
  EXPECT_EQ(light(6), 0U);
  enumerate();
  works(port, 123457);
  EXPECT_EQ(light(6), 1U);
}

// A bus reset in the middle of a packet of an upload, and a new configuration, as a driver's reset does: the
// session goes on, what was acknowledged is there once.
TEST_F(UsbBoard, BusResetInTheMiddle) {
  enumerate();
  const std::vector<std::uint8_t> data = random_bytes(5000, seed);
  std::vector<std::uint8_t> back(data.size());
  Device device = connect(port);
  port.between_at = 40;
  port.between = [&] {
    host.send(usb::token(usb::Pid::kOut, host.address(), 1));
    usb::Levels levels = usb::encode_open(
        usb::data_packet(host.out_toggle ? usb::Pid::kData1 : usb::Pid::kData0, random_bytes(64, seed)));
    levels.resize(300);
    host.send_levels(levels);
    enumerate();
  };
  device.write_memory(0, data.data(), data.size());
  port.between_at = 150;
  device.read_memory(0, back.data(), back.size());
  EXPECT_EQ(back, data);
  EXPECT_EQ(device.statistics().bytes_skipped, 0U);
}

TEST_F(UsbBoard, SuspendAndResume) {
  enumerate();
  const std::vector<std::uint8_t> data = random_bytes(4000, seed);
  std::vector<std::uint8_t> back(data.size());
  Device device = connect(port, std::chrono::milliseconds(50));
  port.between_at = 40;
  port.between = [&] {
    host.suspend(4 * kMillisecond);
    EXPECT_EQ(light(6), 0U) << "suspended";
    host.resume();
    host.idle(10 * kMicrosecond);
    EXPECT_EQ(light(6), 1U);
  };
  device.write_memory(0, data.data(), data.size());
  device.read_memory(0, back.data(), back.size());
  EXPECT_EQ(back, data);
  EXPECT_EQ(device.statistics().retransmitted, 0U);
}

// The cable is pulled in the middle of an upload, its ends touch whatever they like, and it is plugged in
// again; the board kept its power from the other socket.
TEST_F(UsbBoard, UnpluggedAndPluggedIn) {
  enumerate();
  kill_while_writing();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20; ++i) {
    usb::Levels levels(random() % 300 + 1);
    for (auto& line : levels) line = static_cast<usb::Line>(random() % 4);
    host.send_levels(levels);
    host.idle(static_cast<usb::Time>(random() % 20) * kMicrosecond);
  }
  host.idle(4 * kMillisecond);
  EXPECT_EQ(light(6), 0U);
  ASSERT_TRUE(host.enumerate_linux(17));
  works(port, 1000);
}

// A program that was killed in the middle of a frame, or with answers that it did not read: the next one gets
// its own answers, at its first question.
TEST_F(UsbBoard, TheNextHostAfterAKilledOne) {
  enumerate();
  kill_while_writing();
  works(port, 0);
  kill_while_reading();
  host.idle(kMillisecond);  // the chip fills the buffers
  works(port, 4000);
  kill_while_reading();
  run_job(connect(port));
}

// From USB to the serial port and back, in the middle of a frame each way. Nobody lets go: the next host
// takes the link with its first RESYNC, without a second one.
TEST_F(UsbBoard, TheSerialPortTakesOverAndGivesBack) {
  enumerate();
  const auto takes = [&](ClockedPeer& peer) {
    Device device = connect(peer, std::chrono::milliseconds(100));
    const std::uint64_t begin = board.cycles();
    device.hello();
    EXPECT_LE(device.statistics().frames_sent, 3U) << "RESYNC, an ACK, HELLO";
    EXPECT_LT(board.cycles() - begin, 250000U) << "10 ms, of which three frames of zeros";
  };
  kill_while_writing();
  takes(board);
  EXPECT_EQ(light(7), 0U) << "the link is the serial port's";
  works(board, 0);
  ASSERT_TRUE(host.enumerate_quick(6));
  kill_while_reading();
  host.idle(kMillisecond);  // answers in every buffer, and one that the chip cannot send
  EXPECT_EQ(light(7), 1U);
  takes(board);
  works(board, 5000);
  // The serial host ends in the middle of a frame.
  const std::vector<std::uint8_t> part{0x53, 0x4C, 0x10, 0x00, 0x00, 0x02, 0x00, 0x00, 1, 2, 3};
  board.line().to_send.insert(board.line().to_send.end(), part.begin(), part.end());
  host.idle(200 * kMicrosecond);
  ASSERT_TRUE(host.enumerate_quick(7));
  takes(port);
  works(port, 9000);
}

// Both hosts live: the one that lost the link gets an error, not silence for ever, and takes it back.
TEST_F(UsbBoard, AHostWhoseLinkWasTakenGetsAnError) {
  enumerate();
  const std::vector<std::uint8_t> data = random_bytes(16, seed);
  Device serial = connect(board, std::chrono::milliseconds(8), std::chrono::milliseconds(30));
  serial.write_memory(0, data.data(), data.size());
  works(port, 4096);
  EXPECT_THROW(serial.write_memory(0, data.data(), data.size()), TimeoutError);
  serial.write_memory(0, data.data(), data.size());
  EXPECT_EQ(light(7), 0U);
}

// What an open serial pin may pick up does not reach the link that USB has.
TEST_F(UsbBoard, NoiseOnTheSerialLine) {
  enumerate();
  Device device = connect(port);
  device.hello();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    const std::uint8_t often[] = {0x53, 0x4C, 0x10, 0x00};
    auto byte = static_cast<std::uint8_t>(random());
    if (byte == 0x02) byte = 0;  // the one that would make it a RESYNC
    board.line().to_send.push_back(random() % 2 ? often[random() % 4] : byte);
  }
  const std::vector<std::uint8_t> data = random_bytes(4000, seed);
  std::vector<std::uint8_t> back(data.size());
  device.write_memory(0, data.data(), data.size());
  device.read_memory(0, back.data(), back.size());
  EXPECT_EQ(back, data);
  EXPECT_LT(board.line().to_send.size(), 1000U) << "there was noise all the time";
  EXPECT_EQ(device.statistics().retransmitted, 0U);
  EXPECT_EQ(device.statistics().bytes_skipped, 0U);
  EXPECT_EQ(light(7), 1U);
}

}  // namespace
}  // namespace luoshu::test
