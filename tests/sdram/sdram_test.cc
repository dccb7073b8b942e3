// SPDX-License-Identifier: Apache-2.0
// The SDRAM controller on both its clocks, with a part that checks its data sheet behind the pins and an AXI4
// manager in front.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <type_traits>

#include "Vsdram.h"
#include "sdram_model.h"
#include "support/seed.h"

namespace luoshu::test {
namespace {

constexpr double kMemNs = 1e6 / SDRAM_KHZ;
constexpr double kCoreNs = 1e6 / CORE_KHZ;
constexpr unsigned kBeat = sizeof(Vsdram::s_w_data_i);  // bytes
template <class T>
using Plain = std::remove_reference_t<T>;
using Beat = Plain<decltype(Vsdram::s_w_data_i)>;

struct Burst {
  std::uint32_t address;
  unsigned beats;
};
struct Write : Burst {
  std::vector<Beat> data;
  std::vector<std::uint32_t> strobes;
};
struct Answer {
  std::vector<Beat> data;
  std::vector<unsigned> resp;
};

// Manager, controller and part. Requests wait in queues; step() runs one cycle of the core.
class Bench {
 public:
  explicit Bench(std::uint64_t seed, unsigned stall = 0)
      : part_(SDRAM_PART()), model_(part_, kMemNs), random_(seed), stall_(stall) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    top_ = std::make_unique<Vsdram>(&context_, "sdram");
    top_->rst_ni = top_->mem_rst_ni = 0;
    // The clocks of unrelated ratios begin at a random distance.
    next_mem_ = kMemNs * static_cast<double>(random_() % 1000) / 1000;
    for (int i = 0; i < 16; ++i) step();
    top_->rst_ni = top_->mem_rst_ni = 1;
  }
  ~Bench() { top_->final(); }

  std::uint64_t bytes() const {
    return (std::uint64_t{1} << (part_.row_bits + part_.col_bits + 2)) * part_.data_bits / 8;
  }
  void read(std::uint32_t address, unsigned beats) {
    reads_.push_back({address, beats});
    ++reads_asked_;
  }
  void write(Write w) {
    writes_.push_back(std::move(w));
    ++writes_asked_;
  }
  // Runs until all that was asked for is answered.
  void settle() {
    for (std::uint64_t limit = core_cycles_ + 4000000;
         reads_done.size() < reads_asked_ || writes_done < writes_asked_;) {
      ASSERT_LT(core_cycles_, limit) << "the controller does not answer";
      step();
    }
  }
  void ready() {
    for (int i = 0; i < 1000000 && !top_->ready_o; ++i) step();
    ASSERT_TRUE(top_->ready_o);
  }
  void step();
  void expect_no_faults() {
    for (const std::string& f : model_.faults()) ADD_FAILURE() << f;
  }
  SdramModel& model() { return model_; }
  std::uint64_t core_cycles() const { return core_cycles_; }
  std::uint64_t mem_cycles() const { return mem_cycles_; }
  const SdramPart& part() const { return part_; }

  std::vector<Answer> reads_done;
  std::vector<unsigned> write_resp;
  std::uint64_t writes_done = 0;

 private:
  bool go() { return stall_ == 0 || random_() % 100 >= stall_; }
  void core_edge_before();
  void core_edge_after();
  void mem_falls();

  const SdramPart& part_;
  SdramModel model_;
  VerilatedContext context_;
  std::unique_ptr<Vsdram> top_;
  std::mt19937_64 random_;
  const unsigned stall_;
  double now_ = 0, next_mem_ = 0;
  std::uint64_t core_cycles_ = 0, mem_cycles_ = 0, reads_asked_ = 0, writes_asked_ = 0;
  std::deque<Burst> reads_, open_reads_;
  std::deque<Write> writes_;
  std::deque<Write> data_;  // addresses sent, data not
  unsigned sent_ = 0;       // beats of data_.front()
  Answer answer_;
};

// The SDRAM's clock rises half a cycle after mem_clk_i.
void Bench::mem_falls() {
  Vsdram& t = *top_;
  if (mem_cycles_ < 2) return;  // the reset has not been clocked yet
  const bool driving = model_.edge({t.sdram_cke_o != 0, t.sdram_cs_no != 0, t.sdram_ras_no != 0,
                                    t.sdram_cas_no != 0, t.sdram_we_no != 0, t.sdram_ba_o, t.sdram_a_o,
                                    t.sdram_dqm_o, t.sdram_dq_o, t.sdram_dq_oe_o != 0});
  // Nobody drives: what lies on the pins is anything.
  t.sdram_dq_i = static_cast<Plain<decltype(t.sdram_dq_i)>>(driving ? model_.dq() : random_());
}

void Bench::core_edge_before() {
  Vsdram& t = *top_;
  if (!t.rst_ni) return;
  if (t.s_ar_valid_i && t.s_ar_ready_o) {
    open_reads_.push_back(reads_.front());
    reads_.pop_front();
  }
  if (t.s_aw_valid_i && t.s_aw_ready_o) {
    data_.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  if (t.s_w_valid_i && t.s_w_ready_o && ++sent_ == data_.front().beats) {
    data_.pop_front();
    sent_ = 0;
  }
  if (t.s_b_valid_o && t.s_b_ready_i) {
    write_resp.push_back(t.s_b_resp_o);
    ++writes_done;
  }
  if (t.s_r_valid_o && t.s_r_ready_i) {
    ASSERT_FALSE(open_reads_.empty()) << "data that nobody asked for";
    answer_.data.push_back(t.s_r_data_o);
    answer_.resp.push_back(t.s_r_resp_o);
    const bool last = answer_.data.size() == open_reads_.front().beats;
    ASSERT_EQ(t.s_r_last_o != 0, last);
    if (last) {
      reads_done.push_back(std::move(answer_));
      answer_ = {};
      open_reads_.pop_front();
    }
  }
}

void Bench::core_edge_after() {
  Vsdram& t = *top_;
  // What has been offered stays until it is taken.
  t.s_ar_valid_i = !reads_.empty() && (t.s_ar_valid_i || go());
  if (t.s_ar_valid_i) {
    t.s_ar_addr_i = reads_.front().address;
    t.s_ar_len_i = static_cast<std::uint8_t>(reads_.front().beats - 1);
  }
  t.s_aw_valid_i = !writes_.empty() && (t.s_aw_valid_i || go());
  if (t.s_aw_valid_i) {
    t.s_aw_addr_i = writes_.front().address;
    t.s_aw_len_i = static_cast<std::uint8_t>(writes_.front().beats - 1);
  }
  t.s_w_valid_i = !data_.empty() && (t.s_w_valid_i || go());
  if (t.s_w_valid_i) {
    const Write& w = data_.front();
    t.s_w_data_i = w.data[sent_];
    t.s_w_strb_i = static_cast<Plain<decltype(t.s_w_strb_i)>>(w.strobes[sent_]);
    t.s_w_last_i = sent_ + 1 == w.beats;
  }
  t.s_r_ready_i = go();
  t.s_b_ready_i = go();
}

void Bench::step() {
  Vsdram& t = *top_;
  const double end = now_ + kCoreNs;
  while (next_mem_ < end) {
    t.mem_clk_i = !t.mem_clk_i;
    if (t.mem_clk_i) {
      ++mem_cycles_;
    } else {
      mem_falls();
    }
    t.clk_i = next_mem_ >= now_ + kCoreNs / 2 ? 0 : t.clk_i;
    t.eval();
    next_mem_ += kMemNs / 2;
  }
  now_ = end;
  t.clk_i = 0;
  t.eval();
  core_edge_before();
  t.clk_i = 1;
  t.eval();
  core_edge_after();
  t.eval();
  ++core_cycles_;
}

std::uint32_t beats_of(std::mt19937_64& random) {
  const unsigned kinds[] = {1, 1, 2, 3, 4, 15, 16, 17, 31, 32, 33, 64};
  return kinds[random() % std::size(kinds)];
}
// A burst that stays within 4 KiB.
Burst random_burst(std::mt19937_64& random, std::uint64_t bytes) {
  const unsigned beats = beats_of(random);
  const auto page = static_cast<std::uint32_t>(random() % (bytes / 4096) * 4096);
  return {page + static_cast<std::uint32_t>(random() % (4096 / kBeat - beats + 1)) * kBeat, beats};
}

void random_traffic(unsigned stall, int rounds, std::uint64_t seed) {
  Bench bench(seed, stall);
  std::mt19937_64 random(seed);
  std::map<std::uint32_t, Beat> memory;
  // Few pages, so that addresses and rows meet again; some of them the last of the part.
  std::vector<std::uint32_t> pages;
  for (int i = 0; i < 6; ++i)
    pages.push_back(static_cast<std::uint32_t>(random() % (bench.bytes() / 4096) * 4096));
  pages.push_back(static_cast<std::uint32_t>(bench.bytes() - 4096));
  pages.push_back(0);
  for (const std::uint32_t page : pages) {  // known contents
    for (std::uint32_t at = page; at < page + 4096; at += 64 * kBeat) {
      Write w;
      w.address = at;
      w.beats = 64;
      for (unsigned i = 0; i < 64; ++i) {
        w.data.push_back(static_cast<Beat>(random()));
        w.strobes.push_back((1U << kBeat) - 1);
        memory[at + i * kBeat] = w.data.back();
      }
      bench.write(w);
    }
  }
  bench.settle();
  for (int round = 0; round < rounds; ++round) {
    // Reads and writes of a round touch different pages, so that their order does not matter.
    std::vector<Burst> reads;
    const std::size_t half = random() % pages.size();
    for (int i = static_cast<int>(random() % 12); i > 0; --i) {
      Burst b = random_burst(random, bench.bytes());
      const std::size_t page = random() % pages.size();
      b.address = pages[page] + b.address % 4096;
      if (page < half) {
        reads.push_back(b);
        bench.read(b.address, b.beats);
        continue;
      }
      Write w;
      w.address = b.address;
      w.beats = b.beats;
      for (unsigned k = 0; k < b.beats; ++k) {
        const auto data = static_cast<Beat>(random());
        const auto strobes =
            static_cast<std::uint32_t>(random() % 3 == 0 ? random() : ~0U) & ((1U << kBeat) - 1);
        w.data.push_back(data);
        w.strobes.push_back(strobes);
        Beat& old = memory[b.address + k * kBeat];
        for (unsigned byte = 0; byte < kBeat; ++byte) {
          const auto mask = static_cast<Beat>(Beat{0xff} << (8 * byte));
          if ((strobes >> byte & 1U) != 0) old = static_cast<Beat>((old & ~mask) | (data & mask));
        }
      }
      bench.write(w);
    }
    const std::size_t first = bench.reads_done.size();
    bench.settle();
    if (testing::Test::HasFatalFailure()) return;
    for (std::size_t i = 0; i < reads.size(); ++i) {
      const Answer& answer = bench.reads_done[first + i];
      for (unsigned k = 0; k < reads[i].beats; ++k) {
        ASSERT_EQ(answer.resp[k], 0U);
        ASSERT_EQ(answer.data[k], memory.at(reads[i].address + k * kBeat))
            << "round " << round << ", address " << reads[i].address + k * kBeat;
      }
    }
  }
  for (const unsigned resp : bench.write_resp) ASSERT_EQ(resp, 0U);
  bench.expect_no_faults();
}

TEST(Sdram, RandomTraffic) {
  random_traffic(0, 300, test_seed());
}
TEST(Sdram, RandomTrafficStalls) {
  random_traffic(60, 200, test_seed() + 1);
}

// A read sees the write whose answer was given just before.
TEST(Sdram, ReadAfterWrite) {
  Bench bench(test_seed());
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 100; ++i) {
    const Burst b = random_burst(random, bench.bytes());
    Write w;
    w.address = b.address;
    w.beats = b.beats;
    for (unsigned k = 0; k < b.beats; ++k) {
      w.data.push_back(static_cast<Beat>(random()));
      w.strobes.push_back((1U << kBeat) - 1);
    }
    bench.write(w);
    bench.settle();
    bench.read(b.address, b.beats);
    bench.settle();
    ASSERT_EQ(bench.reads_done.back().data, w.data);
  }
  bench.expect_no_faults();
}

// Beyond memory: DECERR, nothing is written, what follows is right.
TEST(Sdram, Beyond) {
  Bench bench(test_seed());
  const auto end = static_cast<std::uint32_t>(bench.bytes());
  const unsigned all = (1U << kBeat) - 1;
  Write good, bad;
  good.address = 0;
  bad.address = end;
  good.beats = bad.beats = 20;
  for (unsigned k = 0; k < 20; ++k) {
    good.data.push_back(static_cast<Beat>(k + 1));
    bad.data.push_back(static_cast<Beat>(~k));
    good.strobes.push_back(all);
    bad.strobes.push_back(all);
  }
  bench.write(good);
  bench.settle();
  bench.write(bad);
  bench.read(end, 20);
  bench.settle();
  bench.read(0, 20);
  bench.settle();
  ASSERT_EQ(bench.write_resp, (std::vector<unsigned>{0, 3}));
  ASSERT_EQ(bench.reads_done[0].resp, std::vector<unsigned>(20, 3));
  ASSERT_EQ(bench.reads_done[1].resp, std::vector<unsigned>(20, 0));
  ASSERT_EQ(bench.reads_done[1].data, good.data);
  bench.expect_no_faults();
}

// The reset in the middle of traffic: power-up again, then all is well.
TEST(Sdram, Power) {
  Bench bench(test_seed());
  bench.ready();
  EXPECT_TRUE(bench.model().initialised());
  // Idle for twenty intervals: refreshes go on.
  const std::uint64_t before = bench.model().refreshes();
  const double interval = bench.part().refresh_window / bench.part().refresh_rows;
  const std::uint64_t end = bench.core_cycles() + static_cast<std::uint64_t>(20 * interval / kCoreNs);
  while (bench.core_cycles() < end) bench.step();
  EXPECT_GE(bench.model().refreshes() - before, 19U);
  bench.expect_no_faults();
}

// What a stream gets of the pins' peak: words moved per cycle of the SDRAM's clock. Where the core takes less
// than that, of the core's peak.
double share(Bench& bench, const std::vector<Burst>& bursts) {
  bench.ready();
  const std::uint64_t from = bench.mem_cycles(), core_from = bench.core_cycles(),
                      words = bench.model().words_read();
  for (const Burst& b : bursts) bench.read(b.address, b.beats);
  bench.settle();
  const auto moved = static_cast<double>(bench.model().words_read() - words);
  const double pins = moved / static_cast<double>(bench.mem_cycles() - from);
  const double core =
      moved * bench.part().data_bits / 8 / kBeat / static_cast<double>(bench.core_cycles() - core_from);
  std::printf("%s: %.1f %% of the pins' peak, %.1f %% of the port's, %.1f MB/s\n", bench.part().name.c_str(),
              100 * pins, 100 * core, pins * bench.part().data_bits / 8 * SDRAM_KHZ / 1000);
  bench.expect_no_faults();
  return std::max(pins, core);
}

TEST(Sdram, WeightStream) {
  Bench bench(test_seed());
  std::vector<Burst> bursts;  // runs of a scale beat and sixteen value beats
  for (std::uint32_t at = 0; bursts.size() < 4000;) {
    const std::uint32_t left = (4096 - at % 4096) / kBeat;
    const unsigned beats = std::min(17U, left);
    bursts.push_back({at, beats});
    at += beats * kBeat;
  }
  EXPECT_GE(share(bench, bursts), 0.90);
}

TEST(Sdram, RandomKvBlocks) {
  Bench bench(test_seed());
  std::mt19937_64 random(test_seed());
  std::vector<Burst> bursts;  // blocks of 5,184 bytes (head_dim 64) anywhere, in bursts of at most 31 beats
  for (int block = 0; block < 200; ++block) {
    auto at = static_cast<std::uint32_t>(random() % (bench.bytes() / 5184 - 1) * 5184);
    for (std::uint32_t left = 5184 / kBeat; left > 0;) {
      const unsigned beats = std::min({31U, left, (4096 - at % 4096) / kBeat});
      bursts.push_back({at, beats});
      at += beats * kBeat;
      left -= beats;
    }
  }
  EXPECT_GE(share(bench, bursts), 0.80);
}

}  // namespace
}  // namespace luoshu::test
