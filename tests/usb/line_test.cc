// SPDX-License-Identifier: Apache-2.0
// The line itself: clocks and jitter, sync and end of packet, glitches, bit errors anywhere, reset, suspend,
// frames.
#include "usb/usb_bench.h"

namespace luoshu::usb {
namespace {

using Kind = Answer::Kind;

// Enumerates and carries data both ways under the options of the wire.
void expect_works(const UsbHost::Options& options, std::size_t bytes = 640) {
  Bench bench(40'000'000, 7, options);
  ASSERT_TRUE(bench.host.enumerate_quick(1));
  bench.echo = true;
  for (int i = 0; i < 8; ++i) {
    const Bytes data = i == 0   ? Bytes(bytes, 0xFF)
                       : i == 1 ? Bytes(bytes, 0x00)
                                : pattern(bytes, options.seed * 100 + static_cast<unsigned>(i));
    ASSERT_EQ(bench.host.bulk_out(data, false, 20 * kMillisecond).status, Status::kOk);
    ASSERT_EQ(bench.host.bulk_in(64 * 64, 20 * kMillisecond).data, data);
  }
}

TEST(UsbLine, ClockOffsetJitterAndSkew) {
  std::uint64_t seed = test_seed() * 50;
  for (const double ppm : {-2500.0, -1000.0, 0.0, 1000.0, 2500.0}) {
    for (const Time jitter :
         {Time{0}, Time{3'500'000}, Time{9'000'000}}) {  // fs at each edge: 18 ns from one to the next
      for (const Time skew : {Time{0}, Time{10'000'000}, Time{-10'000'000}}) {
        if (jitter + std::abs(skew) > 13'000'000) continue;
        SCOPED_TRACE(::testing::Message()
                     << ppm << " ppm, jitter " << jitter << " fs, skew " << skew << " fs");
        UsbHost::Options options;
        options.ppm = ppm;
        options.jitter = jitter;
        options.skew = skew;
        options.seed = ++seed;
        expect_works(options, 192);
      }
    }
  }
}

class UsbWire : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host().enumerate_quick(11)); }
  UsbHost& host() { return bench_.host; }
  void expect_request() { EXPECT_EQ(host().control({0x80, 8, 0, 0, 1}).data, Bytes{1}); }
  Kind in(const Levels& levels) {  // an IN token by its levels
    host().send_levels(levels);
    const Kind kind = host().receive().kind;
    host().idle(3 * kBit);
    return kind;
  }
  // OUT with these levels for its data packet.
  Kind out(const Levels& levels) {
    host().send(token(Pid::kOut, 11, 1));
    host().idle(3 * kBit);
    host().send_levels(levels);
    const Kind kind = host().receive().kind;
    host().idle(3 * kBit);
    return kind;
  }
  Bench bench_;
};

TEST_F(UsbWire, SixBitsOfTheSyncAreEnough) {
  const Levels whole = encode(token(Pid::kIn, 11, 1));
  for (std::size_t lost = 0; lost < 8; ++lost) {
    Levels part(whole.begin() + static_cast<std::ptrdiff_t>(lost), whole.end());
    // From idle J a part that begins with J starts one bit later.
    EXPECT_EQ(in(part), lost <= 2 ? Kind::kNak : Kind::kNone) << lost;
  }
  // A sync that is wrong in one bit, but for the first ones, is none.
  for (std::size_t bad = 2; bad < 8; ++bad) {
    Levels wrong = whole;
    wrong[bad] = wrong[bad] == Line::kJ ? Line::kK : Line::kJ;
    EXPECT_EQ(in(wrong), Kind::kNone) << bad;
  }
  expect_request();
}

TEST_F(UsbWire, EndOfPacketOfOneBitAndDribble) {
  const Levels open = encode_open(token(Pid::kIn, 11, 1));
  for (const std::size_t se0 : {1U, 2U, 3U, 4U}) {
    Levels levels = open;
    levels.insert(levels.end(), se0, Line::kSe0);
    levels.push_back(Line::kJ);
    EXPECT_EQ(in(levels), Kind::kNak) << se0;
  }
  for (std::size_t extra = 0; extra < 5; ++extra) {  // one bit too many may come from a hub, two not
    Levels levels = open;
    levels.insert(levels.end(), extra, open.back());
    levels.insert(levels.end(), {Line::kSe0, Line::kSe0, Line::kJ});
    EXPECT_EQ(in(levels), extra <= 1 ? Kind::kNak : Kind::kNone) << extra;
  }
  for (std::size_t missing = 1; missing < 9; ++missing) {
    Levels levels(open.begin(), open.end() - static_cast<std::ptrdiff_t>(missing));
    levels.insert(levels.end(), {Line::kSe0, Line::kSe0, Line::kJ});
    EXPECT_EQ(in(levels), Kind::kNone) << missing;
  }
  expect_request();
}

TEST_F(UsbWire, APacketWithoutItsEndIsNone) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(in(encode_open(token(Pid::kIn, 11, 1))), Kind::kNone);
    host().idle(15 * kMicrosecond);
    EXPECT_EQ(in(encode(token(Pid::kIn, 11, 1))), Kind::kNak);
  }
}

TEST_F(UsbWire, SingleEndedOneInAPacketEndsIt) {
  const Levels whole = encode(token(Pid::kIn, 11, 1));
  for (std::size_t at = 8; at + 3 < whole.size(); ++at) {
    Levels levels = whole;
    levels[at] = Line::kSe1;
    EXPECT_EQ(in(levels), Kind::kNone) << at;
  }
  expect_request();
}

// One bit wrong anywhere, on the line and after NRZI: nothing is answered or delivered.
TEST_F(UsbWire, BitErrorsInTokens) {
  const Levels whole = encode(token(Pid::kIn, 11, 1));
  for (std::size_t at = 8; at + 3 < whole.size(); ++at) {
    Levels flipped = whole;
    flipped[at] = flipped[at] == Line::kJ ? Line::kK : Line::kJ;
    EXPECT_EQ(in(flipped), Kind::kNone) << at;
    for (std::size_t i = at + 1; i + 3 < whole.size(); ++i)
      flipped[i] = flipped[i] == Line::kJ ? Line::kK : Line::kJ;
    EXPECT_EQ(in(flipped), Kind::kNone) << at;
  }
  expect_request();
}

TEST_F(UsbWire, BitErrorsInData) {
  for (const std::size_t bytes : {0U, 1U, 20U}) {
    const Levels whole = encode(data_packet(Pid::kData0, pattern(bytes, test_seed())));
    for (std::size_t at = 8; at + 3 < whole.size(); ++at) {
      Levels flipped = whole;
      flipped[at] = flipped[at] == Line::kJ ? Line::kK : Line::kJ;
      EXPECT_EQ(out(flipped), Kind::kNone) << at;
      for (std::size_t i = at + 1; i + 3 < whole.size(); ++i)
        flipped[i] = flipped[i] == Line::kJ ? Line::kK : Line::kJ;
      EXPECT_EQ(out(flipped), Kind::kNone) << at;
    }
  }
  host().idle(5 * kMicrosecond);
  EXPECT_TRUE(bench_.received.empty());
  EXPECT_EQ(out(encode(data_packet(Pid::kData0, pattern(20, 5)))), Kind::kAck);
}

TEST_F(UsbWire, TooLongPacketsAreIgnored) {
  for (const std::size_t bytes :
       {64U, 65U, 66U, 67U, 100U, 126U, 127U, 128U, 129U, 130U, 192U, 1023U, 3000U}) {
    const Bytes data = pattern(bytes, bytes);
    const bool fits = bytes <= 64;
    EXPECT_EQ(out(encode(data_packet(Pid::kData0, data))), fits ? Kind::kAck : Kind::kNone) << bytes;
    host().idle(5 * kMicrosecond);
    EXPECT_EQ(bench_.received.size(), 64U);
  }
  for (const std::size_t bytes : {1U, 4U, 62U}) {  // tokens and handshakes with more behind them
    Bytes longer = token(Pid::kIn, 11, 1);
    const Bytes more = pattern(bytes, bytes);
    longer.insert(longer.end(), more.begin(), more.end());
    EXPECT_EQ(in(encode(longer)), Kind::kNone);
  }
  expect_request();
}

TEST_F(UsbWire, OtherPidsAreIgnored) {
  for (unsigned pid = 0; pid < 256; ++pid) {
    if (pid == static_cast<unsigned>(Pid::kIn) || pid == static_cast<unsigned>(Pid::kPre)) continue;
    Bytes packet = token(Pid::kIn, 11, 1);
    packet[0] = static_cast<std::uint8_t>(pid);
    EXPECT_EQ(in(encode(packet)), Kind::kNone) << pid;
    EXPECT_EQ(in(encode({packet[0]})), Kind::kNone) << pid;
    Bytes data = data_packet(Pid::kData0, pattern(8, pid));
    data[0] = static_cast<std::uint8_t>(pid);
    EXPECT_EQ(in(encode(data)), Kind::kNone) << pid;
  }
  expect_request();
}

TEST_F(UsbWire, DataTooLateOrWithoutATokenAreIgnored) {
  host().idle(20 * kMicrosecond);
  host().send(data_packet(Pid::kData0, {1, 2}));
  EXPECT_EQ(host().receive().kind, Kind::kNone);
  for (const int gap : {2, 7, 16}) {
    host().send(token(Pid::kOut, 11, 1));
    host().idle(gap * kBit);
    host().send(data_packet(host().out_toggle ? Pid::kData1 : Pid::kData0, {1, 2}));
    EXPECT_EQ(host().receive().kind, Kind::kAck) << gap;
    host().out_toggle = !host().out_toggle;
  }
  host().send(token(Pid::kOut, 11, 1));
  host().idle(24 * kBit);
  host().send(data_packet(Pid::kData1, {1, 2}));
  EXPECT_EQ(host().receive().kind, Kind::kNone);
  expect_request();
}

TEST_F(UsbWire, AnAcknowledgementTooLateIsNone) {
  bench_.send = words(pattern(8, 1));
  host().idle(20 * kMicrosecond);
  const Answer first = host().transact_in(1, false);
  host().idle(30 * kBit);
  host().send(handshake(Pid::kAck));
  host().idle(3 * kBit);
  const Answer again = host().transact_in(1);
  EXPECT_EQ(first.data, again.data);
  EXPECT_EQ(first.toggle, again.toggle);
}

// A repetition is the same packet, also when more has come to the buffer meanwhile.
TEST_F(UsbWire, ARepetitionIsTheSamePacket) {
  bench_.send = words(pattern(8, 1));
  host().idle(20 * kMicrosecond);
  const Answer first = host().transact_in(1, false);
  for (const std::uint32_t word : words(pattern(200, 2))) bench_.send.push_back(word);
  host().idle(50 * kMicrosecond);
  const Answer again = host().transact_in(1);
  EXPECT_EQ(first.data, again.data);
  EXPECT_EQ(host().transact_in(1).data.size(), 64U);
  bench_.send = words(pattern(64, 3));  // an empty packet, too
}

TEST_F(UsbWire, ResetTakesMoreThanAnEndOfPacket) {
  for (const Time se0 : {100, 1340, 2400}) {  // ns; two low-speed bits are 1333
    host().hold(Line::kSe0, se0 * (kMicrosecond / 1000));
    host().idle(2 * kMicrosecond);
    expect_request();
  }
  host().hold(Line::kSe0, 2800 * (kMicrosecond / 1000));
  host().idle(2 * kMicrosecond);
  EXPECT_EQ(host().transact_in(0).kind, Kind::kNone);
  host().set_address(0);
  EXPECT_EQ(host().control({0x80, 8, 0, 0, 1}).data, Bytes{0});
  EXPECT_EQ(bench_.top().configured_o, 0);
}

// The SE0 behind it goes on into a reset: the packet never ended.
TEST_F(UsbWire, ATokenThatRunsIntoAResetIsNone) {
  for (const Time se0 : {3, 5, 50}) {
    host().send_levels(encode_open(token(Pid::kIn, 0, 0)));
    host().hold(Line::kSe0, se0 * kMicrosecond);
    EXPECT_EQ(host().receive(1000).kind, Kind::kNone) << se0;
  }
  ASSERT_TRUE(host().enumerate_quick(11));
}

TEST_F(UsbWire, SuspendAfter3MsOfIdleAndResume) {
  host().idle(2900 * kMicrosecond);
  EXPECT_EQ(bench_.top().suspended_o, 0);
  host().idle(200 * kMicrosecond);
  EXPECT_EQ(bench_.top().suspended_o, 1);
  host().hold(Line::kK, 2 * kMicrosecond);
  EXPECT_EQ(bench_.top().suspended_o, 0);
  host().resume(20 * kMillisecond);  // as long as the specification has it
  EXPECT_EQ(bench_.top().suspended_o, 0);
  expect_request();
  host().idle(3100 * kMicrosecond);
  EXPECT_EQ(bench_.top().suspended_o, 1);
  ASSERT_TRUE(host().enumerate_quick(12));  // a reset out of suspend
  EXPECT_EQ(bench_.top().suspended_o, 0);
  host().options.frames = true;  // frames keep it awake
  for (int i = 0; i < 5; ++i) {
    host().transact_in(1);
    host().idle(950 * kMicrosecond);
  }
  EXPECT_EQ(bench_.top().suspended_o, 0);
}

TEST_F(UsbWire, FrameNumbers) {
  for (const unsigned frame : {0U, 1U, 0x2AAU, 0x555U, 0x7FFU}) {
    host().send(sof(frame));
    host().idle(2 * kMicrosecond);
    EXPECT_EQ(bench_.top().frame_o, frame);
    Bytes wrong = sof(frame ^ 0x10U);
    wrong[2] = static_cast<std::uint8_t>(wrong[2] ^ 0x80U);
    host().send(wrong);
    host().idle(2 * kMicrosecond);
    EXPECT_EQ(bench_.top().frame_o, frame);
  }
}

}  // namespace
}  // namespace luoshu::usb
