// SPDX-License-Identifier: Apache-2.0
// The host library against the endpoint model: every service, every kind of fault, dead peers.
#include <gtest/gtest.h>
#include <zlib.h>

#include "link/link_bench.h"
#include "link/traffic.h"
#include "luoshu/device.h"
#include "luoshu/faulty_transport.h"

namespace luoshu::link_test {
namespace {

using Faults = FaultyTransport::Faults;
using std::chrono::milliseconds;

constexpr std::size_t kMemory = 1U << 16U;

LinkOptions quick() {
  LinkOptions options;
  options.retry = milliseconds(5);
  options.give_up = milliseconds(3000);
  return options;
}

// Device -> faults -> clocked transport with a simulated clock (1 us per cycle) -> model.
struct Rig {
  explicit Rig(Faults to_device = {}, Faults from_device = {}, std::uint64_t seed = 1,
               LinkEndpointModel::Options options = small(), LinkOptions link = quick())
      : services(kMemory),
        model(services, options),
        peer(model),
        device(make(to_device, from_device, seed), link) {}

  static LinkEndpointModel::Options small() {
    LinkEndpointModel::Options options;
    options.memory_mib = 1;
    return options;
  }
  std::unique_ptr<Transport> make(Faults to_device, Faults from_device, std::uint64_t seed) {
    ClockedTransport::Options clock;
    clock.cycle_time = std::chrono::microseconds(1);
    clock.slice_cycles = 100;
    auto inner = std::make_unique<ClockedTransport>(peer, clock);
    auto outer = std::make_unique<FaultyTransport>(std::move(inner), to_device, from_device, seed);
    faulty = outer.get();
    return outer;
  }
  FarSide far() {
    FarSide side;
    side.memory_bytes = kMemory;
    side.reg_base = BenchServices::kRegBase;
    side.regs = 1024;
    side.push_event = [this](const std::vector<std::uint32_t>& words) { return model.push_event(words); };
    side.stall_mailbox = [this](unsigned n) { services.mailbox_stalls = n; };
    side.messages = [this]() -> const std::vector<std::vector<std::uint32_t>>& { return services.messages; };
    return side;
  }

  BenchServices services;
  LinkEndpointModel model;
  ModelPeer peer;
  FaultyTransport* faulty = nullptr;
  Device device;
};

TEST(Host, Hello) {
  Rig rig;
  for (std::uint32_t i = 0; i < 13; ++i) rig.services.regs[i] = 100 + i;
  const HelloReply reply = rig.device.hello();
  EXPECT_EQ(reply.max_payload, 1024U);
  EXPECT_EQ(reply.protocol_version, 1U);
  ASSERT_EQ(reply.identification.size(), 13U);
  EXPECT_EQ(reply.identification[12], 112U);
}

TEST(Host, CleanTraffic) {
  std::mt19937_64 random(test_seed());
  Rig rig;
  const TrafficResult result = run_traffic(rig.device, rig.far(), random, 2000, 20000);
  EXPECT_EQ(result.wrong, 0U);
  EXPECT_EQ(rig.device.statistics().retransmitted, rig.device.statistics().refused)
      << "only for a full mailbox";
}

TEST(Host, WriteReportsProgress) {
  Rig rig;
  std::vector<std::uint8_t> data(kMemory);
  std::vector<std::uint64_t> seen;
  rig.device.write_memory(0, data.data(), data.size(), [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(total, data.size());
    seen.push_back(done);
  });
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), data.size());
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

struct FaultCase {
  const char* name;
  Faults faults;
};

class HostFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(HostFaults, NoWrongByte) {
  const std::uint64_t seed = test_seed();
  std::mt19937_64 random(seed);
  Rig rig(GetParam().faults, GetParam().faults, seed);
  const TrafficResult result = run_traffic(rig.device, rig.far(), random, 1500, 6000);
  EXPECT_EQ(result.wrong, 0U);
  EXPECT_GT(rig.faulty->statistics().faults, 20U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, HostFaults,
    testing::Values(FaultCase{"flip", {3e-4, 0, 0, 0, 0, 0}}, FaultCase{"drop", {0, 3e-4, 0, 0, 0, 0}},
                    FaultCase{"insert", {0, 0, 3e-4, 0, 0, 0}}, FaultCase{"duplicate", {0, 0, 0, 3e-4, 0, 0}},
                    FaultCase{"run", {0, 0, 0, 0, 1e-4, 0}}, FaultCase{"delay", {0, 0, 0, 0, 0, 0.2}},
                    FaultCase{"all", {1e-4, 1e-4, 1e-4, 1e-4, 3e-5, 0.05}}),
    [](const auto& info) { return info.param.name; });

// The checkers notice: without the CRC check wrong bytes reach memory; without the duplicate check messages
// come twice.
TEST(HostChecker, NoticesMissingCrcCheck) {
  LinkEndpointModel::Options options = Rig::small();
  options.check_crc = false;
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    std::mt19937_64 random(seed);
    Rig rig({3e-4, 0, 0, 0, 0, 0}, {}, seed, options);
    try {
      wrong += run_traffic(rig.device, rig.far(), random, 300, 6000).wrong;
    } catch (const Error&) {
      ++wrong;
    }
  }
  EXPECT_GT(wrong, 0U);
}

TEST(HostChecker, NoticesMissingDuplicateCheck) {
  LinkEndpointModel::Options options = Rig::small();
  options.check_duplicates = false;
  std::mt19937_64 random(7);
  // Few enough losses that every answer comes through in the end.
  Rig rig({}, {0, 2e-3, 0, 0, 0, 0}, 7, options);
  EXPECT_GT(run_traffic(rig.device, rig.far(), random, 500, 200).wrong, 0U);
}

TEST(Host, DeadPeerIsATimeout) {
  for (std::uint64_t bytes : {0U, 5U, 2000U, 40000U}) {
    Rig rig;
    rig.device.hello();
    rig.faulty->kill_after(bytes);
    std::vector<std::uint8_t> data(kMemory);
    EXPECT_THROW(rig.device.write_memory(0, data.data(), data.size()), TimeoutError) << bytes;
    EXPECT_THROW(rig.device.read_reg(BenchServices::kRegBase), TimeoutError);
  }
  Rig rig;
  rig.faulty->kill();
  EXPECT_THROW(rig.device.hello(), TimeoutError);
}

TEST(Host, ClosedPeerIsDisconnected) {
  Rig rig;
  rig.device.hello();
  rig.faulty->close();
  EXPECT_THROW(rig.device.read_reg(BenchServices::kRegBase), DisconnectedError);
}

TEST(Host, FullMailboxIsATimeoutAndTheSessionGoesOn) {
  Rig rig;
  rig.services.mailbox_stalls = 1000000000;
  EXPECT_THROW(rig.device.send_message({1, 2, 3}), TimeoutError);
  EXPECT_TRUE(rig.services.messages.empty());
  rig.services.mailbox_stalls = 2;
  rig.device.send_message({4});
  ASSERT_EQ(rig.services.messages.size(), 1U);
  EXPECT_EQ(rig.services.messages[0], std::vector<std::uint32_t>{4});
}

TEST(Host, ErrorsCarryTheirDetail) {
  Rig rig;
  std::vector<std::uint8_t> data(16);
  try {
    rig.device.write_memory((1U << 20U) - 8, data.data(), data.size());
    FAIL() << "above the end of memory";
  } catch (const DeviceError& error) {
    EXPECT_EQ(error.detail().code, static_cast<std::uint32_t>(LinkStatus::kBadAddress));
    EXPECT_EQ(error.detail().address, (1U << 20U) - 8);
    EXPECT_EQ(error.detail().operation, "write memory");
  }
  EXPECT_THROW(rig.device.read_reg(0x1000), DeviceError);
  EXPECT_THROW(rig.device.write_reg(0x1000, 1), DeviceError);
  EXPECT_THROW(rig.device.read_memory((std::uint64_t{1} << 40U) - 4, data.data(), 8), DeviceError);
  EXPECT_THROW(rig.device.send_message({}), InputError);
  EXPECT_THROW(rig.device.send_message(std::vector<std::uint32_t>(17)), InputError);
  rig.services.fail_memory = true;
  EXPECT_THROW(rig.device.read_memory(0, data.data(), 8), DeviceError);
  EXPECT_THROW(rig.device.write_memory(0, data.data(), 8), DeviceError);
  EXPECT_THROW(rig.device.crc32(0, 8), DeviceError);
  rig.services.fail_memory = false;
  rig.device.write_memory(0, data.data(), 8);
}

TEST(Host, WriteErrorIsNeverLost) {
  // Every answer of the failing write is lost; the bit that later answers carry tells.
  Rig rig({}, {0, 2e-2, 0, 0, 0, 0}, 11);
  rig.services.fail_memory = true;
  std::vector<std::uint8_t> data(3000);
  for (int i = 0; i < 50; ++i)
    EXPECT_THROW(rig.device.write_memory(0, data.data(), data.size()), DeviceError);
}

TEST(Host, EventsSurviveAnErrorAndANewHostDropsOldOnes) {
  Rig rig;
  rig.device.hello();
  ASSERT_TRUE(rig.model.push_event({1}));
  EXPECT_THROW(rig.device.read_reg(0x1000), DeviceError);
  ASSERT_TRUE(rig.model.push_event({2}));
  EXPECT_EQ(rig.device.wait_event(milliseconds(100)), std::vector<std::uint32_t>{1});
  EXPECT_EQ(rig.device.wait_event(milliseconds(100)), std::vector<std::uint32_t>{2});
  EXPECT_EQ(rig.device.wait_event(milliseconds(10)), std::nullopt);
  for (std::uint32_t i = 0; i < 16; ++i) rig.model.push_event({i});  // nobody takes them
  ClockedTransport::Options clock;
  clock.cycle_time = std::chrono::microseconds(1);
  Device second(std::make_unique<ClockedTransport>(rig.peer, clock), quick());
  EXPECT_EQ(second.wait_event(milliseconds(10)), std::nullopt);
  ASSERT_TRUE(rig.model.push_event({77}));
  EXPECT_EQ(second.wait_event(milliseconds(100)), std::vector<std::uint32_t>{77});
  // The first host notices that it is no longer the one.
  second.write_reg(BenchServices::kRegBase, 1);
  for (int i = 0; i < 5; ++i) second.write_reg(BenchServices::kRegBase, 1);
}

// Forwards to whatever endpoint is behind it now.
class SwitchedPeer final : public ClockedPeer {
 public:
  ClockedPeer* peer = nullptr;
  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    return peer->step(to_device, n, max_cycles, from_device);
  }
};

TEST(Host, DeviceRestartIsNoticed) {
  BenchServices services(kMemory);
  SwitchedPeer peer;
  std::unique_ptr<LinkEndpointModel> model;
  std::unique_ptr<ModelPeer> behind;
  const auto restart = [&] {
    model = std::make_unique<LinkEndpointModel>(services, Rig::small());
    behind = std::make_unique<ModelPeer>(*model);
    peer.peer = behind.get();
  };
  restart();
  ClockedTransport::Options clock;
  clock.cycle_time = std::chrono::microseconds(1);
  Device device(std::make_unique<ClockedTransport>(peer, clock), quick());
  for (int i = 0; i < 200; ++i) device.write_reg(BenchServices::kRegBase, 1);
  int errors = 0;
  for (int i = 0; i < 20; ++i) {
    restart();
    try {
      device.write_reg(BenchServices::kRegBase, 2);
    } catch (const DeviceError&) {
      ++errors;
    }
    device.write_reg(BenchServices::kRegBase, 3);
    EXPECT_EQ(device.read_reg(BenchServices::kRegBase), 3U);
  }
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace luoshu::link_test
