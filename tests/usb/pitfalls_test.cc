// SPDX-License-Identifier: Apache-2.0
// What broke other device cores: one test for each kind, numbered as in docs/usb.md.
#include "usb/usb_bench.h"

namespace luoshu::usb {
namespace {

using Kind = Answer::Kind;

class UsbPitfall : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host().enumerate_quick(11)); }
  UsbHost& host() { return bench_.host; }
  // Sends bytes in one transfer and expects them at the link.
  void expect_out(std::size_t bytes) {
    const Bytes data = pattern(bytes, ++seed_);
    const std::size_t before = bench_.received.size();
    const Transfer t = host().bulk_out(data);
    ASSERT_EQ(t.status, Status::kOk) << name(t.status);
    host().idle(5 * kMicrosecond);
    ASSERT_EQ(Bytes(bench_.received.begin() + static_cast<std::ptrdiff_t>(before), bench_.received.end()),
              data);
  }
  // Queues bytes at the link and expects them in one transfer.
  void expect_in(std::size_t bytes) {
    const Bytes data = pattern(bytes, ++seed_);
    bench_.send = words(data);
    const Transfer t = host().bulk_in(65536);
    ASSERT_EQ(t.status, Status::kOk) << name(t.status);
    ASSERT_EQ(t.data, data);
  }
  void expect_request() { EXPECT_EQ(host().control({0x80, 8, 0, 0, 1}).data, Bytes{1}); }
  bool halt(unsigned endpoint, bool on) {
    return host()
               .control(
                   {0x02, static_cast<std::uint8_t>(on ? 3 : 1), 0, static_cast<std::uint16_t>(endpoint), 0})
               .status == Status::kOk;
  }
  Bench bench_;
  std::uint64_t seed_ = test_seed() * 1000;
};

TEST_F(UsbPitfall, 01_SuspendKeepsTheToggles) {
  expect_out(64);  // one packet: the next is DATA1
  expect_in(64);   // and an empty one
  expect_in(8);
  host().suspend(3500 * kMicrosecond);
  EXPECT_EQ(bench_.top().suspended_o, 1);
  host().resume();
  EXPECT_EQ(bench_.top().suspended_o, 0);
  EXPECT_EQ(bench_.top().configured_o, 1);
  expect_out(10);
  expect_in(12);
  expect_request();
}

TEST_F(UsbPitfall, 02_AStalledOrBrokenOutLeavesNoCount) {
  ASSERT_TRUE(halt(0x01, true));
  for (const std::size_t bytes : {61U, 62U, 63U, 64U}) {
    EXPECT_EQ(host().transact_out(1, false, pattern(bytes, bytes)).kind, Kind::kStall);
    expect_request();
  }
  ASSERT_TRUE(halt(0x01, false));
  host().out_toggle = false;
  for (const std::size_t bytes : {8U, 62U, 64U}) {  // endpoint 0 refuses the data
    ASSERT_EQ(host().transact_setup({0x00, 7, 0, 1, 0, 0, static_cast<std::uint8_t>(bytes), 0}).kind,
              Kind::kAck);
    EXPECT_EQ(host().transact_out(0, true, pattern(bytes, bytes)).kind, Kind::kStall);
    expect_request();
  }
  expect_out(200);
  // A bus reset within a packet.
  for (const std::size_t bits : {40U, 200U, 530U}) {
    host().send(token(Pid::kOut, 11, 1));
    Levels levels = encode(data_packet(Pid::kData0, pattern(64, bits)));
    levels.resize(bits);
    host().send_levels(levels);
    ASSERT_TRUE(host().enumerate_quick(11)) << bits;
    expect_out(65);
  }
}

TEST_F(UsbPitfall, 03_LowSpeedTrafficBehindPreIsIgnored) {
  std::mt19937_64 rng(test_seed());
  for (int i = 0; i < 20; ++i) {
    host().send_low_speed(token(Pid::kIn, 11, 1));
    EXPECT_EQ(host().receive().kind, Kind::kNone);
    host().send_low_speed(token(Pid::kSetup, 11, 0));
    host().send_low_speed(data_packet(Pid::kData0, {0, 5, 99, 0, 0, 0, 0, 0}));
    EXPECT_EQ(host().receive().kind, Kind::kNone);
    host().send_low_speed(data_packet(Pid::kData1, pattern(rng() % 9, rng())));
    host().send_low_speed(handshake(Pid::kAck));
    expect_out(1 + rng() % 70);
    expect_in(4 * (1 + rng() % 40));
    expect_request();
  }
  // A PRE whose low-speed packet never comes.
  Levels pre = encode_open(handshake(Pid::kPre));
  pre.push_back(Line::kJ);
  host().send_levels(pre);
  host().idle(12 * kMicrosecond);
  expect_request();
}

// Levels of a packet to the device with a stuffing violation, and behind it what looks like a packet.
Levels with_violation(const Bytes& before, const Bytes& hidden) {
  Levels levels = encode_open(before);
  const Line last = levels.back();
  for (int i = 0; i < 7; ++i) levels.push_back(last);
  if (last == Line::kK) levels.push_back(Line::kJ);  // so that the hidden sync has its polarity
  const Levels rest = encode(hidden);
  levels.insert(levels.end(), rest.begin(), rest.end());
  return levels;
}

TEST_F(UsbPitfall, 04_AStuffingViolationEndsThePacketAndItsRestIsNone) {
  bench_.send = words(pattern(8, 1));
  host().idle(20 * kMicrosecond);
  for (std::uint8_t first = 0; first < 40; ++first) {
    host().send(token(Pid::kOut, 11, 1));
    host().send_levels(
        with_violation({static_cast<std::uint8_t>(Pid::kData0), first, 0x55}, token(Pid::kIn, 11, 1)));
    ASSERT_EQ(host().receive().kind, Kind::kNone) << int{first};
  }
  ASSERT_EQ(host().bulk_in(64).data.size(), 8U);
  // Seven ones right before the end of a packet whose CRC ends with six.
  int tried = 0;
  for (std::uint64_t seed = 0; tried < 3 && seed < 5000; ++seed) {
    const Bytes data = pattern(20, seed);
    if ((crc16(data) >> 9U) != 0x7E) continue;  // 0, then six ones
    ++tried;
    Levels levels = encode(data_packet(host().out_toggle ? Pid::kData1 : Pid::kData0, data));
    const std::size_t stuffed = levels.size() - 4;  // the stuffed bit: the last before SE0 SE0 J
    Levels violated = levels;
    violated[stuffed] = violated[stuffed - 1];
    host().send(token(Pid::kOut, 11, 1));
    host().send_levels(violated);
    EXPECT_EQ(host().receive().kind, Kind::kNone);
    expect_request();
    // Six are no violation, with or without the stuffed bit (section 7.1.9.1).
    Levels dribble = levels;
    dribble.erase(dribble.begin() + static_cast<std::ptrdiff_t>(stuffed));
    host().send(token(Pid::kOut, 11, 1));
    host().send_levels(dribble);
    EXPECT_EQ(host().receive().kind, Kind::kAck);
    host().out_toggle = !host().out_toggle;
  }
  EXPECT_EQ(tried, 3);
  expect_out(100);
}

TEST_F(UsbPitfall, 05_EndpointsThatDoNotExist) {
  for (unsigned endpoint = 2; endpoint < 16; ++endpoint) {
    EXPECT_EQ(host().transact_in(endpoint).kind, Kind::kStall) << endpoint;
    EXPECT_EQ(host().transact_out(endpoint, false, pattern(10, 1)).kind, Kind::kStall) << endpoint;
    EXPECT_EQ(host().transact_setup({0, 5, 3, 0, 0, 0, 0, 0}, Pid::kData0, endpoint).kind, Kind::kNone)
        << endpoint;
  }
  EXPECT_EQ(host().transact_setup({0, 5, 3, 0, 0, 0, 0, 0}, Pid::kData0, 1).kind, Kind::kNone);
  expect_request();
  expect_out(64);
}

TEST_F(UsbPitfall, 06_AnswersInTimeWithPacketsBackToBack) {
  host().options.gap = 2;
  bench_.echo = true;
  for (int i = 0; i < 60; ++i) {
    expect_out(4);
    const Transfer t = host().bulk_in(64);
    ASSERT_EQ(t.data.size(), 4U);
    expect_request();
    host().transact_in(1);
    host().transact_in(5);
  }
  EXPECT_GE(host().best_turnaround(), 2.0);
  EXPECT_LE(host().worst_turnaround(), 6.5);
  std::printf("answers after %.2f to %.2f bit times\n", host().best_turnaround(), host().worst_turnaround());
}

TEST_F(UsbPitfall, 07_AnEmptyPacketFlipsTheToggle) {
  EXPECT_EQ(host().transact_out(1, false, {}).kind, Kind::kAck);
  EXPECT_EQ(host().transact_out(1, true, {1, 2}).kind, Kind::kAck);
  EXPECT_EQ(host().transact_out(1, false, {}).kind, Kind::kAck);
  EXPECT_EQ(host().transact_out(1, false, {9}).kind, Kind::kAck);  // a repetition by its toggle
  host().idle(5 * kMicrosecond);
  EXPECT_EQ(bench_.received, (Bytes{1, 2}));
  const Bytes data = pattern(64, 2);
  bench_.send = words(data);
  host().idle(50 * kMicrosecond);
  const Answer full = host().transact_in(1);
  const Answer empty = host().transact_in(1);
  EXPECT_EQ(full.data, data);
  EXPECT_FALSE(full.toggle);
  EXPECT_EQ(empty.kind, Kind::kData);
  EXPECT_TRUE(empty.data.empty());
  EXPECT_TRUE(empty.toggle);
  bench_.send = words(pattern(4, 3));
  host().idle(20 * kMicrosecond);
  EXPECT_FALSE(host().transact_in(1).toggle);
}

TEST_F(UsbPitfall, 08_WhatIsAcknowledgedWithoutRoomIsNotLost) {
  std::mt19937_64 rng(test_seed());
  for (int round = 0; round < 20; ++round) {
    bench_.received.clear();
    bench_.rx_ready_percent = 0;
    Bytes sent;
    int naks = 0;
    while (naks < 3) {
      const Bytes data = pattern(round < 10 ? 64 - static_cast<std::size_t>(round) : 1 + rng() % 64, rng());
      const Answer answer = host().transact_out(1, host().out_toggle, data);
      if (answer.kind == Kind::kNak) {
        ++naks;
        continue;
      }
      ASSERT_EQ(answer.kind, Kind::kAck);
      host().out_toggle = !host().out_toggle;
      sent.insert(sent.end(), data.begin(), data.end());
      ASSERT_LT(sent.size(), 1000U);
    }
    EXPECT_GE(sent.size(), 448U);
    bench_.rx_ready_percent = 100;
    host().idle(60 * kMicrosecond);
    ASSERT_EQ(bench_.received, sent);
  }
}

TEST_F(UsbPitfall, 09_ShortPacketsInAtFullRate) {
  Bytes sent;
  Bytes got;
  for (int i = 0; i < 1000; ++i) {  // a packet of 16 bytes per 83 us, and faster
    const Bytes data = pattern(16, static_cast<std::uint64_t>(i));
    sent.insert(sent.end(), data.begin(), data.end());
    for (const std::uint32_t word : words(data)) bench_.send.push_back(word);
    const Time next = host().now() + (i < 500 ? 83 : 30) * kMicrosecond;
    while (host().now() < next || got.size() < sent.size()) {
      const Answer answer = host().transact_in(1);
      if (answer.kind == Kind::kNak) continue;
      ASSERT_EQ(answer.kind, Kind::kData);
      got.insert(got.end(), answer.data.begin(), answer.data.end());
    }
  }
  EXPECT_EQ(got, sent);
}

TEST_F(UsbPitfall, 10_PacketsForOtherDevicesAreIgnored) {
  bench_.send = words(pattern(8, 1));
  host().idle(20 * kMicrosecond);
  for (unsigned other = 0; other < 128; ++other) {
    if (other == 11) continue;
    host().set_address(other);
    ASSERT_EQ(host().transact_out(1, false, pattern(8, other)).kind, Kind::kNone);
    ASSERT_EQ(host().transact_setup({0, 9, 0, 0, 0, 0, 0, 0}).kind, Kind::kNone);
    ASSERT_EQ(host().transact_in(1).kind, Kind::kNone);
    host().send(handshake(Pid::kAck));
  }
  host().set_address(11);
  // Another device's data and handshakes right behind a packet of ours that was not acknowledged.
  const Answer first = host().transact_in(1, false);
  host().idle(20 * kMicrosecond);
  host().send(token(Pid::kIn, 12, 1));
  host().idle(8 * kMicrosecond);
  host().send(handshake(Pid::kAck));
  host().idle(2 * kMicrosecond);
  const Answer again = host().transact_in(1);
  EXPECT_EQ(first.data, again.data);
  EXPECT_EQ(first.toggle, again.toggle);
  // Our token, then a token and data for another: its data are not ours.
  host().send(token(Pid::kOut, 11, 1));
  host().idle(2 * kMicrosecond);
  host().send(token(Pid::kOut, 12, 1));
  host().idle(2 * kMicrosecond);
  host().send(data_packet(Pid::kData0, {1}));
  EXPECT_EQ(host().receive().kind, Kind::kNone);
  host().idle(5 * kMicrosecond);
  EXPECT_TRUE(bench_.received.empty());
  expect_out(64);
}

TEST_F(UsbPitfall, 11_ControlInOfMoreThanOnePacket) {
  const Bytes whole = host().control({0xC0, 0x20, 0, 7, 162}).data;
  ASSERT_EQ(whole.size(), 162U);
  for (const unsigned length : {1U, 63U, 64U, 65U, 127U, 128U, 129U, 161U, 163U, 255U, 256U, 1000U, 65535U}) {
    const Transfer t = host().control({0xC0, 0x20, 0, 7, static_cast<std::uint16_t>(length)});
    ASSERT_EQ(t.status, Status::kOk) << length;
    const auto size = static_cast<std::ptrdiff_t>(std::min(length, 162U));
    EXPECT_EQ(t.data, Bytes(whole.begin(), whole.begin() + size)) << length;
  }
}

TEST_F(UsbPitfall, 12_RequestsThatResetToggles) {
  const auto odd = [&] {  // both toggles at DATA1
    expect_out(4);
    expect_in(4);
  };
  const auto expect_toggles = [&](bool out, bool in) {
    bench_.send = words(pattern(4, 9));
    host().idle(20 * kMicrosecond);
    EXPECT_EQ(host().transact_in(1).toggle, in);
    const std::size_t before = bench_.received.size();
    EXPECT_EQ(host().transact_out(1, out, {7}).kind, Kind::kAck);
    host().idle(5 * kMicrosecond);
    EXPECT_EQ(bench_.received.size(), before + 1);
    ASSERT_TRUE(host().enumerate_quick(11));
  };
  odd();
  ASSERT_EQ(host().control({0x00, 9, 1, 0, 0}).status, Status::kOk);  // the same configuration again
  expect_toggles(false, false);
  odd();
  ASSERT_EQ(host().control({0x01, 11, 0, 0, 0}).status, Status::kOk);
  expect_toggles(false, false);
  odd();
  ASSERT_TRUE(halt(0x01, false));  // without a halt, too
  expect_toggles(false, true);
  odd();
  ASSERT_TRUE(halt(0x81, false));
  expect_toggles(true, false);
  odd();
  ASSERT_TRUE(halt(0x01, true) && halt(0x01, false));
  expect_toggles(false, true);
  odd();
  ASSERT_EQ(host().control({0x80, 8, 0, 0, 1}).status, Status::kOk);  // others leave them
  ASSERT_EQ(host().control({0x02, 1, 0, 0, 0}).status, Status::kOk);
  expect_toggles(true, true);
}

TEST_F(UsbPitfall, 13_SetAddressTakesEffectBehindItsStatusStage) {
  host().bus_reset();
  ASSERT_EQ(host().transact_setup({0, 5, 42, 0, 0, 0, 0, 0}).kind, Kind::kAck);
  for (int i = 0; i < 3; ++i) {  // the host's ACK is lost: still at address 0
    EXPECT_EQ(host().transact_in(0, false).kind, Kind::kData);
    host().idle(20 * kMicrosecond);
  }
  EXPECT_EQ(host().transact_in(0).kind, Kind::kData);
  host().set_address(42);
  EXPECT_EQ(host().get_descriptor(1, 0, 18).data.size(), 18U);  // at once
}

TEST(UsbPitfallClocks, 13_EqualClocksAndAnyOtherRatio) {
  const std::vector<std::pair<Time, Time>> clocks{{kDeviceClock, kDeviceClock},
                                                  {kDeviceClock, 1},
                                                  {kDeviceClock / 2, kDeviceClock},
                                                  {kDeviceClock * 2, kDeviceClock},
                                                  {10'000'000, 3},
                                                  {20'000'000, 0},
                                                  {40'000'000, 5},
                                                  {83'333'333, 11},
                                                  {500'000'000, 77}};
  for (const auto& [period, phase] : clocks) {
    SCOPED_TRACE(period);
    Bench bench(period, phase);
    ASSERT_TRUE(bench.host.enumerate_quick(1));
    bench.echo = true;
    const Bytes data = pattern(300, test_seed());
    ASSERT_EQ(bench.host.bulk_out(data).status, Status::kOk);
    EXPECT_EQ(bench.host.bulk_in(640).data, data);
  }
}

TEST(UsbPitfallReset, 14_WorksWithoutAResetPulse) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {  // other initial values
    UsbHost::Options options;
    options.seed = seed;
    Bench bench(40'000'000, 7, options, false);
    ASSERT_TRUE(bench.host.enumerate_quick(1)) << seed;
    bench.echo = true;
    const Bytes data = pattern(100, seed);
    ASSERT_EQ(bench.host.bulk_out(data).status, Status::kOk);
    EXPECT_EQ(bench.host.bulk_in(640).data, data);
  }
}

TEST_F(UsbPitfall, 14_255BytesOfConfiguration) {
  EXPECT_EQ(host().get_descriptor(2, 0, 255).data.size(), 32U);
}

TEST_F(UsbPitfall, 15_UnpluggedFromAHubWithPowerKept) {
  std::mt19937_64 rng(test_seed());
  for (int round = 0; round < 3; ++round) {
    expect_out(64);
    host().idle(3200 * kMicrosecond);  // pulled up, nobody there
    EXPECT_EQ(bench_.top().suspended_o, 1);
    for (int i = 0; i < 50; ++i) {  // contacts that bounce
      host().hold(static_cast<Line>(rng() % 4), static_cast<Time>(rng() % 3000) * (kMicrosecond / 1000));
      host().idle(static_cast<Time>(rng() % 2000) * (kMicrosecond / 1000));
    }
    host().idle(20 * kMicrosecond);
    ASSERT_TRUE(host().enumerate_linux(11));
    expect_out(65);
    expect_in(128);
  }
}

TEST_F(UsbPitfall, 16_AnswersWithin10MsAfterReset) {
  host().hold(Line::kSe0, 10 * kMillisecond);
  host().set_address(0);
  host().idle(kMicrosecond);
  EXPECT_EQ(host().transact_setup({0x80, 6, 0, 1, 0, 0, 18, 0}).kind, Kind::kAck);
  EXPECT_EQ(host().transact_in(0).data.size(), 18U);
}

TEST_F(UsbPitfall, 17_WindowsResetsAndQualifierStallsAndRecovers) {
  ASSERT_TRUE(host().enumerate_windows(4));  // resets behind the first packet of the first descriptor
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(host().get_descriptor(6, 0, 10).status, Status::kStall);
    EXPECT_EQ(host().get_descriptor(1, 0, 18).data.size(), 18U);
  }
}

TEST_F(UsbPitfall, 18_ClearingAHaltLosesNothing) {
  const Bytes data = pattern(200, 5);
  bench_.send = words(data);
  host().idle(50 * kMicrosecond);
  Bytes got = host().transact_in(1).data;
  host().transact_in(1, false);  // sent, not acknowledged
  ASSERT_TRUE(halt(0x81, true));
  EXPECT_EQ(host().transact_in(1).kind, Kind::kStall);
  ASSERT_TRUE(halt(0x81, false));
  host().in_toggle = false;
  const Bytes rest = host().bulk_in(640).data;
  got.insert(got.end(), rest.begin(), rest.end());
  EXPECT_EQ(got, data);
  expect_out(30);
  ASSERT_TRUE(halt(0x01, true));
  EXPECT_EQ(host().transact_out(1, true, pattern(64, 1)).kind, Kind::kStall);
  ASSERT_TRUE(halt(0x01, false));
  host().out_toggle = false;
  expect_out(130);
}

TEST_F(UsbPitfall, 19_FullSpeedSaysSo) {
  const Bytes d = host().get_descriptor(2, 0, 255).data;
  ASSERT_EQ(d.size(), 32U);
  EXPECT_EQ(d[22] | (d[23] << 8), 64);  // 512 only at high speed, which the missing qualifier rules out
  EXPECT_EQ(d[29] | (d[30] << 8), 64);
  EXPECT_EQ(host().get_descriptor(6, 0, 10).status, Status::kStall);
}

TEST_F(UsbPitfall, 20_NeverDrivesWithoutBeingAsked) {
  // A hub turns off a port that talks out of turn. Noise of all kinds; the host reports what drives
  // (violations).
  std::mt19937_64 rng(test_seed());
  bench_.send = words(pattern(256, 1));
  for (int i = 0; i < 3000; ++i) {
    Levels noise;
    const std::size_t bits = 1 + rng() % 60;
    for (std::size_t n = 0; n < bits; ++n)
      noise.push_back(static_cast<Line>(rng() % 16 == 0 ? rng() % 4 : 1 + rng() % 2));
    host().send_levels(noise);
    host().idle(static_cast<Time>(rng() % 3000) * (kMicrosecond / 1000));
  }
  host().idle(20 * kMicrosecond);
  expect_request();
}

TEST_F(UsbPitfall, 21_EveryTransferOfTheHostEnds) {
  for (const std::size_t bytes : {4U, 60U, 64U, 68U, 128U, 192U, 256U, 1024U}) expect_in(bytes);
}

TEST_F(UsbPitfall, 27_ARepeatedToggleIsAcknowledgedAndDropped) {
  expect_out(10);
  const std::size_t before = bench_.received.size();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(host().transact_out(1, false, pattern(64, 1)).kind, Kind::kAck);
  bench_.rx_ready_percent = 0;  // also when there is no room
  while (host().transact_out(1, host().out_toggle, pattern(64, 2)).kind == Kind::kAck) {
    host().out_toggle = !host().out_toggle;
  }
  EXPECT_EQ(host().transact_out(1, !host().out_toggle, pattern(64, 2)).kind, Kind::kAck);
  bench_.rx_ready_percent = 100;
  host().idle(50 * kMicrosecond);
  EXPECT_EQ((bench_.received.size() - before) % 64, 0U);
  expect_out(10);
}

}  // namespace
}  // namespace luoshu::usb
