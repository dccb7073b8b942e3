// SPDX-License-Identifier: Apache-2.0
// The simulated memory: its timing (cycles that bursts take, counted beat by beat, and what --memory
// accepts), its rules, errors and stalls on request, and what reads see of writes.
#include "memory.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "luoshu/error.h"

namespace {

using namespace luoshu;

constexpr unsigned kBeat = 32;
constexpr unsigned kBurst = 64;  // beats
const Configuration& lab() {
  return configuration("lab");
}

AxiOutputs::Address burst(std::uint32_t address, unsigned beats, unsigned client) {
  AxiOutputs::Address a;
  a.valid = true;
  a.address = address;
  a.len = beats - 1;
  a.size = 5;
  a.user = client;
  return a;
}

// Cycles from the first request to the last beat of `bursts` reads that follow each other in memory, at most
// four outstanding.
std::uint64_t read_cycles(const std::string& memory, unsigned bursts, std::uint32_t start = 0) {
  SparseMemory bytes(std::uint64_t{64} << 20);
  AxiMemory port(bytes, kBeat, memory_timing(memory, lab()), 0);
  port.cycle({});
  unsigned asked = 0;
  unsigned beats = 0;
  std::uint64_t cycles = 0;
  while (beats < bursts * kBurst && cycles < 10000000) {
    AxiOutputs out;
    if (port.inputs().r_valid) ++beats;
    if (asked < bursts && asked < beats / kBurst + 4) {
      out.ar = burst(start + asked * kBurst * kBeat, kBurst, kReadWeights);
      if (port.inputs().ar_ready) ++asked;
    }
    port.cycle(out);
    ++cycles;
  }
  EXPECT_EQ(port.bytes_read(kReadWeights), std::uint64_t{beats} * kBeat);
  return cycles;
}

TEST(Memory, IdealMovesABeatPerCycle) {
  EXPECT_EQ(read_cycles("ideal", 100), 100 * kBurst + 1);
  EXPECT_EQ(read_cycles("latency30", 100), 100 * kBurst + 30);
  EXPECT_EQ(read_cycles("ideal,latency=5", 100), 100 * kBurst + 5);
}

TEST(Memory, ShareIsExact) {
  EXPECT_NEAR(static_cast<double>(read_cycles("ideal,share=0.8", 100)), 100 * kBurst / 0.8, 3);
  EXPECT_NEAR(static_cast<double>(read_cycles("ideal,share=0.23", 100)), 100 * kBurst / 0.23, 6);
  EXPECT_EQ(read_cycles("ideal,share=1", 100), read_cycles("ideal", 100));
}

// A manager that offers what it is told until it is taken.
class Port : public testing::Test {
 protected:
  explicit Port(const std::string& timing = "ideal,latency=3")
      : bytes_(1 << 20), port_(bytes_, kBeat, memory_timing(timing, lab()), 0) {
    port_.cycle({});
  }
  AxiOutputs beat(std::uint8_t value, bool last) {
    data_.fill(value);
    AxiOutputs out;
    out.w_valid = true;
    out.w_last = last;
    out.w_data = data_.data();
    out.w_strb = strobes_.data();
    return out;
  }
  // One burst of writes, address with its first beat; returns when the answer comes, with it.
  unsigned write(std::uint32_t address, unsigned beats, std::uint8_t value, unsigned client = kWriteKv) {
    send(address, beats, value, client);
    return wait_b();
  }
  void send(std::uint32_t address, unsigned beats, std::uint8_t value, unsigned client = kWriteKv) {
    bool asked = false;
    for (unsigned sent = 0; sent < beats || !asked;) {
      AxiOutputs out = sent < beats ? beat(value, sent + 1 == beats) : AxiOutputs();
      if (!asked) out.aw = burst(address, beats, client);
      const AxiInputs in = port_.inputs();
      port_.cycle(out);
      ++cycles_;
      asked |= in.aw_ready;
      if (out.w_valid && in.w_ready) ++sent;
      ASSERT_LT(cycles_, 100000u);
    }
  }
  unsigned wait_b() {
    while (!port_.inputs().b_valid && ++cycles_ < 100000) port_.cycle({});
    const unsigned resp = port_.inputs().b_resp;
    port_.cycle({});
    return resp;
  }
  void ask(std::uint32_t address, unsigned beats, unsigned client = kReadKv) {
    AxiOutputs out;
    out.ar = burst(address, beats, client);
    bool taken = false;
    while (!taken && ++cycles_ < 100000) {
      taken = port_.inputs().ar_ready;
      port_.cycle(out);
    }
  }
  // {first byte, response} of the next beat.
  std::pair<unsigned, unsigned> wait_r() {
    while (!port_.inputs().r_valid && ++cycles_ < 100000) port_.cycle({});
    const std::pair<unsigned, unsigned> beat{*port_.inputs().r_data, port_.inputs().r_resp};
    port_.cycle({});
    return beat;
  }
  // The rule that the memory says is broken.
  template <class F>
  std::string broken(F&& act) {
    try {
      act();
    } catch (const AxiViolation& e) {
      return e.rule();
    }
    return "none";
  }
  SparseMemory bytes_;
  AxiMemory port_;
  std::array<std::uint8_t, kBeat> data_{};
  std::array<std::uint8_t, kBeat / 8> strobes_{0xff, 0xff, 0xff, 0xff};
  unsigned cycles_ = 0;
};

class HalfPort : public Port {
 protected:
  HalfPort() : Port("ideal,share=0.5") {}
};

TEST_F(HalfPort, WritesTakeBeatsOfAShare) {
  for (std::uint32_t i = 0; i < 10; ++i) send(i * kBeat, 1, 1);
  ask(0, 1);
  int cycles = 0;
  while (!port_.inputs().r_valid && cycles < 100) {
    port_.cycle({});
    ++cycles;
  }
  EXPECT_GE(cycles, 8);  // ten beats at half speed; eleven cycles have passed, a beat was saved up
  EXPECT_LE(cycles, 13);
  EXPECT_EQ(port_.inputs().r_data[0], 1);
}

TEST_F(Port, ReadSeesAWriteOnlyAfterItsAnswer) {
  EXPECT_EQ(write(64, 4, 7), 0u);
  ask(96, 1);
  EXPECT_EQ(wait_r().first, 7u);
  port_.hold(kAxiB, 30);
  send(64, 4, 9);
  ask(128, 2);  // the answer is still owed
  EXPECT_EQ(wait_r().first, 7u);
  EXPECT_EQ(wait_r().first, 7u);
  wait_b();
  ask(128, 2);
  EXPECT_EQ(wait_r().first, 9u);
  EXPECT_EQ(wait_r().first, 9u);
  EXPECT_EQ(port_.write_bursts(kWriteKv), 2u);
  EXPECT_EQ(port_.bytes_written(kWriteKv), 2u * 4 * kBeat);
}

TEST_F(Port, StrobesSelectBytes) {
  write(0, 1, 1);
  strobes_ = {0x80, 0, 0x01, 0};
  write(0, 1, 2);
  for (unsigned i = 0; i < kBeat; ++i) EXPECT_EQ(bytes_.data()[i], i == 7 || i == 16 ? 2 : 1) << i;
}

TEST_F(Port, DataMayComeOneBeatBeforeTheirAddress) {
  port_.cycle(beat(5, true));
  EXPECT_FALSE(port_.inputs().w_ready);
  AxiOutputs out;
  out.aw = burst(32, 1, kWriteLink);
  port_.cycle(out);
  EXPECT_EQ(wait_b(), 0u);
  EXPECT_EQ(bytes_.data()[32], 5);
}

TEST_F(Port, ErrorsOnRequest) {
  AxiFault fault;
  fault.client = kReadKv;
  fault.skip = 2;
  fault.count = 2;
  fault.response = 3;
  port_.fail(fault);
  ask(0, 1, kReadWeights);
  EXPECT_EQ(wait_r().second, 0u);
  ask(0, 5, kReadKv);
  for (const unsigned expected : {0u, 0u, 3u, 3u, 0u}) EXPECT_EQ(wait_r().second, expected);
  fault = {};
  fault.write = true;
  fault.first_address = 96;
  fault.end_address = 128;
  port_.fail(fault);
  EXPECT_EQ(write(0, 3, 1), 0u);
  EXPECT_EQ(write(0, 4, 2), 2u);   // touches it
  EXPECT_EQ(bytes_.data()[0], 1);  // and changes nothing
  EXPECT_EQ(write(0, 4, 3), 0u);
  EXPECT_EQ(bytes_.data()[96], 3);
  EXPECT_EQ(write((1 << 20) - 32, 1, 3), 0u);
  EXPECT_EQ(write(1 << 20, 1, 3), 3u);  // beyond memory
  ask(1 << 20, 1);
  EXPECT_EQ(wait_r().second, 3u);
  EXPECT_EQ(port_.errors(), 5u);
  port_.fail_randomly(0.25, 3);
  unsigned failed = 0;
  for (unsigned i = 0; i < 400; ++i) {
    ask(0, 1);
    failed += wait_r().second != 0 ? 1 : 0;
  }
  EXPECT_NEAR(failed, 100, 30);
  port_.clear_faults();
  EXPECT_EQ(write(0, 1, 3), 0u);
}

TEST_F(Port, EachChannelStandsStillAlone) {
  for (unsigned c = 0; c < kAxiChannels; ++c) {
    const auto channel = static_cast<AxiChannel>(c);
    port_.hold(channel, 50);
    port_.cycle({});
    const unsigned before = cycles_;
    const bool writes = channel == kAxiAw || channel == kAxiW || channel == kAxiB;
    write(0, 2, 1);
    const unsigned of_write = cycles_ - before;
    ask(0, 2);
    wait_r();
    wait_r();
    EXPECT_EQ(of_write > 40, writes) << c;
    if (!writes) {
      EXPECT_GT(cycles_ - before, 40u) << c;
    }
    port_.stall(channel, 0.75);
    unsigned taken = 0;
    for (int i = 0; i < 400; ++i) {
      taken += channel == kAxiAr && port_.inputs().ar_ready;
      taken += channel == kAxiAw && port_.inputs().aw_ready;
      taken += channel == kAxiW && port_.inputs().w_ready;
      port_.cycle({});
    }
    if (channel == kAxiAr || channel == kAxiAw || channel == kAxiW) {
      EXPECT_NEAR(taken, 100, 40) << c;
    }
    port_.stall(channel, 0);
  }
}

TEST_F(Port, ResetForgetsWhatWasInFlight) {
  send(0, 2, 1);
  ask(64, 4);
  port_.reset();
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(port_.inputs().r_valid || port_.inputs().b_valid);
    port_.cycle({});
  }
  EXPECT_EQ(bytes_.data()[0], 0);
  EXPECT_EQ(write(0, 2, 4), 0u);
  EXPECT_EQ(bytes_.data()[32], 4);
}

// Each rule, broken: the memory names it.
TEST_F(Port, NamesBrokenRules) {
  const auto with_read = [&](void (*change)(AxiOutputs::Address&)) {
    SparseMemory bytes(1 << 20);
    AxiMemory port(bytes, kBeat, memory_timing("ideal", lab()), 0);
    port.cycle({});
    AxiOutputs out;
    out.ar = burst(4096 - 2 * kBeat, 2, kReadKv);
    change(out.ar);
    return broken([&] { port.cycle(out); });
  };
  EXPECT_EQ(with_read([](AxiOutputs::Address&) {}), "none");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.id = 1; }), "id");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.size = 4; }), "size");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.burst = 0; }), "burst");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.lock = 1; }), "attributes");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.cache = 2; }), "attributes");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.prot = 1; }), "attributes");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.qos = 1; }), "attributes");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.address += 4; }), "aligned");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.len = 2; }), "page");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.len = 64; }), "length");
  EXPECT_EQ(with_read([](AxiOutputs::Address& a) { a.user = 5; }), "client");
  AxiOutputs out;
  out.aw = burst(0, 17, kWriteKv);
  EXPECT_EQ(broken([&] { port_.cycle(out); }), "length");
  out.aw = burst(0, 1, 3);
  EXPECT_EQ(broken([&] { port_.cycle(out); }), "client");
  out = beat(1, false);
  out.aw = burst(0, 1, kWriteKv);
  EXPECT_EQ(broken([&] { port_.cycle(out); }), "last");
  port_.reset();
  EXPECT_EQ(broken([&] { port_.cycle(out); }), "reset");
  port_.cycle({});
  out = beat(1, true);
  out.aw = burst(0, 2, kWriteKv);
  EXPECT_EQ(broken([&] { port_.cycle(out); }), "last");
  port_.reset();
  port_.cycle({});
  port_.cycle(beat(1, false));  // before its address, which says that it is the last
  out = {};
  out.aw = burst(0, 1, kWriteKv);
  EXPECT_EQ(broken([&] { port_.cycle(out); }), "last");
  port_.reset();
  port_.cycle({});
  ask(0, 1);
  while (!port_.inputs().r_valid) port_.cycle({});
  out = {};
  out.r_ready = false;
  EXPECT_EQ(broken([&] { port_.cycle(out); }), "ready");
}

TEST_F(Port, OffersMustBeStable) {
  const auto changed = [&](AxiChannel channel, AxiOutputs first, AxiOutputs second) {
    port_.reset();
    port_.cycle({});
    port_.hold(channel, 10);
    port_.cycle({});
    first.w_strb = second.w_strb = strobes_.data();
    port_.cycle(first);
    return broken([&] { port_.cycle(second); });
  };
  AxiOutputs a, b;
  a.ar = b.ar = burst(0, 1, kReadKv);
  EXPECT_EQ(changed(kAxiAr, a, b), "none");
  EXPECT_EQ(changed(kAxiAr, a, {}), "stable");
  b.ar.address = 32;
  EXPECT_EQ(changed(kAxiAr, a, b), "stable");
  a = b = {};
  a.aw = b.aw = burst(0, 1, kWriteKv);
  b.aw.len = 1;
  EXPECT_EQ(changed(kAxiAw, a, b), "stable");
  EXPECT_EQ(changed(kAxiAw, a, {}), "stable");
  std::array<std::uint8_t, kBeat> one{}, other{};
  other[31] = 1;
  a = b = {};
  a.w_valid = b.w_valid = true;
  a.w_data = b.w_data = one.data();
  EXPECT_EQ(changed(kAxiW, a, b), "none");
  b.w_last = true;
  EXPECT_EQ(changed(kAxiW, a, b), "stable");
  b.w_last = false;
  b.w_data = other.data();
  EXPECT_EQ(changed(kAxiW, a, b), "stable");
  EXPECT_EQ(changed(kAxiW, a, {}), "stable");
}

// 6400 beats, a pause of 20 cycles in every 1000.
TEST(Memory, RefreshPauses) {
  const std::uint64_t expected = 100 * kBurst + 1 + 100 * kBurst / 980 * 20;
  EXPECT_EQ(read_cycles("ideal,refresh_interval=1000,refresh_cycles=20", 100), expected);
}

// 100 bursts of 2 KiB are 200 rows of 1 KiB, and one that is closed by nothing stays open.
TEST(Memory, RowsCostOnceEach) {
  EXPECT_EQ(read_cycles("ideal,row_bytes=1024,row_miss=7", 100), 100 * kBurst + 1 + 200 * 7);
  EXPECT_EQ(read_cycles("ideal,row_bytes=65536,row_miss=7", 16), 16 * kBurst + 1 + 7);
  EXPECT_EQ(read_cycles("ideal,row_bytes=65536,row_miss=7,banks=4", 32 * 4), 32 * 4 * kBurst + 1 + 4 * 7);
}

TEST(Memory, StallsAreAShareOfCycles) {
  const auto cycles = static_cast<double>(read_cycles("ideal,stalls=0.25", 400));
  EXPECT_NEAR(400 * kBurst / cycles, 0.75, 0.02);
  EXPECT_EQ(read_cycles("ideal,stalls=0.25", 10), read_cycles("ideal,stalls=0.25", 10));
}

TEST(Memory, BoardsFollowTheirArithmetic) {
  const MemoryTiming nano = memory_timing("tang-nano-20k", configuration("nano"));  // 8 bytes at 54 MHz
  EXPECT_DOUBLE_EQ(nano.share, 400.0 / (8 * 54));
  EXPECT_EQ(nano.latency, 6u);                                 // 100 ns
  EXPECT_EQ(nano.row_miss, 3u);                                // 40 ns
  EXPECT_EQ(nano.refresh_interval, 843u);                      // 15.6 us
  EXPECT_EQ(nano.refresh_cycles, 4u);                          // 70 ns
  const MemoryTiming ulx = memory_timing("ulx3s-85f", lab());  // 32 bytes at 50 MHz
  EXPECT_DOUBLE_EQ(ulx.share, 266.0 / 1600);
  EXPECT_DOUBLE_EQ(memory_timing("tang-mega-138k", lab()).share, 1);
  for (const std::string& name : memory_names()) {
    for (const Configuration& c : configurations()) EXPECT_EQ(memory_timing(name, c).name, name);
  }
}

TEST(Memory, RefusesOtherModels) {
  for (const char* text : {"", "dream", "ideal,", "ideal,share", "ideal,share=", "ideal,share=0",
                           "ideal,share=1.5", "ideal,share=nan", "ideal,share=0.5x", "ideal,latency=0",
                           "ideal,latency=-1", "ideal,latency=1.5", "ideal,latency=1e9", "ideal,stalls=1",
                           "ideal,width=3", "ideal,refresh_cycles=9,refresh_interval=9", "ideal,,"}) {
    EXPECT_THROW(memory_timing(text, lab()), InputError) << text;
  }
}

}  // namespace
