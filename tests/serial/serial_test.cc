// SPDX-License-Identifier: Apache-2.0
// The serial transport on a pseudo-terminal: bytes, deadlines, a second user, an unplugged port, what is no
// port.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "luoshu/error.h"
#include "luoshu/serial_transport.h"

namespace luoshu {
namespace {

using Clock = Transport::Clock;
using std::chrono::milliseconds;

// The board's end of the wire, and the name of the host's.
class Serial : public testing::Test {
 protected:
  void SetUp() override {
    int board = -1, host = -1;
    char name[128];
    ASSERT_EQ(openpty(&board, &host, name, nullptr, nullptr), 0);
    board_.reset(board);
    host_.reset(host);
    path_ = name;
  }
  // What a failing open says.
  template <class E>
  std::string refusal(const std::string& path, std::uint32_t baud = 1000000) {
    try {
      SerialTransport::open(path, baud);
    } catch (const E& e) {
      return e.what();
    }
    return "no error";
  }
  FileDescriptor board_, host_;
  std::string path_;
};

TEST_F(Serial, BytesBothWays) {
  auto port = SerialTransport::open(path_, 3000000);
  host_.reset(-1);
  // Every byte value, among them those that a terminal would change or act on.
  std::vector<std::uint8_t> all(256), got(256);
  for (int i = 0; i < 256; ++i) all[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i);
  const auto deadline = Clock::now() + milliseconds(5000);
  for (std::size_t sent = 0; sent < all.size();)
    sent += port->write_some(all.data() + sent, all.size() - sent, deadline);
  for (std::size_t n = 0; n < got.size();) {
    const ssize_t moved = ::read(board_.get(), got.data() + n, got.size() - n);
    ASSERT_GT(moved, 0);
    n += static_cast<std::size_t>(moved);
  }
  EXPECT_EQ(got, all);
  ASSERT_EQ(::write(board_.get(), all.data(), all.size()), 256);
  got.assign(256, 0);
  for (std::size_t n = 0; n < got.size();) {
    const std::size_t moved = port->read_some(got.data() + n, got.size() - n, deadline);
    ASSERT_GT(moved, 0U);
    n += moved;
  }
  EXPECT_EQ(got, all);
}

TEST_F(Serial, Deadlines) {
  auto port = SerialTransport::open(path_, 3000000);
  std::uint8_t byte = 0;
  const auto start = Clock::now();
  EXPECT_EQ(port->read_some(&byte, 1, start + milliseconds(50)), 0U);
  EXPECT_GE(Clock::now() - start, milliseconds(50));
  EXPECT_EQ(port->read_some(&byte, 1, start), 0U);  // in the past: only what is there
  // A wire that takes nothing more: the write returns at its deadline.
  const std::vector<std::uint8_t> block(4096, 7);
  const auto end = Clock::now() + milliseconds(200);
  while (Clock::now() < end + milliseconds(2000) && port->write_some(block.data(), block.size(), end) != 0) {
  }
  EXPECT_LT(Clock::now(), end + milliseconds(2000));
}

TEST_F(Serial, OldBytesAreDropped) {
  ASSERT_EQ(::write(board_.get(), "old", 3), 3);
  auto port = SerialTransport::open(path_, 3000000);
  std::uint8_t byte = 0;
  EXPECT_EQ(port->read_some(&byte, 1, Clock::now() + milliseconds(20)), 0U);
}

TEST_F(Serial, SecondUser) {
  auto port = SerialTransport::open(path_, 3000000);
  EXPECT_NE(refusal<DeviceError>(path_).find("another process uses it"), std::string::npos);
  port->close();
  EXPECT_NO_THROW(SerialTransport::open(path_, 3000000));
}

TEST_F(Serial, Unplugged) {
  auto port = SerialTransport::open(path_, 3000000);
  host_.reset(-1);
  std::thread unplug([this] {
    std::this_thread::sleep_for(milliseconds(50));
    board_.reset(-1);
  });
  std::uint8_t byte = 0;
  EXPECT_THROW(port->read_some(&byte, 1, Clock::now() + milliseconds(5000)), DisconnectedError);
  unplug.join();
  EXPECT_THROW(port->write_some(&byte, 1, Clock::now() + milliseconds(100)), DisconnectedError);
  port->close();
  EXPECT_THROW(port->read_some(&byte, 1, Clock::now()), DisconnectedError);
  EXPECT_THROW(port->write_some(&byte, 1, Clock::now()), DisconnectedError);
}

// serial:PATH[:BAUD], also for the names below /dev/serial/by-path, which have colons themselves.
TEST_F(Serial, Names) {
  EXPECT_EQ(SerialTransport::connect("serial:" + path_)->describe(), "serial:" + path_ + ":3000000");
  EXPECT_EQ(SerialTransport::connect("serial:" + path_ + ":115200")->baud(), 115200U);
  const std::string link =
      testing::TempDir() + "luoshu_serial_" + std::to_string(getpid()) + "-0:2:1.0-port0";
  ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_EQ(SerialTransport::connect("serial:" + link)->baud(), 3000000U);
  EXPECT_EQ(SerialTransport::connect("serial:" + link + ":9600")->baud(), 9600U);
  unlink(link.c_str());
  const auto said = [](const std::string& device) {
    try {
      SerialTransport::connect(device);
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string("no InputError");
  };
  EXPECT_NE(said("serial:").find("names no port"), std::string::npos);
  EXPECT_NE(said("serial::9600").find("names no port"), std::string::npos);
  EXPECT_NE(said("serial:" + path_ + ":").find("no rate"), std::string::npos);
  EXPECT_NE(said("serial:" + path_ + ":999999999999").find("no rate"), std::string::npos);
}

TEST_F(Serial, Refusals) {
  EXPECT_NE(refusal<DeviceError>("/dev/luoshu-absent").find("no such port"), std::string::npos);
  EXPECT_NE(refusal<InputError>("/dev/null").find("not a serial port"), std::string::npos);
  EXPECT_NE(refusal<InputError>(path_, 0).find("0 baud"), std::string::npos);
  if (::getuid() == 0) return;  // root may open everything
  ASSERT_EQ(::chmod(path_.c_str(), 0), 0);
  EXPECT_NE(refusal<DeviceError>(path_).find("usermod -aG dialout"), std::string::npos);
}

}  // namespace
}  // namespace luoshu
