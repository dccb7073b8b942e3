// SPDX-License-Identifier: Apache-2.0
// The USB transport against a fake of libusb: every kind of end of a transfer, unplugged and interrupted at
// every call, and the link over it.
#include <gtest/gtest.h>

#include <numeric>

#include "link/traffic.h"
#include "luoshu/device.h"
#include "luoshu/error.h"
#include "luoshu/interrupt.h"
#include "luoshu/usb_transport.h"
#include "support/seed.h"
#include "usb_host/fake_libusb.h"
#include "usb_host/peers.h"

namespace luoshu::usb_test {
namespace {

using Clock = Transport::Clock;
using std::chrono::milliseconds;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kOut = 0x01, kIn = 0x81;
constexpr milliseconds kLong{5000};

UsbTransport::Options quick() {
  UsbTransport::Options options;
  options.drain = milliseconds(2000);
  options.teardown = milliseconds(2000);
  options.pause = milliseconds(1);
  return options;
}

class UsbTransfers : public testing::Test {
 protected:
  void SetUp() override {
    clear_interrupt();
    Fake::get().reset(test_seed());
    Fake::get().devices.emplace_back();
    board().peer = &peer;
  }
  void TearDown() override {
    clear_interrupt();
    EXPECT_EQ(Fake::get().complaints(), "");
  }
  static FakeDevice& board() { return Fake::get().devices.front(); }
  static std::unique_ptr<UsbTransport> open() { return UsbTransport::connect("usb", quick()); }
  static Bytes random(std::size_t n) {
    static std::mt19937_64 source(7);
    return link_test::random_bytes(source, n);
  }
  static void send(Transport& usb, const Bytes& data) {
    for (std::size_t n = 0; n < data.size();) {
      const std::size_t some = usb.write_some(data.data() + n, data.size() - n, Clock::now() + kLong);
      ASSERT_GT(some, 0U);
      n += some;
    }
  }
  // Waits until the peer has what was sent.
  void arrive(Transport& usb, const Bytes& data) {
    const auto until = Clock::now() + kLong;
    std::uint8_t none = 0;
    while (peer.received.size() < data.size() && Clock::now() < until)
      ASSERT_EQ(usb.read_some(&none, 1, Clock::now() + milliseconds(1)), 0U);
    EXPECT_EQ(peer.received, data);
  }
  static Bytes receive(Transport& usb, std::size_t n, std::size_t piece = 1000) {
    Bytes got;
    while (got.size() < n) {
      Bytes some(piece);
      some.resize(usb.read_some(some.data(), some.size(), Clock::now() + kLong));
      if (some.empty()) break;
      got.insert(got.end(), some.begin(), some.end());
    }
    return got;
  }
  void speak(const Bytes& data) { peer.sending.insert(peer.sending.end(), data.begin(), data.end()); }
  // What a call says.
  template <class E, class F>
  static std::string said(F&& call) {
    try {
      call();
    } catch (const E& e) {
      return e.what();
    }
    return "no such error";
  }
  PipePeer peer;
};

// Also when a board comes up at another speed than was expected, or sends packets of an odd size.
TEST_F(UsbTransfers, Pitfall21_23_BuffersAreWholePacketsAtEverySpeed) {
  for (const std::uint16_t packet : std::initializer_list<std::uint16_t>{8, 64, 512, 1024, 48}) {
    SetUp();
    board().packet = packet;
    peer = PipePeer();
    auto usb = open();
    for (const std::size_t n :
         std::initializer_list<std::size_t>{1, 47, 48, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 100000}) {
      const Bytes data = random(n);
      peer.received.clear();
      send(*usb, data);
      arrive(*usb, data);
      speak(data);
      EXPECT_EQ(receive(*usb, n), data) << n << " bytes, packets of " << packet;
    }
    EXPECT_EQ(usb->recoveries(), 0U);
    EXPECT_GE(Fake::get().peak_transfers(), 8U) << "in flight";
    EXPECT_LE(Fake::get().peak_bytes(), 1U << 20U);
    usb.reset();
    EXPECT_EQ(Fake::get().complaints(), "");
  }
}

TEST_F(UsbTransfers, ShortAndEmptyPacketsAreNormal) {
  auto usb = open();
  for (int i = 0; i < 300; ++i) {  // more than there are buffers: each burst ends one
    const Bytes data = random(static_cast<std::size_t>(i % 5) * 32);  // 128 and 64: an empty packet follows
    speak(data);
    EXPECT_EQ(receive(*usb, data.size(), 7), data);
  }
  EXPECT_EQ(usb->recoveries(), 0U);
}

TEST_F(UsbTransfers, BytesOfSeveralBurstsComeAtOnce) {
  auto usb = open();
  std::uint8_t none = 0;
  Bytes all;
  for (int i = 0; i < 4; ++i) {
    const Bytes some = random(30);
    speak(some);
    all.insert(all.end(), some.begin(), some.end());
    if (i < 3) EXPECT_EQ(usb->write_some(&none, 1, Clock::now()), 1U);  // moves the burst into its buffer
  }
  EXPECT_EQ(receive(*usb, all.size(), 45), all);
}

TEST_F(UsbTransfers, DeadlinesAgainstABoardThatRefusesForEver) {
  auto usb = open();
  Fake::get().nak_in = Fake::get().nak_out = true;
  const Bytes block(1U << 20U, 7);
  const auto start = Clock::now();
  EXPECT_EQ(usb->read_some(const_cast<std::uint8_t*>(block.data()), 1, start + milliseconds(30)), 0U);
  EXPECT_GE(Clock::now() - start, milliseconds(30));
  EXPECT_EQ(usb->read_some(const_cast<std::uint8_t*>(block.data()), 1, start), 0U);
  std::size_t queued = 0;
  const auto until = Clock::now() + milliseconds(50);
  while (const std::size_t n = usb->write_some(block.data(), block.size(), until)) queued += n;
  EXPECT_GE(Clock::now(), until);
  EXPECT_LT(Clock::now(), until + milliseconds(1000));
  EXPECT_GT(queued, 0U);
  EXPECT_LE(queued, 1U << 16U) << "what is queued for a board that takes nothing";
  EXPECT_EQ(usb->write_some(block.data(), 0, Clock::now()), 0U);
  Fake::get().nak_out = false;
  arrive(*usb, Bytes(queued, 7));
}

// Each kind of end, at each kind of place. Windows calls a halt an I/O error: the same remedy.
TEST_F(UsbTransfers, Pitfall22_RecoversFromEveryEndOfATransfer) {
  const libusb_transfer_status ends[] = {LIBUSB_TRANSFER_STALL, LIBUSB_TRANSFER_ERROR,
                                         LIBUSB_TRANSFER_TIMED_OUT, LIBUSB_TRANSFER_OVERFLOW,
                                         LIBUSB_TRANSFER_CANCELLED};
  for (const auto end : ends) {
    for (const std::uint64_t packet : std::initializer_list<std::uint64_t>{0, 1, 63, 64, 100}) {
      SetUp();
      Fake::get().faults.holes = false;
      peer = PipePeer();
      auto usb = open();
      Fake::get().inject(kOut, packet, end);
      Fake::get().inject(kIn, packet, end);
      const Bytes data = random(30000);
      send(*usb, data);
      arrive(*usb, data);
      speak(data);
      EXPECT_EQ(receive(*usb, data.size()), data) << "end " << end << " at packet " << packet;
      const bool halts = end != LIBUSB_TRANSFER_TIMED_OUT && end != LIBUSB_TRANSFER_CANCELLED;
      EXPECT_EQ(Fake::get().halts_cleared(), halts ? 2U : 0U) << end;
      EXPECT_EQ(Fake::get().injected(), 2U);
      usb.reset();
      EXPECT_EQ(Fake::get().complaints(), "");
    }
  }
}

// A halt that comes back is no endless loop, and the line says which direction.
TEST_F(UsbTransfers, GivesUpAfterTenAttempts) {
  for (const bool in : {true, false}) {
    SetUp();
    auto usb = open();
    for (std::uint64_t i = 0; i < 20; ++i)
      Fake::get().next_codes["clear_halt"].push_back(LIBUSB_ERROR_TIMEOUT);
    Fake::get().inject(in ? kIn : kOut, 0, LIBUSB_TRANSFER_STALL);
    const auto start = Clock::now();
    const std::string text = said<DeviceError>([&] {
      std::uint8_t byte = 0;
      for (int i = 0; i < 100; ++i) {
        usb->write_some(&byte, 1, Clock::now() + milliseconds(5));
        usb->read_some(&byte, 1, Clock::now() + milliseconds(5));
      }
    });
    EXPECT_NE(text.find(in ? "receiving failed" : "sending failed"), std::string::npos) << text;
    EXPECT_NE(text.find("unplug the board"), std::string::npos) << text;
    EXPECT_LT(Clock::now() - start, kLong);
    EXPECT_EQ(Fake::get().next_codes["clear_halt"].size(), 10U) << "ten attempts";
    std::uint8_t byte = 0;
    EXPECT_THROW(usb->read_some(&byte, 1, Clock::now() + kLong), DeviceError);
    EXPECT_THROW(usb->write_some(&byte, 1, Clock::now() + kLong), DeviceError);
    usb.reset();
    EXPECT_EQ(Fake::get().complaints(), "");
  }
}

TEST_F(UsbTransfers, AHaltThatComesBackIsNoEndlessLoop) {
  auto usb = open();
  Fake::get().faults.stall = 1;
  speak({1});
  std::uint8_t byte = 0;
  EXPECT_THROW(usb->read_some(&byte, 1, Clock::now() + kLong), DeviceError);
  EXPECT_LE(Fake::get().halts_cleared(), 22U);
}

// What was acknowledged is not sent again, what was not is: no byte twice, none lost.
TEST_F(UsbTransfers, Pitfall27_NothingIsSentTwice) {
  Fake::get().faults.holes = false;
  auto usb = open();
  const Bytes data = random(60000);
  for (const std::uint64_t packet : std::initializer_list<std::uint64_t>{3, 70, 200, 201, 500})
    Fake::get().inject(kOut, packet, LIBUSB_TRANSFER_STALL);
  for (const std::uint64_t packet : std::initializer_list<std::uint64_t>{10, 90, 300})
    Fake::get().inject(kOut, packet, LIBUSB_TRANSFER_TIMED_OUT);
  send(*usb, data);
  arrive(*usb, data);
  EXPECT_EQ(usb->recoveries(), 8U);
}

TEST_F(UsbTransfers, LateAndUnorderedCallbacks) {
  Fake::get().faults.shuffle = true;
  Fake::get().faults.holes = false;
  Fake::get().faults.late_cancel = 1;
  auto usb = open();
  const Bytes data = random(200000);
  for (std::uint64_t packet = 20; packet < 3000; packet += 97) {
    Fake::get().inject(kOut, packet, LIBUSB_TRANSFER_STALL);
    Fake::get().inject(kIn, packet, LIBUSB_TRANSFER_ERROR);
  }
  send(*usb, data);
  arrive(*usb, data);
  speak(data);
  EXPECT_EQ(receive(*usb, data.size()), data);
}

// Neither a recovery nor the end waits for ever for what was taken back.
TEST_F(UsbTransfers, WhatNeverComesBackIsGivenUp) {
  UsbTransport::Options soon = quick();
  soon.drain = soon.teardown = milliseconds(200);
  auto usb = UsbTransport::connect("usb", soon);
  Fake::get().keep_cancelled = true;
  Fake::get().nak_out = true;
  const Bytes block(20000, 1);
  send(*usb, block);
  Fake::get().inject(kIn, 0, LIBUSB_TRANSFER_STALL);
  speak({1});
  Fake::get().nak_in = false;
  std::uint8_t byte = 0;
  // The first comes back with a halt; the fake then answers all others with it, so nothing is left there.
  EXPECT_EQ(usb->read_some(&byte, 1, Clock::now() + kLong), 1U);
  Fake::get().nak_out = false;
  Fake::get().inject(kOut, 0, LIBUSB_TRANSFER_TIMED_OUT);
  Fake::get().faults.holes = false;  // those behind it stay
  auto start = Clock::now();
  const std::string text = said<DeviceError>([&] { usb->read_some(&byte, 1, start + kLong); });
  EXPECT_NE(text.find("did not come"), std::string::npos) << text;
  EXPECT_LT(Clock::now() - start, kLong);
  start = Clock::now();
  usb.reset();
  EXPECT_GE(Clock::now() - start, milliseconds(190));
  EXPECT_LT(Clock::now() - start, kLong);
}

TEST_F(UsbTransfers, LittleMemoryOfTheKernelMeansFewerTransfers) {
  Fake::get().most_in_flight = 3;
  auto usb = open();
  const Bytes data = random(50000);
  // Two for one direction, one for the other.
  speak(data);
  EXPECT_EQ(receive(*usb, data.size()), data);
  Fake::get().most_in_flight = 4;
  send(*usb, data);
  arrive(*usb, data);
}

TEST_F(UsbTransfers, NoMemoryOfTheKernelIsToldWithTheRemedy) {
  Fake::get().most_in_flight = 0;
  auto usb = open();
  std::uint8_t byte = 0;
  const std::string text = said<DeviceError>([&] { usb->read_some(&byte, 1, Clock::now() + kLong); });
  EXPECT_NE(text.find("usbfs_memory_mb"), std::string::npos) << text;
}

TEST_F(UsbTransfers, WaitingThatFails) {
  auto usb = open();
  for (int i = 0; i < 3; ++i) Fake::get().next_codes["handle_events"].push_back(LIBUSB_ERROR_IO);
  for (int i = 0; i < 50; ++i) Fake::get().next_codes["handle_events"].push_back(LIBUSB_ERROR_INTERRUPTED);
  speak({42});
  EXPECT_EQ(receive(*usb, 1), Bytes{42});
  Fake::get().faults.events_error = 1;
  std::uint8_t byte = 0;
  EXPECT_THROW(usb->read_some(&byte, 1, Clock::now() + kLong), DeviceError);
  Fake::get().faults.events_error = 0;
}

// What had come is delivered, then the line; every later call says it again, at once.
TEST_F(UsbTransfers, Pitfall24_UnpluggedIsOneLine) {
  auto usb = open();
  speak({1, 2, 3});
  std::uint8_t byte = 9;
  ASSERT_EQ(usb->read_some(&byte, 1, Clock::now() + kLong), 1U);
  Fake::get().unplug();
  ASSERT_EQ(usb->read_some(&byte, 1, Clock::now() + kLong), 1U);
  ASSERT_EQ(usb->read_some(&byte, 1, Clock::now() + kLong), 1U);
  EXPECT_EQ(byte, 3);
  const auto start = Clock::now();
  for (int i = 0; i < 3; ++i) {
    const std::string text = said<DisconnectedError>([&] { usb->read_some(&byte, 1, Clock::now() + kLong); });
    EXPECT_EQ(text, "usb:0123456789ABCDEF: the board was unplugged; plug it in and start again");
    EXPECT_THROW(usb->write_some(&byte, 1, Clock::now() + kLong), DisconnectedError);
  }
  EXPECT_LT(Clock::now() - start, kLong);
  usb->close();
  EXPECT_THROW(usb->read_some(&byte, 1, Clock::now()), DisconnectedError);
  EXPECT_THROW(usb->write_some(&byte, 1, Clock::now()), DisconnectedError);
  usb->close();
}

// Told by a transfer alone, whatever the calls say.
TEST_F(UsbTransfers, UnpluggedIsToldByATransfer) {
  for (const std::uint8_t endpoint : {kIn, kOut}) {
    SetUp();
    auto usb = open();
    Fake::get().inject(endpoint, 0, LIBUSB_TRANSFER_NO_DEVICE);
    std::uint8_t byte = 0;
    const auto both = [&] {
      usb->write_some(&byte, 1, Clock::now() + milliseconds(10));
      usb->read_some(&byte, 1, Clock::now() + milliseconds(10));
      usb->read_some(&byte, 1, Clock::now() + milliseconds(10));
    };
    EXPECT_NE(said<DisconnectedError>(both).find("was unplugged"), std::string::npos);
    usb.reset();
    EXPECT_EQ(Fake::get().complaints(), "");
  }
}

// After an end in the middle of a halt the next user gets the board.
TEST_F(UsbTransfers, Pitfall26_EndedDuringARecoveryTheBoardIsFree) {
  for (int round = 0; round < 20; ++round) {
    auto usb = open();
    Fake::get().inject(kIn, static_cast<std::uint64_t>(round), LIBUSB_TRANSFER_STALL);
    Fake::get().inject(kOut, static_cast<std::uint64_t>(round), LIBUSB_TRANSFER_STALL);
    usb->write_some(random(40000).data(), 40000, Clock::now());
    std::uint8_t byte = 0;
    for (int i = 0; i < round; ++i) usb->read_some(&byte, 1, Clock::now());
    usb.reset();
    EXPECT_EQ(Fake::get().complaints(), "");
  }
  peer.received.clear();
  auto usb = open();
  const Bytes data = random(1000);
  send(*usb, data);
  // An endpoint that an earlier user left halted is cleared.
  const auto until = Clock::now() + kLong;
  std::uint8_t byte = 0;
  while (peer.received.size() < data.size() && Clock::now() < until)
    usb->read_some(&byte, 1, Clock::now() + milliseconds(1));
  EXPECT_EQ(peer.received, data);
}

// ---------------------------------------------------------------- the link over it

class UsbLink : public testing::Test {
 protected:
  static constexpr std::size_t kMemory = 1U << 14U;
  void SetUp() override { fresh(test_seed()); }
  void TearDown() override {
    clear_interrupt();
    EXPECT_EQ(Fake::get().complaints(), "");
  }
  void fresh(std::uint64_t seed) {
    clear_interrupt();
    Fake::get().reset(seed);
    peer = std::make_unique<LinkPeer>(kMemory);
    Fake::get().devices.emplace_back();
    Fake::get().devices.front().peer = peer.get();
  }
  static Device device() {
    LinkOptions link;
    link.retry = milliseconds(5);
    link.give_up = milliseconds(3000);
    return Device(UsbTransport::connect("usb", quick()), link);
  }
  link_test::FarSide far() {
    link_test::FarSide side;
    side.memory_bytes = kMemory;
    side.reg_base = link_test::BenchServices::kRegBase;
    side.regs = 1024;
    side.push_event = [this](const std::vector<std::uint32_t>& words) {
      return peer->model.push_event(words);
    };
    side.stall_mailbox = [this](unsigned n) { peer->services.mailbox_stalls = n; };
    side.messages = [this]() -> const std::vector<std::vector<std::uint32_t>>& {
      return peer->services.messages;
    };
    return side;
  }
  // A short job: open, write, read back, an event; with a halt in each direction in the middle.
  void job() {
    Fake::get().inject(kIn, 5, LIBUSB_TRANSFER_STALL);
    Fake::get().inject(kOut, 20, LIBUSB_TRANSFER_STALL);
    Device board = device();
    std::mt19937_64 random(3);
    const Bytes data = link_test::random_bytes(random, 6000);
    board.write_memory(100, data.data(), data.size());
    Bytes back(data.size());
    board.read_memory(100, back.data(), back.size());
    EXPECT_EQ(back, data);
    ASSERT_TRUE(peer->model.push_event({5}));
    EXPECT_EQ(board.wait_event(milliseconds(3000)), std::vector<std::uint32_t>{5});
  }
  std::unique_ptr<LinkPeer> peer;
};

TEST_F(UsbLink, CleanTraffic) {
  std::mt19937_64 random(test_seed());
  Device board = device();
  EXPECT_EQ(run_traffic(board, far(), random, 1000, 20000).wrong, 0U);
  EXPECT_EQ(board.statistics().bytes_skipped, 0U);
}

// Unplugged before each call of libusb in turn: one error, soon, and nothing is left behind.
TEST_F(UsbLink, UnpluggedAtEveryCall) {
  job();
  const std::uint64_t all = Fake::get().calls();
  ASSERT_GT(all, 50U);
  std::uint64_t disconnected = 0, absent = 0;
  for (std::uint64_t at = 1; at <= all; ++at) {
    fresh(test_seed());
    Fake::get().on_call = [&](std::uint64_t call) {
      if (call == at) Fake::get().unplug();
    };
    const auto start = Clock::now();
    try {
      job();
    } catch (const DisconnectedError&) {
      ++disconnected;
    } catch (const DeviceError& error) {  // before it was claimed
      ++absent;
      EXPECT_LE(at, 20U) << error.what();
    }
    EXPECT_LT(Clock::now() - start, kLong) << "call " << at;
    ASSERT_EQ(Fake::get().complaints(), "") << "call " << at;
  }
  EXPECT_GT(disconnected, 20U);
  EXPECT_GT(absent, 3U);
}

// Ctrl-C at each call in turn: the exception that ends the verb, and every transfer is taken back.
TEST_F(UsbLink, InterruptedAtEveryCall) {
  job();
  const std::uint64_t all = Fake::get().calls();
  std::uint64_t interrupted = 0;
  for (std::uint64_t at = 1; at <= all; ++at) {
    fresh(test_seed());
    Fake::get().faults.late_cancel = 0.5;
    Fake::get().on_call = [&](std::uint64_t call) {
      if (call == at) request_interrupt();
    };
    try {
      job();
    } catch (const InterruptedError&) {
      ++interrupted;
    }
    ASSERT_EQ(Fake::get().complaints(), "") << "call " << at;
  }
  EXPECT_GT(interrupted, 20U);
}

// Every error that a call can have, at every call.
TEST_F(UsbLink, AnErrorAtEveryCall) {
  job();
  const std::uint64_t all = Fake::get().calls();
  const char* const kNames[] = {"submit_transfer",
                                "cancel_transfer",
                                "clear_halt",
                                "handle_events",
                                "alloc_transfer",
                                "get_device_descriptor",
                                "get_active_config_descriptor",
                                "release_interface"};
  for (const int code : {LIBUSB_ERROR_IO, LIBUSB_ERROR_NO_MEM, LIBUSB_ERROR_OTHER}) {
    for (const char* name : kNames) {
      for (std::size_t nth = 0; nth < 12 && nth < all; ++nth) {
        fresh(test_seed());
        Fake::get().next_codes[name] = std::deque<int>(nth, 0);
        Fake::get().next_codes[name].push_back(code);
        const auto start = Clock::now();
        try {
          job();
        } catch (const DeviceError&) {  // of the calls that open
        }
        EXPECT_LT(Clock::now() - start, kLong) << name << " " << nth;
        ASSERT_EQ(Fake::get().complaints(), "") << name << " " << nth << " code " << code;
      }
    }
  }
}

struct FaultCase {
  const char* name;
  Faults faults;
};

std::ostream& operator<<(std::ostream& stream, const FaultCase& c) {
  return stream << c.name;
}

Faults with(double Faults::*what, double probability) {
  Faults faults;
  faults.*what = probability;
  return faults;
}

Faults all_kinds() {
  Faults faults;
  faults.stall = faults.error = faults.loose_error = faults.timeout = faults.overflow = faults.short_out =
      0.002;
  faults.cancelled = 0.002;
  faults.nak = faults.late_cancel = 0.1;
  faults.no_memory = faults.submit_error = faults.clear_error = 0.05;
  faults.events_error = 0.01;
  faults.shuffle = true;
  return faults;
}

class UsbFaults : public UsbLink, public testing::WithParamInterface<FaultCase> {};

// Random traffic: the link makes good what the wire lost, and no byte is wrong.
TEST_P(UsbFaults, NoWrongByte) {
  const std::uint64_t seed = test_seed();
  std::mt19937_64 random(seed);
  Device board = device();
  Fake::get().faults = GetParam().faults;
  const link_test::TrafficResult result = run_traffic(board, far(), random, 400, 6000);
  Fake::get().faults = Faults();
  EXPECT_EQ(result.wrong, 0U);
  EXPECT_GT(Fake::get().injected(), 20U);
  EXPECT_GT(Fake::get().transfers(), 500U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, UsbFaults,
                         testing::Values(FaultCase{"stall", with(&Faults::stall, 0.01)},
                                         FaultCase{"error", with(&Faults::error, 0.01)},
                                         FaultCase{"loose_error", with(&Faults::loose_error, 0.01)},
                                         FaultCase{"timeout", with(&Faults::timeout, 0.01)},
                                         FaultCase{"overflow", with(&Faults::overflow, 0.01)},
                                         FaultCase{"short_out", with(&Faults::short_out, 0.03)},
                                         FaultCase{"nak", with(&Faults::nak, 0.5)},
                                         FaultCase{"no_memory", with(&Faults::no_memory, 0.1)},
                                         FaultCase{"submit_error", with(&Faults::submit_error, 0.1)},
                                         FaultCase{"cancelled", with(&Faults::cancelled, 0.01)},
                                         FaultCase{"all", all_kinds()}),
                         [](const auto& info) { return info.param.name; });

// Where no packet is lost on the wire the transport itself loses none, without the link's help.
TEST_F(UsbTransfers, TheStreamIsExactUnderFaults) {
  Faults faults = all_kinds();
  faults.loose_error = faults.overflow = 0;
  faults.holes = false;
  std::mt19937_64 random_source(test_seed());
  auto usb = open();
  Fake::get().faults = faults;
  const Bytes out = random(3000000), in = random(3000000);
  Bytes got;
  std::size_t sent = 0, spoken = 0;
  const auto until = Clock::now() + std::chrono::seconds(60);
  while ((sent < out.size() || got.size() < in.size() || peer.received.size() < out.size()) &&
         Clock::now() < until) {
    const std::size_t burst = std::min<std::size_t>(in.size() - spoken, random_source() % 3000);
    peer.sending.insert(peer.sending.end(), in.begin() + static_cast<std::ptrdiff_t>(spoken),
                        in.begin() + static_cast<std::ptrdiff_t>(spoken + burst));
    spoken += burst;
    const std::size_t piece = std::min<std::size_t>(out.size() - sent, 1 + random_source() % 9000);
    sent += usb->write_some(out.data() + sent, piece, Clock::now());
    Bytes some(1 + random_source() % 9000);
    some.resize(usb->read_some(some.data(), some.size(), Clock::now() + milliseconds(1)));
    got.insert(got.end(), some.begin(), some.end());
  }
  EXPECT_EQ(got == in, true);
  EXPECT_EQ(peer.received == out, true);
  EXPECT_GT(usb->recoveries(), 50U);
  EXPECT_GT(Fake::get().transfers(), 2000U);
}

// The end at any moment under faults: everything comes back, also what is taken back late.
TEST_F(UsbTransfers, EndsAtAnyMoment) {
  std::mt19937_64 random_source(test_seed());
  for (int round = 0; round < 200; ++round) {
    SetUp();
    peer = PipePeer();
    speak(random(20000));
    auto usb = open();
    Fake::get().faults = all_kinds();
    Fake::get().faults.late_cancel = 0.8;
    const Bytes data = random(20000);
    try {
      for (std::uint64_t step = random_source() % 12; step > 0; --step) {
        Bytes some(5000);
        usb->write_some(data.data(), 1 + random_source() % data.size(), Clock::now());
        usb->read_some(some.data(), some.size(), Clock::now());
      }
      if (random_source() % 4 == 0) Fake::get().unplug();
    } catch (const DeviceError&) {
    }
    usb.reset();
    ASSERT_EQ(Fake::get().complaints(), "") << "round " << round;
  }
}

}  // namespace
}  // namespace luoshu::usb_test
