// SPDX-License-Identifier: Apache-2.0
// The control side (luoshu_control) behind the real driver, with the real firmware: link, core, bus,
// registers and the way to memory together. Memory, sequencer and vector unit are this bench.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vcontrol.h"
#include "luoshu/clocked_transport.h"
#include "luoshu/defs.h"
#include "luoshu/device.h"
#include "luoshu/link_chip.h"
#include "support/port_bits.h"
#include "support/seed.h"

namespace luoshu {
namespace {

using testing_support::bytes_of;
using testing_support::put_bytes;
using Words = std::vector<std::uint32_t>;

constexpr unsigned kLanes = BENCH_LANES;
constexpr std::size_t kMemory = std::size_t{BENCH_MEMORY_MIB} << 20;
constexpr std::chrono::milliseconds kSoon{200};  // of the clock of 1 MHz that the link sees

struct Started {
  std::uint32_t program, count, passes, info;
  bool operator==(const Started& o) const {
    return program == o.program && count == o.count && passes == o.passes && info == o.info;
  }
};

struct ContextWrite {
  unsigned bank, token, word;
  std::uint32_t data;
  bool operator==(const ContextWrite& o) const {
    return bank == o.bank && token == o.token && word == o.word && data == o.data;
  }
};

// What is around the control side, cycle by cycle.
class Surroundings final : public ClockedPeer {
 public:
  explicit Surroundings(std::uint64_t seed) : memory(kMemory), random_(seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    context_.fatalOnError(false);
    top_ = std::make_unique<Vcontrol>(&context_, "control");
    auto& t = *top_;
    t.soft_rst_ni = 1;
    t.rx_valid_i = t.rc_valid_i = t.wc_bvalid_i = t.run_done_i = t.seq_busy_i = t.loop_i = 0;
    t.tok_valid_i = t.bus_error_i = t.bad_opcode_i = t.progress_i = 0;
    t.count_i = t.beats_i = 0;
    t.run_ready_i = 1;
    t.loop_passes_i = 1;
    context_.assertOn(false);  // reset reaches the core a cycle late
    hard_reset();
    context_.assertOn(true);
  }
  ~Surroundings() override { top_->final(); }

  void hard_reset() {
    std::vector<std::uint8_t> lost;
    top_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) cycle(nullptr, 0, lost);
    kept_.clear();
    reads_.clear();
    bursts_.clear();
    left_ = 0;
    top_->rst_ni = 1;
  }
  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    Step done;
    from_device.insert(from_device.end(), kept_.begin(), kept_.end());
    kept_.clear();
    while (done.cycles < max_cycles) {
      done.consumed += cycle(to_device + done.consumed, n - done.consumed, from_device);
      ++done.cycles;
      if (n != 0 && done.consumed == n) break;
      if (n == 0 && !from_device.empty() && !top_->tx_valid_o) break;
    }
    return done;
  }
  // Without the host, which hears later what comes meanwhile.
  void pass(unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) cycle(nullptr, 0, kept_);
  }
  Vcontrol& top() { return *top_; }
  std::uint64_t cycles() const { return cycle_; }

  std::vector<std::uint8_t> memory;
  unsigned speed = 100;                                  // percent of the cycles in which memory moves
  std::size_t bad_begin = ~std::size_t{0}, bad_end = 0;  // addresses that answer with an error
  std::vector<Started> runs;
  std::vector<ContextWrite> context_writes;
  std::vector<std::pair<unsigned, std::uint32_t>> advances;  // bank, token
  unsigned stops = 0, soft_resets = 0;
  std::uint64_t awake = 0;  // cycles

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  bool bad(std::uint32_t beat) const { return beat + kLanes > bad_begin && beat < bad_end; }

  std::size_t cycle(const std::uint8_t* in, std::size_t n, std::vector<std::uint8_t>& out) {
    Vcontrol& t = *top_;
    t.clk_i = 0;
    const auto offered = std::min<std::size_t>(n, 1 + random_() % 4);
    t.rx_valid_i = offered != 0 && chance(speed);
    std::uint32_t word = static_cast<std::uint32_t>(random_());
    if (offered != 0) std::memcpy(&word, in, offered);
    t.rx_data_i = word;
    t.rx_bytes_i = static_cast<std::uint8_t>(offered);
    t.tx_ready_i = chance(speed);
    t.rq_ready_i = chance(speed);
    t.wq_ready_i = chance(speed);
    t.rc_valid_i = !reads_.empty() && chance(speed);
    t.rc_error_i = chance(50);
    if (t.rc_valid_i) {
      put_bytes(t.rc_data_i, 0, memory.data() + reads_.front(), kLanes);
      t.rc_error_i = bad(reads_.front());
    }
    t.wc_bvalid_i = !bursts_.empty() && chance(speed);
    t.wc_error_i = t.wc_bvalid_i ? bursts_.front() : chance(50);
    t.eval();
    std::size_t consumed = 0;
    if (t.rst_ni != 0) {
      if (t.rx_valid_i && t.rx_ready_o) consumed = offered;
      if (t.tx_valid_o && t.tx_ready_i) {
        const std::uint32_t sent = t.tx_data_o;
        for (int b = 0; b < 4; ++b) out.push_back(static_cast<std::uint8_t>(sent >> (8 * b)));
      }
      serve();
    }
    const bool reset = t.soft_reset_o != 0 && t.rst_ni != 0;
    t.clk_i = 1;
    t.eval();
    if (context_.gotFinish()) throw DeviceError("an assertion failed");
    if (reset) {
      soft_resets += 1;
      reset_left_ = 5;
    }
    t.soft_rst_ni = reset_left_ == 0;
    if (reset_left_ > 0) --reset_left_;
    ++cycle_;
    return consumed;
  }
  void serve() {
    Vcontrol& t = *top_;
    if (t.rc_valid_i) reads_.pop_front();
    if (t.wc_bvalid_i) bursts_.pop_front();
    if (t.rq_valid_o && t.rq_ready_i) {
      if (t.rq_beats_o != 1 || t.rq_addr_o % kLanes != 0 || t.rq_addr_o >= kMemory)
        throw DeviceError("no beat of memory was asked for");
      reads_.push_back(t.rq_addr_o);
    }
    if (t.wq_valid_o && t.wq_ready_i) {
      const std::uint32_t at = t.wq_addr_o;
      if (at % kLanes != 0 || at >= kMemory || (left_ != 0 && t.wq_len_o != left_ - 1))
        throw DeviceError("no burst of memory was written");
      if (left_ == 0) failed_ = false;
      left_ = t.wq_len_o;
      failed_ |= bad(at);
      for (unsigned i = 0; i < kLanes; ++i)
        if ((bytes_of(t.wq_strb_o)[i / 8] >> i % 8 & 1) != 0) memory[at + i] = bytes_of(t.wq_data_o)[i];
      if (left_ == 0) bursts_.push_back(failed_);
    }
    if (t.run_valid_o && t.run_ready_i)
      runs.push_back({t.run_program_o, t.run_count_o, t.run_passes_o, t.run_info_o});
    if (t.ctx_we_o) context_writes.push_back({t.ctx_wbank_o, t.ctx_wtoken_o, t.ctx_wword_o, t.ctx_wdata_o});
    if (t.ctx_advance_o) advances.push_back({t.ctx_bank_o, t.ctx_token_o});
    stops += t.stop_o;
    awake += t.core_awake_o;
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vcontrol> top_;
  std::vector<std::uint8_t> kept_;
  std::deque<std::uint32_t> reads_;
  std::deque<bool> bursts_;
  unsigned left_ = 0, reset_left_ = 0;
  bool failed_ = false;
  std::uint64_t cycle_ = 0;
};

class Control : public testing::Test {
 protected:
  Control() : random_(test_seed()), around_(test_seed()), chip_(Device(transport(), options())) {}
  void SetUp() override { ASSERT_NO_THROW(chip_.boot()); }
  std::unique_ptr<Transport> transport() {
    ClockedTransport::Options clock;
    clock.cycle_time = std::chrono::microseconds(1);
    clock.slice_cycles = 100;
    return std::make_unique<ClockedTransport>(around_, clock);
  }
  static LinkOptions options() {
    LinkOptions o;
    o.retry = std::chrono::milliseconds(100);
    o.give_up = std::chrono::milliseconds(3000);
    return o;
  }
  Device& device() { return chip_.device(); }
  Vcontrol& top() { return around_.top(); }
  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  std::uint32_t reg(std::uint32_t at) { return device().read_reg(LUOSHU_REG_BASE + at); }
  void set_reg(std::uint32_t at, std::uint32_t value) { device().write_reg(LUOSHU_REG_BASE + at, value); }
  Words event() { return device().wait_event(kSoon).value_or(Words{}); }
  void ping() {
    const Words sent{LUOSHU_MSG_PING, word()};
    device().send_message(sent);
    const Words got = event();
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0], LUOSHU_EVT_PONG);
    EXPECT_EQ(got[1], sent[1]);
  }
  // The vector unit offers a token; false where there is no room for long.
  bool token(std::uint32_t id, unsigned index, std::uint32_t logit, unsigned bank,
             unsigned patience = 20000) {
    auto& t = top();
    t.tok_valid_i = 1;
    t.tok_id_i = id;
    t.tok_index_i = static_cast<std::uint8_t>(index);
    t.tok_logit_i = logit;
    t.tok_bank_i = bank & 1u;
    bool taken = false;
    for (; !taken && patience > 0; --patience) {
      t.eval();
      taken = t.tok_ready_o != 0;
      around_.pass(1);
    }
    t.tok_valid_i = 0;
    t.tok_id_i = word();
    return taken;
  }
  // The events of tokens, but for their cycle.
  void expect_tokens(std::vector<Words>& sent) {
    for (const Words& expected : sent) {
      Words got = event();
      ASSERT_EQ(got.size(), 5u);
      got.pop_back();
      EXPECT_EQ(got, expected);
    }
    sent.clear();
  }
  void done() {
    auto& t = top();
    for (int i = 0; i < 20000; ++i) {
      t.eval();
      if (t.tok_ready_o) break;
      around_.pass(1);
    }
    t.run_done_i = 1;
    around_.pass(1);
    t.run_done_i = 0;
  }

  std::mt19937_64 random_;
  Surroundings around_;
  LinkChip chip_;
};

TEST_F(Control, Identification) {
  const Words expected = {
      LUOSHU_MAGIC,    LUOSHU_VERSION,   kLanes, BENCH_COLUMNS, BENCH_GROUPS,   768, 128, 16,
      BENCH_TCM_BYTES, BENCH_MEMORY_MIB, 54321,  1024,          256u << 16 | 3u};
  EXPECT_EQ(device().read_regs(LUOSHU_REG_BASE, static_cast<std::uint32_t>(expected.size())), expected);
}

// The host's accesses to memory, to the firmware's memory and to registers while the core tests memory
// through its window: nobody sees another's words.
TEST_F(Control, EverybodyAtOnce) {
  for (const unsigned speed : {100u, 35u}) {
    around_.speed = speed;
    constexpr std::uint32_t kTested = 0x40000, kTestedBytes = 512;
    std::vector<std::uint8_t> mirror = around_.memory;
    for (auto& b : mirror) b = static_cast<std::uint8_t>(random_());
    device().write_memory(0, mirror.data(), mirror.size() / 2);
    std::memcpy(around_.memory.data() + mirror.size() / 2, mirror.data() + mirror.size() / 2,
                mirror.size() / 2);
    const Words firmware = device().read_regs(0, 64);
    device().send_message({LUOSHU_MSG_SELF_TEST, kTestedBytes, kTested});
    std::optional<Words> answer;
    unsigned rounds = 0;
    for (; !answer; ++rounds) {
      ASSERT_LT(rounds, 5000u);
      const std::uint32_t at = word() % (kTested - 4096),
                          bytes = word() % 16 == 0 ? word() % 4096 : word() % 64;
      std::vector<std::uint8_t> data(bytes);
      switch (word() % 5) {
        case 0:
          for (auto& b : data) b = static_cast<std::uint8_t>(random_());
          std::copy(data.begin(), data.end(), mirror.begin() + at);
          device().write_memory(at, data.data(), bytes);
          break;
        case 1:
          device().read_memory(at, data.data(), bytes);
          ASSERT_TRUE(std::equal(data.begin(), data.end(), mirror.begin() + at));
          break;
        case 2:
          ASSERT_EQ(device().read_regs(0, 64), firmware);
          break;
        case 3:
          set_reg(LUOSHU_REG_SCRATCH, at);
          ASSERT_EQ(reg(LUOSHU_REG_SCRATCH), at);
          break;
        default:
          set_reg(LUOSHU_REG_KV_HEAD_STRIDE, at * 0x10001u);
          ASSERT_EQ(top().kv_head_stride_o, at * 0x10001u);
          set_reg(LUOSHU_REG_KV_BLOCK_BYTES, ~at);
          ASSERT_EQ(top().kv_block_bytes_o, ~at);
      }
      answer = device().wait_event(std::chrono::milliseconds(0));
    }
    EXPECT_EQ(*answer, (Words{LUOSHU_EVT_SELF_TEST_DONE, 0, 0, 0, 0}));
    EXPECT_GT(rounds, 50u);
    EXPECT_EQ(around_.memory, mirror) << "the self-test puts back what was there";
  }
}

// Memory that lies in one bit of one word: the core sees it there.
TEST_F(Control, SelfTestSeesWhatIsWrong) {
  device().send_message({LUOSHU_MSG_SELF_TEST, 64, static_cast<std::uint32_t>(kMemory) - 64});
  EXPECT_EQ(event(), (Words{LUOSHU_EVT_SELF_TEST_DONE, 0, 0, 0, 0}));
  around_.bad_begin = 0x2000;
  around_.bad_end = 0x2004;
  device().send_message({LUOSHU_MSG_SELF_TEST, 64, 0x2000});
  const Words trap = event();
  ASSERT_EQ(trap.size(), 4u);
  EXPECT_EQ(trap[0], LUOSHU_EVT_ERROR);
  EXPECT_EQ(trap[1], LUOSHU_ERR_TRAP);
  EXPECT_EQ(trap[3], 5u) << "load access fault";
  around_.bad_end = 0;
  chip_.boot();
  ping();
}

TEST_F(Control, MemoryErrorsReachTheHost) {
  around_.bad_begin = 0x3000;
  around_.bad_end = 0x3004;
  std::vector<std::uint8_t> data(100, 1);
  const auto code = [&](const auto& act) -> std::uint32_t {
    try {
      act();
    } catch (const DeviceError& e) {
      return e.detail().code;
    }
    return 0;
  };
  EXPECT_EQ(code([&] { device().read_memory(0x2fb0, data.data(), 100); }), 6u);
  EXPECT_EQ(code([&] { device().write_memory(0x2fb0, data.data(), 100); }), 6u);
  EXPECT_EQ(code([&] { device().crc32(0x2fb0, 100); }), 6u);
  EXPECT_EQ(code([&] { device().read_memory(0x2f00, data.data(), 100); }), 0u);
  around_.bad_end = 0;
  device().read_memory(0x2fb0, data.data(), 100);
  ASSERT_NO_FATAL_FAILURE(ping());
}

TEST_F(Control, RunsTokensAndTheirContext) {
  for (unsigned bank = 0; bank < 2; ++bank) {
    around_.context_writes.clear();
    around_.runs.clear();
    RunRequest run;
    for (unsigned i = 0; i < BENCH_COLUMNS * BENCH_GROUPS; ++i)
      run.tokens.push_back({word(), word(), word(), word()});
    run.bank = bank;
    run.program = word() & 0xffffff00u;
    run.commands = 0x8000u | (word() & 0x7fffu);
    run.passes = word() | 1u;
    run.logits = bank != 0 ? LogitsMode::kAll : LogitsMode::kLast;
    run.write_logits = bank != 0;
    chip_.start(run);
    ASSERT_NO_FATAL_FAILURE(ping());
    const auto tokens = static_cast<std::uint32_t>(run.tokens.size());
    const std::uint32_t flags = bank != 0 ? 2u | 4u | 8u : 1u;
    ASSERT_EQ(around_.runs.size(), 1u);
    EXPECT_TRUE(around_.runs[0] == (Started{run.program, run.commands, run.passes, tokens << 5 | flags}));
    ASSERT_EQ(around_.context_writes.size(), run.tokens.size() * 4);
    for (unsigned i = 0; i < run.tokens.size(); ++i) {
      const auto& t = run.tokens[i];
      const std::uint32_t words[] = {t.token, t.position, t.kv_seq_offset, t.kv_block_offset};
      for (unsigned w = 0; w < 4; ++w)
        EXPECT_TRUE(around_.context_writes[4 * i + w] == (ContextWrite{bank, i, w, words[w]}))
            << i << ' ' << w;
    }
    top().seq_busy_i = 1;
    around_.pass(3);
    EXPECT_EQ(reg(LUOSHU_REG_SEQ_STATUS), 1u);
    std::vector<Words> sent;
    for (unsigned i = 0; i < 40; ++i) {
      const std::uint32_t id = word() & 0xfffffu, logit = word(), index = word() & 63u;
      ASSERT_TRUE(token(id, index, logit, bank));
      sent.push_back({LUOSHU_EVT_TOKEN, id, 1u | index << 8, logit});
      if (i % 8 == 7) expect_tokens(sent);
    }
    done();
    top().seq_busy_i = 0;
    expect_tokens(sent);
    const Words end = event();
    ASSERT_EQ(end.size(), 2u);
    EXPECT_EQ(end[0], LUOSHU_EVT_DONE);
    EXPECT_TRUE(around_.advances.empty());
  }
}

TEST_F(Control, DecodeLoop) {
  const std::uint32_t stop_id = 0xabcd1;
  chip_.configure(0x11223344, 0x55667788, {7, 9, stop_id});
  EXPECT_EQ(top().kv_head_stride_o, 0x11223344u);
  EXPECT_EQ(top().kv_block_bytes_o, 0x55667788u);
  for (const char* how : {"passes", "stop id", "stop"}) {
    around_.advances.clear();
    around_.stops = 0;
    top().loop_i = 1;
    top().seq_busy_i = 1;
    top().loop_passes_i = how[0] == 'p' ? 5 : 0x10005;
    std::vector<std::pair<unsigned, std::uint32_t>> advances;
    for (unsigned n = 1; n <= 5; ++n) {
      std::uint32_t id = 0x80000u | (word() & 0x7fffeu);
      const bool last = n == 5;
      if (last && how == std::string("stop id")) id = stop_id;
      if (last && how == std::string("stop")) {
        chip_.stop();
        ASSERT_NO_FATAL_FAILURE(ping());
      }
      ASSERT_TRUE(token(id, 0, n, n));
      const Words got = event();
      ASSERT_EQ(got.size(), 5u);
      EXPECT_EQ(got[1], id);
      EXPECT_EQ(got[2], 1u | (last ? 4u : 0u) | (id == stop_id ? 2u : 0u)) << how;
      if (!last) advances.push_back({n & 1u, id});
    }
    EXPECT_EQ(around_.advances, advances) << how;
    EXPECT_EQ(around_.stops, how[0] == 'p' ? 0u : 1u);
    done();
    EXPECT_EQ(event().at(0), LUOSHU_EVT_DONE);
    top().loop_i = top().seq_busy_i = 0;
    around_.pass(2);
  }
}

// A full queue of tokens holds the vector unit, whether the core sleeps or is held; nothing is lost.
TEST_F(Control, TokensWaitForTheFirmware) {
  set_reg(LUOSHU_REG_CORE_CONTROL, 0);
  device().send_message({LUOSHU_MSG_PING, 1});
  EXPECT_TRUE(event().empty()) << "the core is held";
  unsigned n = 0;
  while (n < 1000 && token(n, 0, 0, 0, 10)) ++n;
  EXPECT_GE(n, 16u);
  EXPECT_LE(n, 64u);
  set_reg(LUOSHU_REG_CORE_CONTROL, 1);
  EXPECT_EQ(event().at(0), LUOSHU_EVT_READY);
  for (unsigned i = 0; i < n; ++i) {
    const Words got = event();
    ASSERT_GE(got.size(), 2u);
    EXPECT_EQ(got[1], i);
  }
  EXPECT_EQ(event(), (Words{LUOSHU_EVT_PONG, 1}));
}

// More messages than the mailbox holds, more events than their queue, and a host that listens late.
TEST_F(Control, MessagesAndEventsWait) {
  constexpr std::uint32_t kMany = 40;
  for (std::uint32_t i = 0; i < kMany; ++i) device().send_message({LUOSHU_MSG_PING, i ^ 0xffff0000u});
  for (std::uint32_t i = 0; i < kMany; ++i) EXPECT_EQ(event(), (Words{LUOSHU_EVT_PONG, i ^ 0xffff0000u}));
  // The longest, which the firmware refuses by its first word.
  for (std::uint32_t i = 0; i < kMany; ++i) {
    Words longest(LUOSHU_MAX_MESSAGE_WORDS, i);
    longest[0] = 0x777 + i;
    device().send_message(longest);
  }
  for (std::uint32_t i = 0; i < kMany; ++i)
    EXPECT_EQ(event(), (Words{LUOSHU_EVT_ERROR, LUOSHU_ERR_BAD_MESSAGE, 0x777 + i}));
}

TEST_F(Control, ErrorsEndInASoftReset) {
  struct Case {
    std::uint32_t code;
    void (*strike)(Vcontrol&, bool);
  };
  const Case cases[] = {
      {LUOSHU_ERR_BUS_ERROR, [](Vcontrol& t, bool on) { t.bus_error_i = on; }},
      {LUOSHU_ERR_BAD_OPCODE, [](Vcontrol& t, bool on) { t.bad_opcode_i = on; }},
      {LUOSHU_ERR_WATCHDOG, [](Vcontrol& t, bool on) { t.seq_busy_i = on; }},
  };
  for (const Case& c : cases) {
    around_.soft_resets = 0;
    const bool dog = c.code == LUOSHU_ERR_WATCHDOG;
    if (dog) set_reg(LUOSHU_REG_WATCHDOG, 500);
    c.strike(top(), true);
    if (dog) {
      for (int i = 0; i < 100; ++i) {  // what moves keeps it away
        top().progress_i = 1;
        around_.pass(1);
        top().progress_i = 0;
        around_.pass(30);
      }
    }
    around_.pass(dog ? 600 : 1);
    c.strike(top(), false);
    EXPECT_EQ(event(), (Words{LUOSHU_EVT_ERROR, c.code, 0}));
    EXPECT_EQ(around_.soft_resets, 1u);
    ASSERT_NO_FATAL_FAILURE(ping());
    EXPECT_EQ(reg(LUOSHU_REG_ERROR), 0u);
  }
  // A soft reset of the host's with a token that waits while the core is held.
  set_reg(LUOSHU_REG_CORE_CONTROL, 0);
  ASSERT_TRUE(token(5, 0, 0, 0));
  around_.pass(4);
  EXPECT_EQ(reg(LUOSHU_REG_TOKEN_STATUS) & 1u, 1u);
  set_reg(LUOSHU_REG_SOFT_RESET, 1);
  around_.pass(10);
  EXPECT_EQ(reg(LUOSHU_REG_TOKEN_STATUS) & 1u, 0u);
  EXPECT_EQ(around_.soft_resets, 2u);
}

// The core sleeps when there is nothing to do, and wakes for what comes.
TEST_F(Control, SleepsAndWakes) {
  ASSERT_NO_FATAL_FAILURE(ping());
  around_.pass(3000);
  around_.awake = 0;
  around_.pass(5000);
  EXPECT_EQ(around_.awake, 0u);
  ASSERT_NO_FATAL_FAILURE(ping());
  EXPECT_GT(around_.awake, 20u);
  around_.pass(3000);
  ASSERT_TRUE(token(1, 0, 0, 0));
  EXPECT_EQ(event().size(), 5u);
  set_reg(LUOSHU_REG_CORE_CONTROL, 0);
  around_.pass(10);
  around_.awake = 0;
  around_.pass(100);
  EXPECT_EQ(around_.awake, 0u) << "held";
}

TEST_F(Control, CountersCountTheirPins) {
  set_reg(LUOSHU_REG_COUNTER_CLEAR, 1);
  for (unsigned i = 0; i < 16; ++i) {
    if (kLanes < 32 && i == 10) continue;  // the watchdog's place, always 0
    top().count_i = static_cast<std::uint16_t>(i < 12 ? 1u << i : 0u);
    top().beats_i = static_cast<std::uint8_t>(i < 12 ? 0u : 1u << (i - 12));
    around_.pass(100 + i);
    top().count_i = top().beats_i = 0;
    EXPECT_EQ(reg(LUOSHU_REG_COUNTER_ARRAY + 4 * i), 100u + i);
  }
}

// In the middle of everything; then all is as after power-up.
TEST_F(Control, HardReset) {
  for (int i = 0; i < 8; ++i) {
    around_.speed = i % 2 != 0 ? 30 : 100;
    LinkChip chip(Device(transport(), options()));  // a host that has just come, as well
    ASSERT_NO_THROW(chip.boot());
    Device& device = chip.device();
    const auto event = [&] { return device.wait_event(kSoon).value_or(Words{}); };
    EXPECT_EQ(device.read_reg(LUOSHU_REG_BASE + LUOSHU_REG_TOKEN_STATUS) & 1u, 0u);
    EXPECT_EQ(device.read_reg(LUOSHU_REG_BASE + LUOSHU_REG_SCRATCH), 0u);
    device.send_message({LUOSHU_MSG_PING, 3});
    EXPECT_EQ(event(), (Words{LUOSHU_EVT_PONG, 3}));
    top().loop_i = 1;
    top().loop_passes_i = 2;
    around_.pass(1);
    ASSERT_TRUE(token(3, 0, 0, 0));
    const Words got = event();
    ASSERT_EQ(got.size(), 5u);
    EXPECT_EQ(got[2], 1u) << "no stop id is set";
    top().loop_i = 0;
    around_.pass(1);

    chip.configure(1, 2, {3});
    device.write_reg(LUOSHU_REG_BASE + LUOSHU_REG_SCRATCH, ~0u);
    device.send_message({LUOSHU_MSG_SELF_TEST, 512, 0x8000});
    ASSERT_TRUE(token(9, 0, 0, 0));
    std::vector<std::uint8_t> lost, garbage(400);
    for (auto& b : garbage) b = static_cast<std::uint8_t>(random_());
    around_.step(garbage.data(), garbage.size(), 100 + word() % 1000, lost);
    around_.hard_reset();
  }
}

}  // namespace
}  // namespace luoshu
