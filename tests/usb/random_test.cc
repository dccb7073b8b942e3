// SPDX-License-Identifier: Apache-2.0
// Transfers under faults of every kind at random points: bit errors, lost packets and handshakes, noise,
// low-speed traffic, resets (also within a packet), suspend, unplugging, halts, new configurations. No byte
// is wrong, lost or doubled, and afterwards everything works. LUOSHU_USB_STEPS sets the number of
// transactions.
#include <cstdlib>

#include "usb/usb_bench.h"

namespace luoshu::usb {
namespace {

using Kind = Answer::Kind;

constexpr int kDefaultSteps = 4000;

class RandomTraffic {
 public:
  RandomTraffic(std::uint64_t seed, Time core_period, const UsbHost::Options& options)
      : rng_(seed), bench_(core_period, static_cast<Time>(seed % 1000), options), host_(bench_.host) {
    host_.mutate = [this](Levels& levels, Pid) { spoil(levels); };
    host_.lose = [this](const Answer&) { return faults_ && draw(20); };
  }

  void run(int steps) {
    enumerate();
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      SCOPED_TRACE(::testing::Message() << "step " << i);
      faults_ = true;
      feed();
      const std::uint64_t what = rng_() % 1000;
      if (what < 430)
        step_out();
      else if (what < 860)
        step_in();
      else if (what < 910)
        step_request();
      else if (what < 930)
        step_noise();
      else if (what < 950)
        step_low_speed();
      else if (what < 976)
        host_.idle(static_cast<Time>(rng_() % 100) * kMicrosecond);
      else if (what < 979)
        step_suspend();
      else if (what < 984)
        step_reset();
      else if (what < 987)
        step_reset_in_packet();
      else if (what < 989)
        step_unplug();
      else if (what < 994)
        step_halt();
      else
        step_toggles();
    }
    finish();
    std::printf(
        "%d steps: %zu bytes out, %zu in; %llu spoilt packets, %llu resets, %llu suspends, %llu halts, "
        "%llu repetitions in, %llu timeouts of requests; %.1f ms of bus\n",
        steps, bench_.received.size(), got_, spoilt_, resets_, suspends_, halts_, repetitions_, timeouts_,
        static_cast<double>(host_.now()) / kMillisecond);
  }

 private:
  bool draw(unsigned one_in) { return rng_() % one_in == 0; }

  // ---------------------------------------------------------------- faults
  void spoil(Levels& levels) {
    if (!faults_ || !draw(15)) return;
    const Levels original = levels;
    const std::optional<Bytes> meant = decode_packet(original);
    for (;;) {
      Levels bad = original;
      const std::size_t at = rng_() % bad.size();
      switch (rng_() % 5) {
        case 0:
          bad.clear();
          break;
        case 1:
          bad[at] = bad[at] == Line::kJ ? Line::kK : Line::kJ;
          break;
        case 2:  // one bit after NRZI
          for (std::size_t i = at; i + 3 < bad.size(); ++i) bad[i] = bad[i] == Line::kJ ? Line::kK : Line::kJ;
          break;
        case 3:
          bad.resize(at);
          break;
        default:
          bad[at] = static_cast<Line>(rng_() % 4);
          break;
      }
      // What the CRCs cannot tell from a packet is beyond USB, so it is not tried.
      const std::optional<Bytes> seen = decode_packet(bad);
      if (seen && seen != meant && valid_packet(*seen)) continue;
      if (bad == original) continue;
      levels = bad;
      break;
    }
    ++spoilt_;
    spoilt_now_ = true;
  }

  // ---------------------------------------------------------------- the two streams
  void feed() {
    if (sent_in_.size() - got_ > 1500 || !draw(3)) return;
    const Bytes data = pattern(4 * (1 + rng_() % 40), rng_());
    sent_in_.insert(sent_in_.end(), data.begin(), data.end());
    for (const std::uint32_t word : words(data)) bench_.send.push_back(word);
    if (draw(20)) bench_.rx_ready_percent = draw(2) ? 100 : static_cast<unsigned>(rng_() % 3);
    if (draw(20)) bench_.tx_valid_percent = draw(2) ? 100 : 5;
  }

  void step_out() {
    if (!pending_) {
      pending_ = pattern(draw(2) ? 64 : rng_() % 65, rng_());
      maybe_ = false;
    }
    const Answer answer = host_.transact_out(1, host_.out_toggle, *pending_);
    if (answer.kind == Kind::kAck) {
      host_.out_toggle = !host_.out_toggle;
      acknowledged();
    } else if (answer.kind == Kind::kNak) {
      maybe_ = false;  // a repetition would have been acknowledged
    } else if (answer.kind == Kind::kNone) {
      maybe_ = true;
    } else {
      ADD_FAILURE() << "OUT answered " << name(answer.kind);
    }
  }

  void acknowledged() {
    sent_out_.insert(sent_out_.end(), pending_->begin(), pending_->end());
    pending_.reset();
  }

  void step_in() {
    spoilt_now_ = false;
    const Answer answer = host_.transact_in(1);
    if (answer.kind == Kind::kNak || answer.kind == Kind::kNone) return;
    ASSERT_EQ(answer.kind, Kind::kData) << name(answer.kind);
    const bool repeated = last_unsure_ && answer.data == last_in_;
    if (answer.toggle != host_.in_toggle) {
      ASSERT_TRUE(repeated) << "a repetition that nobody asked for";
      ++repetitions_;
    } else if (cleared_in_ && repeated && !answer.data.empty()) {
      host_.in_toggle = !host_.in_toggle;  // sent again as DATA0 behind a reset
      ++repetitions_;
    } else {
      host_.in_toggle = !host_.in_toggle;
      ASSERT_LE(got_ + answer.data.size(), sent_in_.size());
      for (const std::uint8_t byte : answer.data) ASSERT_EQ(byte, sent_in_[got_++]) << "byte " << got_;
      last_in_ = answer.data;
    }
    cleared_in_ = false;
    last_unsure_ = spoilt_now_;
  }

  // Behind what clears the toggle nobody knows whether a packet without an answer was taken; the link does.
  void resolve() {
    faults_ = false;
    bench_.rx_ready_percent = 100;
    host_.idle(60 * kMicrosecond);
    if (pending_ && maybe_ && bench_.received.size() == sent_out_.size() + pending_->size()) acknowledged();
    pending_.reset();
    ASSERT_EQ(bench_.received, sent_out_);
    host_.out_toggle = host_.in_toggle = false;
    cleared_in_ = true;
  }

  void enumerate() {
    faults_ = false;
    ASSERT_TRUE(host_.enumerate_quick(1 + static_cast<unsigned>(rng_() % 127)));
    resolve();
  }

  // ---------------------------------------------------------------- events
  bool failed(const Transfer& t) {
    if (t.status == Status::kOk) return false;
    EXPECT_EQ(t.status, Status::kTimeout) << name(t.status);
    ++timeouts_;
    return true;
  }
  void step_request() {
    if (draw(2)) {
      const Transfer t = host_.control({0xC0, 0x20, 0, 7, 162});
      if (!failed(t)) EXPECT_EQ(t.data.size(), 162U);
    } else {
      const Transfer t = host_.control({0x80, 8, 0, 0, 1});
      if (!failed(t)) EXPECT_EQ(t.data, Bytes{1});
    }
  }
  void step_noise() {
    Levels noise;
    for (std::size_t n = 1 + rng_() % 100; n > 0; --n)
      noise.push_back(static_cast<Line>(draw(8) ? rng_() % 4 : 1 + rng_() % 2));
    const std::optional<Bytes> seen = decode_packet(noise);
    if (seen && valid_packet(*seen)) return;
    host_.send_levels(noise);
    host_.idle(static_cast<Time>(rng_() % 15) * kMicrosecond);
  }
  void step_low_speed() {
    host_.send_low_speed(draw(2) ? token(Pid::kIn, host_.address(), 1)
                                 : data_packet(Pid::kData0, pattern(8, rng_())));
    host_.idle(3 * kMicrosecond);
  }
  void step_suspend() {
    ++suspends_;
    host_.suspend(3200 * kMicrosecond);
    EXPECT_EQ(bench_.top().suspended_o, 1);
    host_.resume();
    EXPECT_EQ(bench_.top().suspended_o, 0);
  }
  void step_reset() {
    ++resets_;
    enumerate();
  }
  void step_reset_in_packet() {
    ++resets_;
    faults_ = false;
    if (draw(2)) {
      if (!pending_) pending_ = pattern(64, rng_());
      host_.send(token(Pid::kOut, host_.address(), 1));
      Levels levels = encode(data_packet(host_.out_toggle ? Pid::kData1 : Pid::kData0, *pending_));
      levels.resize(1 + rng_() % (levels.size() - 4));
      host_.send_levels(levels);
      maybe_ = true;
    } else {
      host_.send(token(Pid::kIn, host_.address(), 1));
      host_.hold(Line::kJ, static_cast<Time>(rng_() % 3) * kBit);
    }
    host_.hold(Line::kSe0, 60 * kMicrosecond);
    host_.clear_violations();  // an answer that the reset cut
    enumerate();
  }
  void step_unplug() {
    ++resets_;
    host_.idle(3200 * kMicrosecond);
    enumerate();
  }
  void step_halt() {
    ++halts_;
    const bool in = draw(2);
    const auto endpoint = static_cast<std::uint16_t>(in ? 0x81 : 0x01);
    if (host_.control({0x02, 3, 0, endpoint, 0}).status == Status::kOk) {
      faults_ = false;
      const auto ask = [&] {
        return (in ? host_.transact_in(1) : host_.transact_out(1, host_.out_toggle, {1, 2, 3})).kind;
      };
      Kind kind = ask();
      if (kind == Kind::kNone) kind = ask();  // the last packet was cut off: the next one is skipped with it
      EXPECT_EQ(kind, Kind::kStall);
    }
    enumerate();
  }
  void step_toggles() {
    const bool ok = draw(2) ? host_.control({0x01, 11, 0, 0, 0}).status == Status::kOk
                            : host_.control({0x00, 9, 1, 0, 0}).status == Status::kOk;
    if (!ok) {
      ++timeouts_;
      enumerate();  // did it change the toggles or not
      return;
    }
    resolve();
  }

  void finish() {
    faults_ = false;
    bench_.tx_valid_percent = 100;
    resolve_end();
    for (int i = 0; i < 2000 && got_ < sent_in_.size() && !::testing::Test::HasFatalFailure(); ++i) step_in();
    EXPECT_EQ(got_, sent_in_.size());
    ASSERT_TRUE(host_.enumerate_linux(77));
    const Bytes data = pattern(1000, rng_());
    const std::size_t before = bench_.received.size();
    ASSERT_EQ(host_.bulk_out(data).status, Status::kOk);
    host_.idle(60 * kMicrosecond);
    EXPECT_EQ(Bytes(bench_.received.begin() + static_cast<std::ptrdiff_t>(before), bench_.received.end()),
              data);
  }
  void resolve_end() {
    bench_.rx_ready_percent = 100;
    host_.idle(60 * kMicrosecond);
    while (pending_ && !::testing::Test::HasFailure()) step_out();
    host_.idle(60 * kMicrosecond);
    ASSERT_EQ(bench_.received, sent_out_);
  }

  std::mt19937_64 rng_;
  Bench bench_;
  UsbHost& host_;
  bool faults_ = false;
  bool spoilt_now_ = false;
  Bytes sent_out_;                // acknowledged, in order
  std::optional<Bytes> pending_;  // packet that has no answer yet
  bool maybe_ = false;            // it may have been taken
  Bytes sent_in_;                 // what the link has been given
  std::size_t got_ = 0;
  Bytes last_in_;
  bool last_unsure_ = false;  // its acknowledgement may have been lost
  bool cleared_in_ = false;   // nothing has come since the toggle was cleared
  unsigned long long spoilt_ = 0, resets_ = 0, suspends_ = 0, halts_ = 0, repetitions_ = 0, timeouts_ = 0;
};

TEST(UsbRandom, TransfersUnderFaults) {
  const char* steps = std::getenv("LUOSHU_USB_STEPS");
  const int count = steps != nullptr ? std::atoi(steps) : kDefaultSteps;
  const std::uint64_t seed = test_seed();
  std::mt19937_64 rng(seed);
  for (int i = 0; i < 4; ++i) {
    UsbHost::Options options;
    options.seed = seed * 10 + static_cast<unsigned>(i);
    options.ppm = static_cast<double>(rng() % 5001) - 2500;
    options.jitter = static_cast<Time>(rng() % 3'500'000);
    options.gap = 2 + static_cast<int>(rng() % 6);
    options.frames = i % 2 == 1;
    RandomTraffic traffic(options.seed, 10'000'000 + static_cast<Time>(rng() % 90'000'000), options);
    traffic.run(count / 4);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace luoshu::usb
