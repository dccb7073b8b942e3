// SPDX-License-Identifier: Apache-2.0
// The standard requests of USB 2.0 chapter 9, one test each, in the states in which they behave differently;
// then the rules of control transfers.
#include "usb/usb_bench.h"

namespace luoshu::usb {
namespace {

class UsbChapter9 : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host().enumerate_quick(17)); }
  UsbHost& host() { return bench_.host; }
  Transfer request(std::uint8_t type, std::uint8_t code, unsigned value, unsigned index, unsigned length = 0,
                   const Bytes& data = {}) {
    return host().control({type, code, static_cast<std::uint16_t>(value), static_cast<std::uint16_t>(index),
                           static_cast<std::uint16_t>(length)},
                          data);
  }
  void expect_stall(std::uint8_t type, std::uint8_t code, unsigned value, unsigned index, unsigned length = 0,
                    const Bytes& data = {}) {
    const Transfer t = request(type, code, value, index, length, data);
    EXPECT_EQ(t.status, Status::kStall) << name(t.status) << " to " << int{type} << " " << int{code}
                                        << " value " << value << " index " << index;
    // and the next request is answered
    EXPECT_EQ(request(0x80, 6, 0x0100, 0, 18).data.size(), 18U);
  }
  void expect_ok(std::uint8_t type, std::uint8_t code, unsigned value, unsigned index) {
    EXPECT_EQ(request(type, code, value, index, 0).status, Status::kOk);
  }
  void expect_data(std::uint8_t type, std::uint8_t code, unsigned value, unsigned index, unsigned length,
                   const Bytes& expected) {
    const Transfer t = request(type, code, value, index, length);
    EXPECT_EQ(t.status, Status::kOk);
    EXPECT_EQ(t.data, expected);
  }
  void deconfigure() { ASSERT_TRUE(host().set_configuration(0)); }
  Bench bench_;
};

TEST_F(UsbChapter9, GetStatus) {
  expect_data(0x80, 0, 0, 0, 2, {0, 0});  // device: powered by the bus, no remote wake-up
  expect_data(0x81, 0, 0, 0, 2, {0, 0});  // interface 0
  for (const unsigned endpoint : {0x00U, 0x80U, 0x01U, 0x81U}) expect_data(0x82, 0, 0, endpoint, 2, {0, 0});
  expect_data(0x80, 0, 0, 0, 1, {0});
  expect_stall(0x81, 0, 0, 1, 2);  // no such interface
  expect_stall(0x82, 0, 0, 2, 2);  // no such endpoint
  expect_stall(0x80, 0, 1, 0, 2);
  deconfigure();
  expect_data(0x80, 0, 0, 0, 2, {0, 0});
  expect_data(0x82, 0, 0, 0, 2, {0, 0});
  expect_stall(0x81, 0, 0, 0, 2);
  expect_stall(0x82, 0, 0, 0x81, 2);
}

TEST_F(UsbChapter9, SetAndClearFeatureEndpointHalt) {
  for (const unsigned endpoint : {0x01U, 0x81U}) {
    expect_ok(0x02, 3, 0, endpoint);
    expect_data(0x82, 0, 0, endpoint, 2, {1, 0});
    expect_data(0x82, 0, 0, endpoint ^ 0x80U, 2, {0, 0});
    if (endpoint == 0x01) {
      EXPECT_EQ(host().transact_out(1, false, {1, 2, 3}).kind, Answer::Kind::kStall);
    } else {
      EXPECT_EQ(host().transact_in(1).kind, Answer::Kind::kStall);
    }
    expect_ok(0x02, 1, 0, endpoint);
    expect_data(0x82, 0, 0, endpoint, 2, {0, 0});
  }
  EXPECT_EQ(host().transact_out(1, false, {1, 2, 3}).kind, Answer::Kind::kAck);
  EXPECT_EQ(host().transact_in(1).kind, Answer::Kind::kNak);
  expect_ok(0x02, 1, 0, 0x00);  // endpoint 0 has no halt to clear
  expect_ok(0x02, 1, 0, 0x80);
  expect_stall(0x02, 3, 0, 0x00);  // nor to set
  expect_stall(0x02, 3, 0, 0x02);
  expect_stall(0x02, 1, 0, 0x82);
  expect_stall(0x02, 3, 1, 0x01);  // no such feature
  deconfigure();
  expect_stall(0x02, 3, 0, 0x01);
  expect_stall(0x02, 1, 0, 0x81);
}

TEST_F(UsbChapter9, RemoteWakeupIsRefused) {
  expect_stall(0x00, 3, 1, 0, 0);
  expect_stall(0x00, 1, 1, 0, 0);
}

TEST_F(UsbChapter9, TestModeIsRefused) {
  expect_stall(0x00, 3, 2, 0x0100, 0);
}

TEST_F(UsbChapter9, SetAddress) {
  for (const unsigned address : {1U, 64U, 127U, 2U}) {
    expect_ok(0x00, 5, address, 0);
    const unsigned old = host().address();
    EXPECT_EQ(host().transact_in(0).kind, Answer::Kind::kNone) << old;
    host().set_address(address);
    expect_data(0x80, 0, 0, 0, 2, {0, 0});
  }
  expect_stall(0x00, 5, 128, 0, 0);
  expect_stall(0x00, 5, 3, 1, 0);
  expect_ok(0x00, 5, 0, 0);  // back to the default state
  host().set_address(0);
  expect_data(0x80, 0, 0, 0, 2, {0, 0});
}

TEST_F(UsbChapter9, GetDescriptor) {
  for (const unsigned length : {1U, 7U, 8U, 17U, 18U, 19U, 64U, 255U, 65535U}) {
    const Transfer t = request(0x80, 6, 0x0100, 0, length);
    EXPECT_EQ(t.status, Status::kOk);
    EXPECT_EQ(t.data.size(), std::min(length, 18U));
  }
  expect_stall(0x80, 6, 0x0101, 0, 18);  // index
  expect_stall(0x80, 6, 0x0201, 0, 9);   // second configuration
  expect_stall(0x80, 6, 0x0304, 0x409, 255);
  expect_stall(0x80, 6, 0x03EE, 0, 18);  // string of MS OS 1.0
  for (const unsigned type : {0U, 4U, 5U, 8U, 9U, 10U, 11U, 14U, 16U, 0x21U, 0x22U, 0xFFU}) {
    expect_stall(0x80, 6, type << 8U, 0, 64);
  }
  EXPECT_EQ(request(0x80, 6, 0x0100, 0, 0).status, Status::kOk);  // no data stage
}

TEST_F(UsbChapter9, DeviceQualifierAndOtherSpeedAreRefused) {
  expect_stall(0x80, 6, 0x0600, 0, 10);
  expect_stall(0x80, 6, 0x0700, 0, 9);
}

TEST_F(UsbChapter9, SetDescriptorIsRefused) {
  expect_stall(0x00, 7, 0x0100, 0, 18, pattern(18, 1));
}

TEST_F(UsbChapter9, GetAndSetConfiguration) {
  expect_data(0x80, 8, 0, 0, 1, {1});
  deconfigure();
  expect_data(0x80, 8, 0, 0, 1, {0});
  host().idle(kMicrosecond);
  EXPECT_EQ(bench_.top().configured_o, 0);
  EXPECT_EQ(host().transact_out(1, false, {1}).kind, Answer::Kind::kStall);
  EXPECT_EQ(host().transact_in(1).kind, Answer::Kind::kStall);
  expect_stall(0x00, 9, 2, 0, 0);
  expect_stall(0x00, 9, 0x0101, 0, 0);
  expect_data(0x80, 8, 0, 0, 1, {0});
  ASSERT_TRUE(host().set_configuration(1));
  expect_data(0x80, 8, 0, 0, 1, {1});
  EXPECT_EQ(bench_.top().configured_o, 1);
}

TEST_F(UsbChapter9, GetAndSetInterface) {
  expect_data(0x81, 10, 0, 0, 1, {0});
  expect_ok(0x01, 11, 0, 0);
  expect_stall(0x01, 11, 1, 0, 0);  // no alternate setting
  expect_stall(0x01, 11, 0, 1, 0);  // no such interface
  expect_stall(0x81, 10, 0, 1, 1);
  deconfigure();
  expect_stall(0x81, 10, 0, 0, 1);
  expect_stall(0x01, 11, 0, 0, 0);
}

TEST_F(UsbChapter9, SynchFrameIsRefused) {
  expect_stall(0x82, 12, 0, 0x81, 2);
  expect_stall(0x82, 12, 0, 0x01, 2);
}

TEST_F(UsbChapter9, OtherRequestsAreRefused) {
  for (const unsigned code : {2U, 4U, 13U, 48U, 49U, 255U}) {
    for (const unsigned type : {0x00U, 0x01U, 0x02U, 0x03U}) {
      expect_stall(static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code), 0, 0, 0);
      expect_stall(static_cast<std::uint8_t>(type | 0x80U), static_cast<std::uint8_t>(code), 0, 0, 2);
    }
  }
  expect_stall(0x21, 0x22, 3, 0, 0);  // class
  expect_stall(0x21, 0x20, 0, 0, 7, pattern(7, 1));
  expect_stall(0x40, 0x20, 0, 7, 0);    // vendor, host to device
  expect_stall(0xC0, 0x21, 0, 7, 162);  // vendor, other code
  expect_stall(0xC0, 0x20, 0, 8, 162);  // alternate enumeration
  expect_stall(0xC1, 0x20, 0, 7, 162);
  expect_stall(0x80, 9, 0, 0, 1);  // wrong direction
  expect_stall(0x00, 8, 0, 0, 0);
}

// ---------------------------------------------------------------- rules of control transfers

using Kind = Answer::Kind;
constexpr std::array<std::uint8_t, 8> kReadSet{0xC0, 0x20, 0, 0, 7, 0, 162, 0};
Bytes read_set() {
  return {kReadSet.begin(), kReadSet.end()};
}

TEST_F(UsbChapter9, ASetupIsTakenInAnyState) {
  ASSERT_EQ(host().transact_setup(read_set()).kind, Kind::kAck);
  ASSERT_EQ(host().transact_in(0).data.size(), 64U);
  ASSERT_EQ(host().transact_setup(read_set()).kind, Kind::kAck);  // in the data stage
  const Answer first = host().transact_in(0);
  EXPECT_TRUE(first.toggle);
  ASSERT_EQ(host().transact_setup({0, 5, 90, 0, 0, 0, 0, 0}).kind, Kind::kAck);
  expect_data(0x80, 8, 0, 0, 1, {1});  // before the status stage: the address did not change
  ASSERT_EQ(host().transact_setup({0, 7, 0, 0, 0, 0, 18, 0}).kind, Kind::kAck);
  ASSERT_EQ(host().transact_out(0, true, pattern(18, 1)).kind, Kind::kStall);
  expect_data(0x80, 8, 0, 0, 1, {1});
}

TEST_F(UsbChapter9, TheHostMayEndTheDataStageEarly) {
  ASSERT_EQ(host().transact_setup(read_set()).kind, Kind::kAck);
  ASSERT_EQ(host().transact_in(0).data.size(), 64U);
  EXPECT_EQ(host().transact_out(0, true, {}).kind, Kind::kAck);
  EXPECT_EQ(host().transact_out(0, true, {}).kind, Kind::kAck);  // our ACK was lost
  expect_data(0x80, 8, 0, 0, 1, {1});
}

TEST_F(UsbChapter9, DataInAStatusStageIsRefused) {
  ASSERT_EQ(host().transact_setup({0x80, 8, 0, 0, 0, 0, 1, 0}).kind, Kind::kAck);
  ASSERT_EQ(host().transact_in(0).data, Bytes{1});
  EXPECT_EQ(host().transact_out(0, true, {5}).kind, Kind::kStall);
  ASSERT_EQ(host().transact_setup({0x00, 9, 1, 0, 0, 0, 0, 0}).kind, Kind::kAck);
  EXPECT_EQ(host().transact_out(0, true, {}).kind, Kind::kStall);  // the wrong direction
}

TEST_F(UsbChapter9, APacketIsRepeatedUntilItIsAcknowledged) {
  ASSERT_EQ(host().transact_setup(read_set()).kind, Kind::kAck);
  Bytes set;
  bool toggle = true;
  for (int i = 0; i < 3; ++i) {
    const Answer first = host().transact_in(0, false);
    host().idle(20 * kMicrosecond);
    const Answer again = host().transact_in(0);
    EXPECT_EQ(first.data, again.data);
    EXPECT_EQ(first.toggle, toggle);
    EXPECT_EQ(again.toggle, toggle);
    toggle = !toggle;
    set.insert(set.end(), again.data.begin(), again.data.end());
  }
  EXPECT_EQ(set, request(0xC0, 0x20, 0, 7, 162).data);
}

TEST_F(UsbChapter9, NothingButASetupStartsATransfer) {
  expect_data(0x80, 8, 0, 0, 1, {1});
  ASSERT_TRUE(host().enumerate_quick(17));
  EXPECT_EQ(host().transact_in(0).kind, Kind::kStall);  // the last transfer has ended
  EXPECT_EQ(host().transact_out(0, true, {}).kind, Kind::kStall);
  EXPECT_EQ(host().transact_out(0, false, pattern(8, 3)).kind, Kind::kStall);
  expect_data(0x80, 8, 0, 0, 1, {1});
}

TEST_F(UsbChapter9, ABrokenSetupIsNotAnswered) {
  EXPECT_EQ(host().transact_setup(read_set(), Pid::kData1).kind, Kind::kNone);
  EXPECT_EQ(host().transact_setup({0xC0, 0x20, 0, 0, 7, 0, 162}).kind, Kind::kNone);        // 7 bytes
  EXPECT_EQ(host().transact_setup({0xC0, 0x20, 0, 0, 7, 0, 162, 0, 0}).kind, Kind::kNone);  // 9
  EXPECT_EQ(host().transact_setup({}).kind, Kind::kNone);
  EXPECT_EQ(host().transact_setup(pattern(64, 1)).kind, Kind::kNone);
  EXPECT_EQ(request(0xC0, 0x20, 0, 7, 162).data.size(), 162U);
}

}  // namespace
}  // namespace luoshu::usb
