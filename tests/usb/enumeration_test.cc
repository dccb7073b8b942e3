// SPDX-License-Identifier: Apache-2.0
// Attach, enumeration as hosts do it, and every descriptor against the specification.
#include "usb/usb_bench.h"

namespace luoshu::usb {
namespace {

unsigned word(const Bytes& b, std::size_t at) {
  return b[at] | (static_cast<unsigned>(b[at + 1]) << 8U);
}
std::string ascii(const Bytes& utf16, std::size_t from, std::size_t bytes) {
  std::string text;
  for (std::size_t i = from; i + 1 < from + bytes; i += 2) {
    EXPECT_EQ(utf16[i + 1], 0);
    text.push_back(static_cast<char>(utf16[i]));
  }
  return text;
}

TEST(UsbEnumeration, PullUpIsOffInResetAndComesByItself) {
  Bench bench;
  ASSERT_TRUE(bench.host.attached());
  EXPECT_GT(bench.host.now(), 80 * kMicrosecond);  // the hub has seen the device leave
  bench.reset_core(50);
  bench.host.hold(Line::kSe0, 3 * kMicrosecond);
  EXPECT_FALSE(bench.host.attached());
  bench.host.wait_attached();
  EXPECT_TRUE(bench.host.attached());
}

TEST(UsbEnumeration, Linux) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_linux(5));
  EXPECT_EQ(bench.top().configured_o, 1);
}

TEST(UsbEnumeration, Windows) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_windows(9));
  EXPECT_EQ(bench.top().configured_o, 1);
}

TEST(UsbEnumeration, AgainAndAgain) {
  Bench bench;
  for (unsigned i = 1; i <= 10; ++i) {
    ASSERT_TRUE(i % 2 == 0 ? bench.host.enumerate_windows(i) : bench.host.enumerate_linux(127 - i)) << i;
  }
}

TEST(UsbEnumeration, AfterOurOwnResetInTheMiddleOfAnything) {
  Bench bench;
  std::mt19937_64 rng(test_seed());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(bench.host.enumerate_quick(3));
    bench.send = words(pattern(400, rng()));
    bench.host.bulk_out(pattern(200, rng()));
    bench.reset_core(1 + static_cast<int>(rng() % 3));
    bench.host.idle(static_cast<Time>(1 + rng() % 50) * kMicrosecond);
    bench.host.wait_attached();
    bench.received.clear();
    bench.send.clear();
    bench.host.clear_violations();  // what it was sending broke off
  }
  ASSERT_TRUE(bench.host.enumerate_linux(3));
}

TEST(UsbDescriptors, Device) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_quick(1));
  const Bytes d = bench.host.get_descriptor(1, 0, 18).data;
  const Bytes expected{18, 1, 0x01, 0x02, 0, 0, 0, 64, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 1, 2, 3, 1};
  EXPECT_EQ(d, expected);
}

TEST(UsbDescriptors, Configuration) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_quick(1));
  const Bytes d = bench.host.get_descriptor(2, 0, 255).data;
  ASSERT_EQ(d.size(), 32U);
  EXPECT_EQ(word(d, 2), d.size());
  unsigned interfaces = 0;
  std::vector<unsigned> endpoints;
  for (std::size_t at = 0; at < d.size(); at += d[at]) {
    ASSERT_GT(d[at], 1);
    if (d[at + 1] == 4) {
      ++interfaces;
      EXPECT_EQ(d[at + 4], 2);     // endpoints
      EXPECT_EQ(d[at + 5], 0xFF);  // vendor class
    }
    if (d[at + 1] == 5) {
      endpoints.push_back(d[at + 2]);
      EXPECT_EQ(d[at + 3], 2);  // bulk
      EXPECT_EQ(word(d, at + 4), 64U);
    }
  }
  EXPECT_EQ(interfaces, d[4]);
  EXPECT_EQ(d[7], 0x80);  // powered by the bus, no remote wake-up
  EXPECT_EQ(d[8], 250);   // 500 mA
  EXPECT_EQ(endpoints, (std::vector<unsigned>{0x01, 0x81}));
}

TEST(UsbDescriptors, Strings) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_quick(1));
  EXPECT_EQ(bench.host.get_descriptor(3, 0, 255).data, (Bytes{4, 3, 0x09, 0x04}));
  const std::vector<std::string> expected{"Luoshu", "Luoshu chip", "0123456789ABCDEF"};
  for (unsigned i = 1; i <= 3; ++i) {
    const Bytes d = bench.host.get_descriptor(3, i, 255, 0x409).data;
    ASSERT_GE(d.size(), 2U);
    EXPECT_EQ(d[0], d.size());
    EXPECT_EQ(d[1], 3);
    EXPECT_EQ(ascii(d, 2, d.size() - 2), expected[i - 1]);
  }
  bench.top().serial_i = 0xFEDCBA9876543210;
  const Bytes d = bench.host.get_descriptor(3, 3, 255, 0x409).data;
  EXPECT_EQ(ascii(d, 2, d.size() - 2), "FEDCBA9876543210");
}

// Windows binds WinUSB by these two without a driver file.
TEST(UsbDescriptors, BosAndMicrosoftOs20) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_quick(1));
  const Bytes bos = bench.host.get_descriptor(15, 0, 255).data;
  ASSERT_EQ(bos.size(), 40U);
  EXPECT_EQ(word(bos, 2), bos.size());
  EXPECT_EQ(bos[4], 2);
  EXPECT_EQ(Bytes(bos.begin() + 5, bos.begin() + 12), (Bytes{7, 16, 2, 0, 0, 0, 0}));
  const Bytes platform(bos.begin() + 12, bos.end());
  const Bytes expected{28,   16,   5,    0,    0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C, 0x9C, 0xD2,
                       0x65, 0x9D, 0x9E, 0x64, 0x8A, 0x9F, 0,    0,    3,    6,    162,  0,    0x20, 0};
  EXPECT_EQ(platform, expected);
  const Bytes set = bench.host.control({0xC0, 0x20, 0, 7, 162}).data;
  ASSERT_EQ(set.size(), 162U);
  EXPECT_EQ(Bytes(set.begin(), set.begin() + 10), (Bytes{10, 0, 0, 0, 0, 0, 3, 6, 162, 0}));
  EXPECT_EQ(word(set, 10), 20U);
  EXPECT_EQ(word(set, 12), 3U);  // compatible id
  EXPECT_EQ(std::string(set.begin() + 14, set.begin() + 22), std::string("WINUSB\0\0", 8));
  EXPECT_EQ(word(set, 30), 132U);
  EXPECT_EQ(word(set, 32), 4U);  // registry property
  EXPECT_EQ(word(set, 34), 7U);  // several strings
  ASSERT_EQ(word(set, 36), 42U);
  EXPECT_EQ(ascii(set, 38, 42), std::string("DeviceInterfaceGUIDs\0", 21));
  ASSERT_EQ(word(set, 80), 80U);
  const std::string guid = ascii(set, 82, 80);
  EXPECT_EQ(guid.size(), 40U);
  EXPECT_EQ(guid[0], '{');
  EXPECT_EQ(guid.substr(37), std::string("}\0\0", 3));
}

}  // namespace
}  // namespace luoshu::usb
