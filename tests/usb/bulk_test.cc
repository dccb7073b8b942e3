// SPDX-License-Identifier: Apache-2.0
// The link's bytes over the bulk endpoints: every size, both ways at once, slow and fast links, throughput.
#include "usb/usb_bench.h"

namespace luoshu::usb {
namespace {

TEST(UsbBulk, EverySizeComesBack) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_quick(1));
  bench.echo = true;
  for (std::size_t bytes = 4; bytes <= 264; bytes += 4) {
    const Bytes data = pattern(bytes, bytes);
    ASSERT_EQ(bench.host.bulk_out(data).status, Status::kOk);
    ASSERT_EQ(bench.host.bulk_in(640).data, data) << bytes;
  }
  bench.echo = false;
  bench.received.clear();
  Bytes all;
  for (std::size_t bytes = 0; bytes <= 140; ++bytes) {  // and a packet may have any length
    const Bytes data = pattern(bytes, bytes);
    ASSERT_EQ(bench.host.bulk_out(data, bytes % 2 == 0).status, Status::kOk);
    all.insert(all.end(), data.begin(), data.end());
  }
  bench.host.idle(10 * kMicrosecond);
  EXPECT_EQ(bench.received, all);
}

TEST(UsbBulk, StallsOfTheLink) {
  for (const unsigned percent : {100U, 50U, 5U, 1U}) {
    SCOPED_TRACE(percent);
    Bench bench;
    ASSERT_TRUE(bench.host.enumerate_quick(1));
    bench.rx_ready_percent = percent;
    bench.tx_valid_percent = percent;
    bench.echo = true;
    Bytes sent;
    Bytes got;
    for (int i = 0; i < 10; ++i) {
      const Bytes data = pattern(252, static_cast<std::uint64_t>(i));
      sent.insert(sent.end(), data.begin(), data.end());
      ASSERT_EQ(bench.host.bulk_out(data, false, 20 * kMillisecond).status, Status::kOk);
      while (got.size() < sent.size()) {
        const Transfer t = bench.host.bulk_in(1024, 20 * kMillisecond);
        ASSERT_EQ(t.status, Status::kOk);
        got.insert(got.end(), t.data.begin(), t.data.end());
      }
    }
    EXPECT_EQ(got, sent);
  }
}

// What a frame carries, of the 19 packets of 64 bytes that fit one. `way`: 0 out, 1 in, 2 alternating.
double bytes_per_frame(int way) {
  UsbHost::Options options;
  options.frames = true;
  options.gap = 3;
  Bench bench(40'000'000, 7, options);
  EXPECT_TRUE(bench.host.enumerate_quick(1));
  const Bytes source = pattern(64UL * 19 * 30, 1);
  bench.send = words(source);
  bench.host.idle(60 * kMicrosecond);
  bench.host.wait_frame();
  Bytes got;
  Bytes sent;
  constexpr int kFrames = 20;
  const unsigned first = bench.host.frame();
  const auto frames = [&] { return (bench.host.frame() - first) & 0x7FFU; };
  bool out = way != 1;
  for (;;) {
    if (out) {
      const Bytes data = pattern(64, sent.size());
      const Answer answer = bench.host.transact_out(1, bench.host.out_toggle, data);
      if (frames() >= kFrames) break;
      if (answer.kind == Answer::Kind::kAck) {
        bench.host.out_toggle = !bench.host.out_toggle;
        sent.insert(sent.end(), data.begin(), data.end());
      }
    } else {
      const Answer answer = bench.host.transact_in(1);
      if (frames() >= kFrames) break;
      got.insert(got.end(), answer.data.begin(), answer.data.end());
    }
    if (way == 2) out = !out;
  }
  EXPECT_EQ(got, Bytes(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(got.size())));
  bench.host.idle(20 * kMicrosecond);
  EXPECT_GE(bench.received.size(), sent.size());
  return static_cast<double>(got.size() + sent.size()) / kFrames;
}

TEST(UsbBulk, Throughput) {
  constexpr double kCeiling = 19 * 64;  // bytes per frame of 1 ms
  for (const int way : {0, 1, 2}) {
    const double bytes = bytes_per_frame(way);
    std::printf("%s: %.1f bytes per frame, %.1f%% of 1216 (simulated)\n",
                way == 0   ? "out"
                : way == 1 ? "in"
                           : "both",
                bytes, 100 * bytes / kCeiling);
    EXPECT_GE(bytes, 0.8 * kCeiling);
  }
}

}  // namespace
}  // namespace luoshu::usb
