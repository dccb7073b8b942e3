// SPDX-License-Identifier: Apache-2.0
// The link endpoint's RTL behind the real driver: every service, every kind of fault, random stalls on every
// port.
#include <gtest/gtest.h>
#include <verilated.h>

#include <memory>

#include "Vlink.h"
#include "link/link_bench.h"
#include "link/traffic.h"
#include "luoshu/device.h"
#include "luoshu/faulty_transport.h"
#include "support/seed.h"

namespace luoshu::link_test {
namespace {

using Faults = FaultyTransport::Faults;

constexpr std::size_t kMemory = 1U << 16U;

// The verilated endpoint with memory, registers and mailbox around it.
class RtlPeer final : public ClockedPeer {
 public:
  RtlPeer(BenchServices& services, std::uint64_t seed, unsigned stall)
      : services_(services), random_(seed), stall_(stall) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    top_ = std::make_unique<Vlink>(&context_, "link");
    top_->rst_ni = 0;
    top_->rx_valid_i = top_->evt_valid_i = top_->rvalid_i = top_->bvalid_i = top_->reg_rvalid_i = 0;
    std::vector<std::uint8_t> nothing;
    for (int i = 0; i < 4; ++i) cycle(nullptr, 0, nothing);
    top_->rst_ni = 1;
  }

  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    Step done;
    while (done.cycles < max_cycles) {
      done.consumed += cycle(to_device + done.consumed, n - done.consumed, from_device);
      ++done.cycles;
      if (n != 0 && done.consumed == n) break;
      if (n == 0 && !from_device.empty() && !top_->tx_valid_o) break;
    }
    return done;
  }
  bool push_event(const std::vector<std::uint32_t>& words) {
    if (!event_.empty()) return false;
    event_.assign(words.begin(), words.end());
    return true;
  }
  std::uint64_t cycles() const { return cycle_; }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  std::size_t cycle(const std::uint8_t* in, std::size_t n, std::vector<std::uint8_t>& out) {
    Vlink& t = *top_;
    t.clk_i = 0;
    const std::size_t offered = std::min<std::size_t>(n, stall_ == 0 ? 4 : 1 + random_() % 4);
    t.rx_valid_i = offered != 0 && !chance(stall_);
    std::uint32_t word = static_cast<std::uint32_t>(random_());
    if (offered != 0) std::memcpy(&word, in, offered);
    t.rx_data_i = word;
    t.rx_bytes_i = static_cast<std::uint8_t>(offered);
    t.tx_ready_i = !chance(stall_);
    t.req_ready_i = memory_idle() && !chance(stall_);
    t.wready_i = writing_ != 0 && !chance(stall_);
    t.rvalid_i = reading_ != 0 && !chance(stall_);
    if (t.rvalid_i) {
      failed_ |= !services_.read_memory(address_, reinterpret_cast<std::uint8_t*>(&word), 4);
      t.rdata_i = word;
      t.rlast_i = reading_ == 1;
    }
    t.bvalid_i = written_ && !chance(stall_);
    t.mem_err_i = failed_;
    t.reg_gnt_i = !reg_pending_ && !chance(stall_);
    t.reg_rvalid_i = reg_pending_ && !chance(stall_);
    t.reg_rdata_i = reg_value_;
    t.reg_err_i = reg_error_;
    if (cycle_ % 300 == 0 && services_.mailbox_stalls != 0) --services_.mailbox_stalls;
    t.msg_room_i = services_.mailbox_stalls == 0;
    t.msg_ready_i = !chance(stall_);
    t.evt_valid_i = !event_.empty() && !chance(stall_);
    if (t.evt_valid_i) {
      t.evt_data_i = event_.front();
      t.evt_last_i = event_.size() == 1;
    }
    t.eval();
    std::size_t consumed = 0;
    if (t.rst_ni != 0) {
      if (t.rx_valid_i && t.rx_ready_o) consumed = offered;
      if (t.tx_valid_o && t.tx_ready_i) {
        const std::uint32_t sent = t.tx_data_o;
        for (int b = 0; b < 4; ++b) out.push_back(static_cast<std::uint8_t>(sent >> (8 * b)));
      }
      services();
    }
    t.clk_i = 1;
    t.eval();
    ++cycle_;
    return consumed;
  }

  bool memory_idle() const { return writing_ == 0 && reading_ == 0 && !written_; }

  void services() {
    Vlink& t = *top_;
    if (t.bvalid_i) written_ = false;
    if (t.rvalid_i && t.rready_o) {
      --reading_;
      address_ += 4;
    }
    if (t.wvalid_o && t.wready_i) {
      for (unsigned b = 0; b < 4; ++b) {
        const auto byte = static_cast<std::uint8_t>(t.wdata_o >> (8 * b));
        if ((t.wstrb_o >> b & 1) != 0) failed_ |= !services_.write_memory(address_ + b, &byte, 1);
      }
      address_ += 4;
      if (--writing_ == 0) written_ = true;
    }
    if (t.req_valid_o && t.req_ready_i) {
      address_ = t.req_addr_o;
      failed_ = false;
      (t.req_write_o ? writing_ : reading_) = t.req_words_o;
    }
    if (t.reg_rvalid_i) reg_pending_ = false;
    if (t.reg_req_o && t.reg_gnt_i) {
      reg_pending_ = true;
      reg_error_ = t.reg_we_o ? !services_.write_reg(t.reg_addr_o, t.reg_wdata_o)
                              : !services_.read_reg(t.reg_addr_o, reg_value_);
    }
    if (t.msg_valid_o && t.msg_ready_i) {
      message_.push_back(t.msg_data_o);
      if (t.msg_last_o) {
        services_.messages.push_back(message_);
        message_.clear();
      }
    }
    if (t.evt_valid_i && t.evt_ready_o) event_.pop_front();
  }

  BenchServices& services_;
  std::mt19937_64 random_;
  const unsigned stall_;
  VerilatedContext context_;
  std::unique_ptr<Vlink> top_;
  std::uint64_t cycle_ = 0, address_ = 0;
  unsigned writing_ = 0, reading_ = 0;
  bool written_ = false, failed_ = false, reg_pending_ = false, reg_error_ = false;
  std::uint32_t reg_value_ = 0;
  std::vector<std::uint32_t> message_;
  std::deque<std::uint32_t> event_;
};

struct Rig {
  Rig(Faults faults, std::uint64_t seed, unsigned stall)
      : services(kMemory), peer(services, seed, stall), device(make(faults, seed), options()) {}
  static LinkOptions options() {
    LinkOptions o;
    o.retry = std::chrono::milliseconds(5);
    o.give_up = std::chrono::milliseconds(3000);
    return o;
  }
  std::unique_ptr<Transport> make(Faults faults, std::uint64_t seed) {
    ClockedTransport::Options clock;
    clock.cycle_time = std::chrono::microseconds(1);
    clock.slice_cycles = 100;
    auto outer = std::make_unique<FaultyTransport>(std::make_unique<ClockedTransport>(peer, clock), faults,
                                                   faults, seed);
    faulty = outer.get();
    return outer;
  }
  FarSide far() {
    FarSide side;
    side.memory_bytes = kMemory;
    side.reg_base = BenchServices::kRegBase;
    side.regs = 1024;
    side.push_event = [this](const std::vector<std::uint32_t>& words) { return peer.push_event(words); };
    side.stall_mailbox = [this](unsigned n) { services.mailbox_stalls = n; };
    side.messages = [this]() -> const std::vector<std::vector<std::uint32_t>>& { return services.messages; };
    return side;
  }
  BenchServices services;
  RtlPeer peer;
  FaultyTransport* faulty = nullptr;
  Device device;
};

TEST(LinkRtl, Hello) {
  Rig rig({}, 1, 0);
  for (std::uint32_t i = 0; i < 13; ++i) rig.services.regs[i] = 100 + i;
  const HelloReply reply = rig.device.hello();
  EXPECT_EQ(reply.max_payload, 1024U);
  EXPECT_EQ(reply.protocol_version, 1U);
  ASSERT_EQ(reply.identification.size(), 13U);
  EXPECT_EQ(reply.identification[12], 112U);
}

TEST(LinkRtl, UploadSpeed) {
  Rig rig({}, 1, 0);
  std::mt19937_64 random(1);
  const auto data = random_bytes(random, kMemory);
  rig.device.hello();
  const std::uint64_t before = rig.peer.cycles();
  rig.device.write_memory(0, data.data(), data.size());
  const double rate = static_cast<double>(data.size()) / static_cast<double>(rig.peer.cycles() - before);
  EXPECT_GT(rate, LINK_SERIAL != 0 ? 0.75 : 3.0) << "bytes per cycle";
  EXPECT_EQ(rig.services.memory, data);
}

TEST(LinkRtl, CleanTraffic) {
  for (const unsigned stall : {0u, 30u}) {
    const std::uint64_t seed = luoshu::test_seed();
    std::mt19937_64 random(seed);
    Rig rig({}, seed, stall);
    EXPECT_EQ(run_traffic(rig.device, rig.far(), random, 1000, 6000).wrong, 0U) << "seed " << seed;
  }
}

// docs/link.md: an error of memory is the completion of reads and MEM_CRC, the status of a write; nothing of
// it is left in the next session.
TEST(LinkRtl, MemoryErrors) {
  for (const unsigned stall : {0u, 30u}) {
    Rig rig({}, luoshu::test_seed(), stall);
    std::vector<std::uint8_t> data(3000, 5);
    const auto code = [&](const auto& act) -> std::uint32_t {
      try {
        act();
      } catch (const DeviceError& e) {
        return e.detail().code;
      }
      return 0;
    };
    for (const std::uint32_t expected : {0u, 6u, 0u}) {
      rig.services.fail_memory = expected != 0;
      EXPECT_EQ(code([&] { rig.device.write_memory(64, data.data(), data.size()); }), expected);
      EXPECT_EQ(code([&] { rig.device.write_memory(63, data.data(), 1); }), expected);
      EXPECT_EQ(code([&] { rig.device.read_memory(64, data.data(), data.size()); }), expected);
      EXPECT_EQ(code([&] { rig.device.crc32(64, 4096); }), expected);
      EXPECT_EQ(code([&] { rig.device.crc32(64, 4); }), expected);
    }
  }
}

struct FaultCase {
  const char* name;
  Faults faults;
};

class LinkRtlFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(LinkRtlFaults, NoWrongByte) {
  const std::uint64_t seed = luoshu::test_seed();
  std::mt19937_64 random(seed);
  Rig rig(GetParam().faults, seed, 20);
  EXPECT_EQ(run_traffic(rig.device, rig.far(), random, 400, 4000).wrong, 0U) << "seed " << seed;
  EXPECT_GT(rig.faulty->statistics().faults, 10U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, LinkRtlFaults,
    testing::Values(FaultCase{"flip", {3e-4, 0, 0, 0, 0, 0}}, FaultCase{"drop", {0, 3e-4, 0, 0, 0, 0}},
                    FaultCase{"insert", {0, 0, 3e-4, 0, 0, 0}}, FaultCase{"duplicate", {0, 0, 0, 3e-4, 0, 0}},
                    FaultCase{"run", {0, 0, 0, 0, 1e-4, 0}}, FaultCase{"delay", {0, 0, 0, 0, 0, 0.2}},
                    FaultCase{"all", {1e-4, 1e-4, 1e-4, 1e-4, 3e-5, 0.05}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace luoshu::link_test
