// SPDX-License-Identifier: Apache-2.0
// The lock-step bench must notice when core and model disagree: each test breaks one thing and expects an
// error.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/core_bench.h"
#include "core/encode.h"
#include "core/random_program.h"
#include "support/seed.h"

namespace luoshu {
namespace {

constexpr std::uint64_t kInstructions = 3000;

// Runs random programs until the bench reports an error; returns it, or "" after ten of them.
std::string first_error(const std::function<void(CoreBench&)>& break_it) {
  std::mt19937_64 rng(test_seed());
  for (int i = 0; i < 10; ++i) {
    CoreBench bench(test_seed(), {80, 80, 3, 20});
    break_it(bench);
    bench.start(random_program(rng));
    if (!bench.run(kInstructions)) return bench.error();
  }
  return "";
}

TEST(CoreChecker, UnbrokenPasses) {
  EXPECT_EQ(first_error([](CoreBench&) {}), "");
}

TEST(CoreChecker, EveryFieldIsCompared) {
  const std::vector<std::pair<std::string, std::function<void(IssRecord&)>>> flips = {
      {"order", [](IssRecord& r) { r.order ^= std::uint64_t{1} << 40; }},
      {"insn", [](IssRecord& r) { r.insn ^= 0x80000000; }},
      {"trap", [](IssRecord& r) { r.trap = !r.trap; }},
      {"intr", [](IssRecord& r) { r.intr = !r.intr; }},
      {"pc_rdata", [](IssRecord& r) { r.pc_rdata ^= 4; }},
      {"pc_wdata", [](IssRecord& r) { r.pc_wdata ^= 0x40000000; }},
      {"rs1_addr", [](IssRecord& r) { r.rs1_addr ^= 1; }},
      {"rs2_addr", [](IssRecord& r) { r.rs2_addr ^= 16; }},
      {"rs1_rdata", [](IssRecord& r) { r.rs1_rdata ^= 1; }},
      {"rs2_rdata", [](IssRecord& r) { r.rs2_rdata ^= 0x80000000; }},
      {"rd_addr", [](IssRecord& r) { r.rd_addr ^= 2; }},
      {"rd_wdata", [](IssRecord& r) { r.rd_wdata ^= 0x10; }},
      {"mem_addr", [](IssRecord& r) { r.mem_addr ^= 4; }},
      {"mem_rmask", [](IssRecord& r) { r.mem_rmask ^= 1; }},
      {"mem_wmask", [](IssRecord& r) { r.mem_wmask ^= 8; }},
      {"mem_rdata", [](IssRecord& r) { r.mem_rdata ^= 0x100; }},
      {"mem_wdata", [](IssRecord& r) { r.mem_wdata ^= 0x1000000; }},
  };
  for (const auto& entry : flips) {
    const std::string& name = entry.first;
    const auto& flip = entry.second;
    const std::string error = first_error([&](CoreBench& bench) {
      bench.corrupt_record = [&flip](IssRecord& r) {
        if (r.order == 500) flip(r);
      };
    });
    EXPECT_EQ(error.substr(0, name.size() + 1), name + ":");
  }
}

TEST(CoreChecker, WrongInstructionIsNoticed) {
  int fetches = 0;
  EXPECT_NE(first_error([&](CoreBench& bench) {
              bench.corrupt_fetch = [&fetches](std::uint32_t& word) {
                word ^= ++fetches >= 900 ? 0x100000U : 0U;
              };
            }),
            "");
}

TEST(CoreChecker, WrongLoadIsNoticed) {
  int loads = 0;
  EXPECT_NE(first_error([&](CoreBench& bench) {
              bench.corrupt_load = [&loads](std::uint32_t& word) { word = ++loads == 100 ? ~word : word; };
            }),
            "");
}

TEST(CoreChecker, IgnoredInterruptIsNoticed) {
  EXPECT_EQ(first_error([](CoreBench& bench) {
              bench.corrupt_lines = [](unsigned& lines) { lines = 0; };
            }).substr(0, 29),
            "the core ignored an interrupt");
}

TEST(CoreChecker, InventedInterruptIsNoticed) {
  EXPECT_NE(first_error([](CoreBench& bench) { bench.corrupt_lines = [](unsigned& lines) { lines = 7; }; }),
            "");
  const std::string error =
      first_error([](CoreBench& bench) { bench.corrupt_taken = [](bool& taken) { taken = true; }; });
  EXPECT_EQ(error.substr(0, 26), "the core took an interrupt");
}

TEST(CoreChecker, UnreportedInterruptIsNoticed) {
  EXPECT_NE(first_error([](CoreBench& bench) { bench.corrupt_taken = [](bool& taken) { taken = false; }; }),
            "");
}

TEST(CoreChecker, LostStoreIsNoticed) {
  // The model runs the store, the core (whose fetched word becomes a no-op) does not, and the record is
  // forged.
  CoreBench bench(test_seed(), {100, 100, 1, 0});
  rv::Program p;
  rv::li(p, 1, kCodeBytes);
  p.insert(p.end(), {rv::store(2, 1, 1, 0), rv::jal(0, 0)});
  bench.corrupt_fetch = [](std::uint32_t& word) {
    if (word == rv::store(2, 1, 1, 0)) word = rv::kNop;
  };
  bench.corrupt_record = [](IssRecord& r) {
    if (r.insn != rv::kNop || r.pc_rdata != 8) return;
    r.insn = rv::store(2, 1, 1, 0);
    r.rs1_addr = r.rs2_addr = 1;
    r.rs1_rdata = r.rs2_rdata = r.mem_addr = r.mem_wdata = kCodeBytes;
    r.mem_wmask = 0xF;
  };
  bench.start(p);
  EXPECT_FALSE(bench.run(100));
  EXPECT_EQ(bench.error().substr(0, 19), "data memory differs");
}

TEST(CoreChecker, HangIsNoticed) {
  CoreBench bench(test_seed(), {0, 100, 1, 0});  // no fetch is ever granted
  bench.start({rv::kNop});
  EXPECT_FALSE(bench.run(1));
  EXPECT_EQ(bench.error().substr(0, 14), "the core hangs");
}

}  // namespace
}  // namespace luoshu
