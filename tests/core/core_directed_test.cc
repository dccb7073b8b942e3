// SPDX-License-Identifier: Apache-2.0
// Every instruction, CSR, trap and interrupt of the core with expected values written here, not taken from
// the model; the model runs along and must agree. Also the promised cycle counts.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "core/core_bench.h"
#include "core/encode.h"
#include "support/seed.h"

namespace luoshu {
namespace {

using namespace rv;

constexpr Word kStop = 0x0000006F;  // jal x0, 0
constexpr std::uint64_t kMany = 100000;
constexpr std::uint64_t kSlow = kSerialCore ? 8 : 1;  // cycles per instruction, about

constexpr std::array<BenchTiming, 2> kTimings = {{{100, 100, 1, 0}, {60, 50, 5, 0}}};

// Runs a program on the given timing and returns the core's records.
std::vector<IssRecord> run(const Program& program, const BenchTiming& timing = kTimings[0]) {
  CoreBench bench(test_seed(), timing);
  bench.start(program);
  EXPECT_TRUE(bench.run(kMany)) << bench.error();
  return bench.records();
}

// The last record of the instruction at this index of the program.
IssRecord at(const std::vector<IssRecord>& records, std::size_t index) {
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (record->pc_rdata == 4 * index) return *record;
  }
  ADD_FAILURE() << "instruction " << index << " did not retire";
  return {};
}

struct Operation {
  const char* name;
  Word funct7, funct3;
  Word a, b, expected;
};

TEST(CoreDirected, RegisterArithmetic) {
  const std::vector<Operation> cases = {
      {"add", 0, 0, 1, 2, 3},
      {"add wraps", 0, 0, 0xFFFFFFFF, 1, 0},
      {"add overflow", 0, 0, 0x7FFFFFFF, 1, 0x80000000},
      {"sub", 0x20, 0, 5, 7, 0xFFFFFFFE},
      {"sub min", 0x20, 0, 0x80000000, 1, 0x7FFFFFFF},
      {"sub self", 0x20, 0, 0x80000000, 0x80000000, 0},
      {"sll 0", 0, 1, 0x80000001, 0, 0x80000001},
      {"sll 1", 0, 1, 0x80000001, 1, 2},
      {"sll 31", 0, 1, 3, 31, 0x80000000},
      {"sll by 32 is by 0", 0, 1, 3, 32, 3},
      {"slt", 0, 2, 0xFFFFFFFF, 0, 1},
      {"slt min max", 0, 2, 0x80000000, 0x7FFFFFFF, 1},
      {"slt max min", 0, 2, 0x7FFFFFFF, 0x80000000, 0},
      {"slt equal", 0, 2, 5, 5, 0},
      {"sltu", 0, 3, 0xFFFFFFFF, 0, 0},
      {"sltu min", 0, 3, 0x7FFFFFFF, 0x80000000, 1},
      {"sltu equal", 0, 3, 0, 0, 0},
      {"xor", 0, 4, 0xFF00FF00, 0x0FF00FF0, 0xF0F0F0F0},
      {"srl 0", 0, 5, 0x80000000, 0, 0x80000000},
      {"srl 31", 0, 5, 0x80000000, 31, 1},
      {"srl by 33 is by 1", 0, 5, 0x80000000, 33, 0x40000000},
      {"sra 31", 0x20, 5, 0x80000000, 31, 0xFFFFFFFF},
      {"sra 4", 0x20, 5, 0x80000000, 4, 0xF8000000},
      {"sra positive", 0x20, 5, 0x7FFFFFFF, 4, 0x07FFFFFF},
      {"or", 0, 6, 0xFF00FF00, 0x0FF00FF0, 0xFFF0FFF0},
      {"and", 0, 7, 0xFF00FF00, 0x0FF00FF0, 0x0F000F00},
  };
  for (const BenchTiming& timing : kTimings) {
    for (const Operation& op : cases) {
      Program p;
      li(p, 1, op.a);
      li(p, 2, op.b);
      p.push_back(r_type(op.funct7, op.funct3, 3, 1, 2));
      p.push_back(addi(4, 3, 0));                          // forwarded
      p.push_back(addi(5, 3, 0));                          // from the register file
      p.push_back(r_type(op.funct7, op.funct3, 0, 1, 2));  // x0 stays 0
      p.push_back(addi(6, 0, 0));
      p.push_back(r_type(op.funct7, op.funct3, 1, 1, 2));  // destination is a source
      p.push_back(kStop);
      const auto records = run(p, timing);
      EXPECT_EQ(at(records, 4).rd_wdata, op.expected) << op.name;
      EXPECT_EQ(at(records, 4).rd_addr, 3U) << op.name;
      EXPECT_EQ(at(records, 5).rd_wdata, op.expected) << op.name << ", forwarded";
      EXPECT_EQ(at(records, 6).rd_wdata, op.expected) << op.name << ", stored";
      EXPECT_EQ(at(records, 7).rd_addr, 0U) << op.name;
      EXPECT_EQ(at(records, 8).rd_wdata, 0U) << op.name << ", x0";
      EXPECT_EQ(at(records, 9).rd_wdata, op.expected) << op.name << ", in place";
    }
  }
}

TEST(CoreDirected, ImmediateArithmetic) {
  struct Case {
    Word insn, a, expected;
  };
  const std::vector<Case> cases = {
      {addi(3, 1, -1), 0, 0xFFFFFFFF},
      {addi(3, 1, 2047), 1, 2048},
      {addi(3, 1, -2048), 0, 0xFFFFF800},
      {i_type(0x13, 2, 3, 1, -1), 0xFFFFFFFE, 1},
      {i_type(0x13, 2, 3, 1, -1), 0, 0},
      {i_type(0x13, 3, 3, 1, -1), 0, 1},
      {i_type(0x13, 3, 3, 1, 1), 0, 1},
      {i_type(0x13, 4, 3, 1, -1), 0x12345678, 0xEDCBA987},
      {i_type(0x13, 6, 3, 1, -2048), 1, 0xFFFFF801},
      {i_type(0x13, 7, 3, 1, 0x7F0), 0xFFFFFFFF, 0x7F0},
      {i_type(0x13, 1, 3, 1, 31), 1, 0x80000000},
      {i_type(0x13, 1, 3, 1, 0), 0xDEADBEEF, 0xDEADBEEF},
      {i_type(0x13, 5, 3, 1, 31), 0x80000000, 1},
      {i_type(0x13, 5, 3, 1, 0x400 + 31), 0x80000000, 0xFFFFFFFF},
      {i_type(0x13, 5, 3, 1, 0x400 + 1), 0x40000000, 0x20000000},
      {lui(3, 0xFFFFF000), 0, 0xFFFFF000},
      {auipc(3, 0xFFFFF000), 0, 0xFFFFF008},
      {auipc(3, 0x12345000), 0, 0x12345008},
      {kFence, 0, 0},
      {kFenceI, 0, 0},
  };
  for (const Case& c : cases) {
    Program p;
    li(p, 1, c.a);
    p.insert(p.end(), {c.insn, kStop});
    EXPECT_EQ(at(run(p), 2).rd_wdata, c.expected) << std::hex << c.insn;
  }
}

TEST(CoreDirected, Branches) {
  struct Case {
    Word funct3, a, b;
    bool taken;
  };
  const std::vector<Case> cases = {
      {0, 1, 1, true},           {0, 1, 0x10001, false},
      {1, 1, 1, false},          {1, 0x80000000, 0, true},
      {4, 0xFFFFFFFF, 0, true},  {4, 0x80000000, 0x7FFFFFFF, true},
      {4, 3, 3, false},          {4, 0x7FFFFFFF, 0x80000000, false},
      {5, 3, 3, true},           {5, 0x7FFFFFFF, 0x80000000, true},
      {5, 0xFFFFFFFF, 0, false}, {6, 0, 0xFFFFFFFF, true},
      {6, 3, 3, false},          {6, 0x80000000, 0x7FFFFFFF, false},
      {7, 3, 3, true},           {7, 0xFFFFFFFF, 0, true},
      {7, 0, 1, false},
  };
  for (const BenchTiming& timing : kTimings) {
    for (const Case& c : cases) {
      Program p;  // forwards at 4 to 7, backwards from 8 to 6
      li(p, 1, c.a);
      li(p, 2, c.b);
      p.insert(p.end(), {branch(c.funct3, 1, 2, 12), kStop, kStop, branch(c.funct3, 1, 2, -4), kStop});
      const auto records = run(p, timing);
      EXPECT_EQ(at(records, 4).pc_wdata, c.taken ? 28U : 20U);
      if (c.taken) {
        EXPECT_EQ(at(records, 7).pc_wdata, 24U);
      }
    }
  }
}

TEST(CoreDirected, JumpsLink) {
  Program p;
  p.push_back(jal(1, 12));      // 0 -> 3
  p.push_back(kStop);           // 1
  p.push_back(jalr(2, 1, 16));  // 2: 4 + 16 = 20 -> 5
  p.push_back(jal(0, -4));      // 3 -> 2
  p.push_back(kStop);           // 4
  p.push_back(jalr(1, 1, 25));  // 5: 29, bit 0 is cleared, -> 7; destination is the source
  p.push_back(kStop);           // 6
  p.push_back(addi(3, 1, 0));   // 7
  p.push_back(kStop);           // 8
  const auto records = run(p);
  EXPECT_EQ(at(records, 0).rd_wdata, 4U);
  EXPECT_EQ(at(records, 2).rd_wdata, 12U);
  EXPECT_EQ(at(records, 2).pc_wdata, 20U);
  EXPECT_EQ(at(records, 5).pc_wdata, 28U);
  EXPECT_EQ(at(records, 7).rd_wdata, 24U);
}

TEST(CoreDirected, LoadsAndStores) {
  for (const BenchTiming& timing : kTimings) {
    Program p;
    li(p, 1, kCodeBytes + 64);
    li(p, 2, 0x89ABCDEF);
    p.push_back(store(2, 2, 1, 0));  // 4
    std::vector<std::pair<Word, Word>> expected;
    const auto expect_load = [&](Word funct3, std::int32_t offset, Word value) {
      expected.emplace_back(static_cast<Word>(p.size()), value);
      p.push_back(load(funct3, 3, 1, offset));
      expected.emplace_back(static_cast<Word>(p.size()), value);
      p.push_back(addi(4, 3, 0));  // uses the loaded value at once
    };
    expect_load(2, 0, 0x89ABCDEF);
    expect_load(0, 0, 0xFFFFFFEF);
    expect_load(0, 1, 0xFFFFFFCD);
    expect_load(0, 2, 0xFFFFFFAB);
    expect_load(0, 3, 0xFFFFFF89);
    expect_load(4, 0, 0xEF);
    expect_load(4, 3, 0x89);
    expect_load(1, 0, 0xFFFFCDEF);
    expect_load(1, 2, 0xFFFF89AB);
    expect_load(5, 0, 0xCDEF);
    expect_load(5, 2, 0x89AB);
    p.push_back(addi(5, 0, 0x12));
    p.push_back(store(0, 5, 1, 1));
    expect_load(2, 0, 0x89AB12EF);
    p.push_back(store(0, 5, 1, 3));
    expect_load(2, 0, 0x12AB12EF);
    p.push_back(store(1, 2, 1, 2));
    expect_load(2, 0, 0xCDEF12EF);
    p.push_back(store(1, 5, 1, 0));
    expect_load(2, 0, 0xCDEF0012);
    p.push_back(addi(1, 1, 8));
    p.push_back(store(2, 1, 1, -4));  // the address register as data, negative offset
    expect_load(2, -4, kCodeBytes + 72);
    p.push_back(load(2, 0, 1, -4));  // to x0
    p.push_back(addi(6, 0, 0));
    expected.emplace_back(static_cast<Word>(p.size() - 1), 0U);
    p.push_back(kStop);
    const auto records = run(p, timing);
    for (const auto& [index, value] : expected) {
      EXPECT_EQ(at(records, index).rd_wdata, value) << "instruction " << index;
    }
  }
}

// A program with a handler that stores nothing and stops; returns mcause, mepc, mtval, mstatus as read there.
struct Trap {
  Word cause, epc, value, status;
};
constexpr Word kHandler = 0x200;
Trap trap_of(Program body, const BenchTiming& timing = kTimings[0]) {
  Program p;
  li(p, 31, kHandler);
  p.push_back(csr(1, 0, kMtvec, 31));
  p.push_back(csr(6, 0, kMstatus, 8));
  p.insert(p.end(), body.begin(), body.end());
  p.push_back(kStop);
  p.resize(kHandler / 4, kStop);
  p.insert(p.end(),
           {csr(2, 1, kMcause, 0), csr(2, 2, kMepc, 0), csr(2, 3, kMtval, 0), csr(2, 4, kMstatus, 0), kStop});
  const auto records = run(p, timing);
  const std::size_t h = kHandler / 4;
  return {at(records, h).rd_wdata, at(records, h + 1).rd_wdata, at(records, h + 2).rd_wdata,
          at(records, h + 3).rd_wdata};
}

TEST(CoreDirected, Exceptions) {
  struct Case {
    const char* name;
    Word base;  // to x5
    Word insn;  // at 6
    Word cause, value;
  };
  const std::vector<Case> cases = {
      {"illegal zero", 0, 0x00000000, 2, 0},
      {"illegal ones", 0, 0xFFFFFFFF, 2, 0},
      {"compressed", 0, 0x00000001, 2, 0},
      {"mul", 0, r_type(1, 0, 1, 2, 3), 2, 0},
      {"sll with funct7", 0, r_type(0x20, 1, 1, 2, 3), 2, 0},
      {"slli of 32", 0, i_type(0x13, 1, 1, 2, 32), 2, 0},
      {"srai with extra bits", 0, i_type(0x13, 5, 1, 2, 0x601), 2, 0},
      {"branch funct3 2", 0, branch(2, 0, 0, 8), 2, 0},
      {"branch funct3 3", 0, branch(3, 0, 0, 8), 2, 0},
      {"jalr funct3 1", 0, i_type(0x67, 1, 0, 5, 0), 2, 0},
      {"load funct3 3", kCodeBytes, load(3, 1, 5, 0), 2, 0},
      {"load funct3 6", kCodeBytes, load(6, 1, 5, 0), 2, 0},
      {"load funct3 7", kCodeBytes, load(7, 1, 5, 0), 2, 0},
      {"store funct3 3", kCodeBytes, store(3, 5, 5, 0), 2, 0},
      {"store funct3 4", kCodeBytes, store(4, 5, 5, 0), 2, 0},
      {"fence funct3 2", 0, kFenceI + 0x1000, 2, 0},
      {"system funct3 4", 0, csr(4, 0, kMscratch, 0), 2, 0},
      {"sret", 0, 0x10200073, 2, 0},
      {"uret", 0, 0x00200073, 2, 0},
      {"mret with rd", 0, kMret | 0x80U, 2, 0},
      {"wfi with rs1", 0, kWfi | 0x8000U, 2, 0},
      {"no such csr", 0, csr(2, 1, 0x7C0, 0), 2, 0},
      {"cycle is not there", 0, csr(2, 1, 0xC00, 0), 2, 0},
      {"write mhartid", 0, csr(1, 1, kMhartid, 0), 2, 0},
      {"set bits of mvendorid", 0, csr(2, 1, 0xF11, 5), 2, 0},
      {"clear bits immediate of mimpid", 0, csr(7, 1, 0xF13, 1), 2, 0},
      {"ecall", 0, kEcall, 11, 0},
      {"ebreak", 0, kEbreak, 3, 0},
      {"lh at 1", kCodeBytes, load(1, 1, 5, 1), 4, kCodeBytes + 1},
      {"lhu at 3", kCodeBytes, load(5, 1, 5, 3), 4, kCodeBytes + 3},
      {"lw at 1", kCodeBytes, load(2, 1, 5, 1), 4, kCodeBytes + 1},
      {"lw at 2", kCodeBytes, load(2, 1, 5, 2), 4, kCodeBytes + 2},
      {"lw at -1", kCodeBytes, load(2, 1, 5, -1), 4, kCodeBytes - 1},
      {"sh at 1", kCodeBytes, store(1, 5, 5, 1), 6, kCodeBytes + 1},
      {"sw at 2", kCodeBytes, store(2, 5, 5, 2), 6, kCodeBytes + 2},
      {"sw at 3", kCodeBytes, store(2, 5, 5, 3), 6, kCodeBytes + 3},
      {"load fault", kMemoryBytes, load(2, 1, 5, 4), 5, kMemoryBytes + 4},
      {"byte load fault", kMemoryBytes, load(0, 1, 5, 3), 5, kMemoryBytes + 3},
      {"store fault", 0xFFFFFFF0, store(2, 5, 5, 4), 7, 0xFFFFFFF4},
      {"byte store fault", 0x100, store(0, 5, 5, 1), 7, 0x101},
      {"jal to 2", 0, jal(1, 6), 0, 24 + 6},
      {"jalr to 2", 0, jalr(1, 5, 0x102), 0, 0x102},
      {"jalr to 3 loses bit 0", 0, jalr(1, 5, 0x103), 0, 0x102},
      {"taken branch to 2", 0, branch(0, 0, 0, -2), 0, 24 - 2},
  };
  for (const BenchTiming& timing : kTimings) {
    for (const Case& c : cases) {
      Program body;
      li(body, 5, c.base);
      body.push_back(c.insn);
      body.push_back(addi(7, 0, 1));
      const Trap trap = trap_of(body, timing);
      EXPECT_EQ(trap.cause, c.cause) << c.name;
      EXPECT_EQ(trap.epc, 24U) << c.name;
      EXPECT_EQ(trap.value, c.value) << c.name;
      EXPECT_EQ(trap.status, 0x1880U) << c.name;  // MPP, MPIE
    }
  }
}

TEST(CoreDirected, UntakenBranchToMisalignedIsNoTrap) {
  Program p = {branch(1, 0, 0, 6), addi(1, 0, 7), kStop};
  EXPECT_EQ(at(run(p), 1).rd_wdata, 7U);
}

TEST(CoreDirected, TrappingInstructionsWriteNothing) {
  Program body;
  li(body, 5, kMemoryBytes);
  li(body, 1, 0x77);
  body.push_back(load(2, 1, 5, 0));
  Program p;
  li(p, 31, kHandler);
  p.push_back(csr(1, 0, kMtvec, 31));
  p.insert(p.end(), body.begin(), body.end());
  p.resize(kHandler / 4, kStop);
  p.insert(p.end(), {addi(2, 1, 0), csr(2, 3, kMinstret, 0), kStop});
  const auto records = run(p);
  EXPECT_EQ(at(records, kHandler / 4).rd_wdata, 0x77U);
  EXPECT_EQ(at(records, kHandler / 4 + 1).rd_wdata,
            kSerialCore ? 0U : 8U);  // 7 before the load, then one; the load not
}

TEST(CoreDirected, CsrOperations) {
  struct Case {
    Word funct3, source, old, next;
    bool immediate;
  };
  const std::vector<Case> cases = {
      {1, 0x0F0F0F0F, 0x33333333, 0x0F0F0F0F, false},
      {2, 0x0F0F0F0F, 0x33333333, 0x3F3F3F3F, false},
      {3, 0x0F0F0F0F, 0x33333333, 0x30303030, false},
      {5, 0x15, 0x33333333, 0x15, true},
      {6, 0x15, 0x33333333, 0x33333337, true},
      {7, 0x15, 0x33333333, 0x33333322, true},
      {5, 0, 0x33333333, 0, true},
      {6, 0, 0x33333333, 0x33333333, true},
      {7, 0, 0x33333333, 0x33333333, true},
  };
  for (const Case& c : cases) {
    Program p;
    li(p, 1, c.old);
    p.push_back(csr(1, 0, kMscratch, 1));
    li(p, 2, c.source);
    p.push_back(csr(c.funct3, 3, kMscratch, c.immediate ? c.source : 2));  // 5
    p.push_back(csr(2, 4, kMscratch, 0));                                  // 6
    p.push_back(kStop);
    const auto records = run(p);
    EXPECT_EQ(at(records, 5).rd_wdata, c.old) << "funct3 " << c.funct3;
    EXPECT_EQ(at(records, 6).rd_wdata, c.next) << "funct3 " << c.funct3;
  }
}

TEST(CoreDirected, CsrFields) {
  struct Case {
    Word address, ones, zeros;  // what it holds after all ones and all zeros were written
  };
  const std::vector<Case> cases = {
      {kMstatus, 0x1888, 0x1800},
      {kMisa, 0x40000100, 0x40000100},
      {kMie, 0x888, 0},
      {kMtvec, 0xFFFFFFFC, 0},
      {kMscratch, 0xFFFFFFFF, 0},
      {kMepc, 0xFFFFFFFC, 0},
      {kMcause, 0x8000000F, 0},
      {kMtval, 0xFFFFFFFF, 0},
      {kMip, 0, 0},
      {kMcycleh, 0, 0},
      {kMinstreth, 0, 0},
      {0x310, 0, 0},
      {0x320, 0, 0},
      {0x323, 0, 0},
      {0x33F, 0, 0},
      {0xB03, 0, 0},
      {0xB1F, 0, 0},
      {0xB83, 0, 0},
      {0xB9F, 0, 0},
  };
  for (const Case& c : cases) {
    const Program p = {addi(1, 0, -1),          csr(1, 0, c.address, 1), csr(2, 3, c.address, 0),
                       csr(1, 0, c.address, 0), csr(2, 4, c.address, 0), kStop};
    const auto records = run(p);
    EXPECT_EQ(at(records, 2).rd_wdata, c.ones) << std::hex << c.address;
    EXPECT_EQ(at(records, 4).rd_wdata, c.zeros) << std::hex << c.address;
  }
  for (const Word address : {0xF11U, 0xF12U, 0xF13U, 0xF14U, 0xF15U}) {
    const auto records = run({csr(2, 3, address, 0), kStop});
    EXPECT_FALSE(at(records, 0).trap);
    EXPECT_EQ(at(records, 0).rd_wdata, 0U);
  }
  for (const Word address :
       {0x321U, 0x322U, 0xB01U, 0xB81U, 0x306U, 0x302U, 0x303U, 0x7A0U, 0xC02U, 0xF10U, 0xF16U}) {
    EXPECT_TRUE(at(run({csr(2, 3, address, 0), kStop}), 0).trap) << std::hex << address;
  }
}

TEST(CoreDirected, Counters) {
  const Program p = {csr(2, 1, kMcycle, 0),   csr(2, 2, kMcycle, 0), csr(2, 3, kMinstret, 0),
                     csr(2, 4, kMinstret, 0), csr(1, 0, kMcycle, 0), csr(1, 0, kMinstret, 0),  // ignored
                     csr(2, 5, kMinstret, 0), csr(2, 6, kMcycle, 0), kStop};
  const auto records = run(p);
  if (kSerialCore) {  // it has none: they read as 0, however many instructions have retired
    for (const std::size_t i : {0U, 1U, 2U, 3U, 6U, 7U})
      EXPECT_EQ(at(records, i).rd_wdata, 0U) << "record " << i;
    return;
  }
  const Word first = at(records, 0).rd_wdata;
  EXPECT_EQ(at(records, 1).rd_wdata, first + 1);
  EXPECT_EQ(at(records, 2).rd_wdata, 2U);
  EXPECT_EQ(at(records, 3).rd_wdata, 3U);
  EXPECT_EQ(at(records, 6).rd_wdata, 6U);
  EXPECT_EQ(at(records, 7).rd_wdata, first + 7);
}

TEST(CoreDirected, MretRestores) {
  Program p;
  p.insert(p.end(), {addi(1, 0, 24), csr(1, 0, kMepc, 1), csr(5, 0, kMstatus, 0), csr(2, 2, kMstatus, 0),
                     kMret, kStop, csr(2, 3, kMstatus, 0),  // 6: MIE was MPIE = 0, MPIE = 1
                     addi(1, 0, 40), csr(1, 0, kMepc, 1), kMret, csr(2, 4, kMstatus, 0), kStop});
  const auto records = run(p);
  EXPECT_EQ(at(records, 4).pc_wdata, 24U);
  EXPECT_EQ(at(records, 6).rd_wdata, 0x1880U);
  EXPECT_EQ(at(records, 10).rd_wdata, 0x1888U);
}

TEST(CoreDirected, FenceIRefetches) {
  CoreBench bench(test_seed(), kTimings[0]);
  for (const bool fence : {true, false}) {
    Program p;
    li(p, 1, addi(3, 0, 42));
    p.push_back(store(2, 1, 0, 20));
    p.push_back(fence ? kFenceI : kNop);
    p.push_back(kNop);           // 4: fetched late enough either way
    p.push_back(addi(3, 0, 1));  // 5: replaced
    p.push_back(kStop);
    bench.start(p, true);
    ASSERT_TRUE(bench.run(kMany)) << bench.error();
    EXPECT_EQ(at(bench.records(), 5).rd_wdata, 42U);
  }
  // Replaced right behind the fence; without it the old word may run.
  Program p;
  li(p, 1, addi(3, 0, 42));
  p.insert(p.end(), {store(2, 1, 0, 16), kFenceI, addi(3, 0, 1), kStop});
  bench.start(p, true);
  ASSERT_TRUE(bench.run(kMany)) << bench.error();
  EXPECT_EQ(at(bench.records(), 4).rd_wdata, 42U);
}

// Interrupts at each kind of instruction: every line, raised at each cycle of a program.
TEST(CoreDirected, InterruptsAtEveryInstruction) {
  for (const BenchTiming& timing : kTimings) {
    for (const unsigned line : {1U, 2U, 4U, 3U, 5U, 6U, 7U}) {
      for (std::uint64_t when = 0; when < 60 * kSlow; ++when) {
        Program p;
        li(p, 31, kHandler);
        li(p, 30, 0x888);
        li(p, 8, kCodeBytes);
        p.insert(p.end(), {csr(1, 0, kMtvec, 31),
                           csr(1, 0, kMie, 30),
                           csr(6, 0, kMstatus, 8),
                           addi(1, 0, 5),
                           store(2, 1, 8, 0),
                           load(2, 2, 8, 0),
                           branch(0, 1, 2, 8),
                           kStop,
                           jal(3, 8),
                           kStop,
                           auipc(4, 0),
                           jalr(5, 4, 12),
                           kStop,
                           csr(2, 6, kMcycle, 0),
                           kFence,
                           kFenceI,
                           lui(7, 0x1000),
                           addi(31, 31, 0x40),
                           csr(1, 0, kMtvec, 31),
                           kEcall,
                           addi(9, 0, 1),
                           kWfi,
                           kStop});
        p.resize(kHandler / 4, kStop);
        p.insert(p.end(), {csr(2, 20, kMcause, 0), csr(2, 21, kMepc, 0), kMret});
        p.resize(kHandler / 4 + 16,
                 kStop);  // the handler of the ecall, also of interrupts after the second mtvec
        p.insert(p.end(), {csr(2, 20, kMcause, 0), csr(2, 21, kMepc, 0), branch(4, 20, 0, 12),
                           addi(21, 21, 4), csr(1, 0, kMepc, 21), kMret});
        CoreBench bench(test_seed() + when, timing);
        bench.start(p);
        std::uint64_t cycle = 0;
        // Up from `when` until the handler has read mcause; for the wfi at the end once more.
        std::size_t seen = 0;
        bench.before_cycle = [&] {
          const bool late = cycle > 400 * kSlow;
          const std::uint64_t from = late ? 400 * kSlow : when;
          if (late && seen == 0) seen = bench.interrupts_taken();
          const bool served = late ? bench.interrupts_taken() > seen : bench.interrupts_taken() > 0;
          bench.set_lines(cycle >= from && !served ? line : 0);
          ++cycle;
        };
        ASSERT_TRUE(bench.run(kMany)) << bench.error() << ", line " << line << " at " << when;
        const Word expected = (line & 4U) != 0 ? 0x8000000BU : (line & 1U) != 0 ? 0x80000003U : 0x80000007U;
        int handled = 0;
        for (const IssRecord& r : bench.records()) {
          if (!r.intr) continue;
          ++handled;
          EXPECT_EQ(r.rd_wdata, expected) << "line " << line << " at " << when;
        }
        EXPECT_GE(handled, 1) << "line " << line << " at " << when;
      }
    }
  }
}

TEST(CoreDirected, WfiSleepsUntilEnabledInterrupt) {
  for (const bool globally : {true, false}) {
    Program p;
    li(p, 31, kHandler);
    p.insert(p.end(), {csr(1, 0, kMtvec, 31), addi(1, 0, 0x80), csr(1, 0, kMie, 1),
                       globally ? csr(6, 0, kMstatus, 8) : kNop, kWfi, addi(2, 0, 9), kStop});
    p.resize(kHandler / 4, kStop);
    p.insert(p.end(), {addi(3, 0, 7), kStop});
    CoreBench bench(test_seed(), kTimings[0]);
    bench.start(p);
    for (std::uint64_t i = 0; i < 40 * kSlow; ++i) ASSERT_TRUE(bench.cycle()) << bench.error();
    EXPECT_TRUE(bench.asleep());
    const std::uint64_t fetches = bench.fetches();
    bench.set_lines(5);  // not enabled
    for (std::uint64_t i = 0; i < 40 * kSlow; ++i) ASSERT_TRUE(bench.cycle()) << bench.error();
    EXPECT_TRUE(bench.asleep());
    EXPECT_EQ(bench.fetches(), fetches);
    bench.set_lines(2);
    ASSERT_TRUE(bench.run(kMany)) << bench.error();
    EXPECT_FALSE(bench.asleep());
    const IssRecord next = at(bench.records(), globally ? kHandler / 4 : 7);
    EXPECT_EQ(next.rd_wdata, globally ? 7U : 9U);
    EXPECT_EQ(next.intr, globally);
    EXPECT_EQ(at(bench.records(), 6).insn, kWfi);  // it retired: a handler returns behind it
  }
}

TEST(CoreDirected, WfiWithPendingInterruptDoesNotSleep) {
  Program p = {addi(1, 0, 8), csr(1, 0, kMie, 1), kNop, kNop, kWfi, addi(2, 0, 9), kStop};
  CoreBench bench(test_seed(), kTimings[0]);
  bench.start(p);
  bench.set_lines(1);
  ASSERT_TRUE(bench.run(kMany)) << bench.error();
  EXPECT_EQ(at(bench.records(), 5).rd_wdata, 9U);
}

TEST(CoreDirected, MipShowsTheLines) {
  for (unsigned lines = 0; lines < 8; ++lines) {
    CoreBench bench(test_seed(), kTimings[0]);
    bench.start({kNop, kNop, csr(2, 1, kMip, 0), kStop});
    bench.set_lines(lines);
    ASSERT_TRUE(bench.run(kMany)) << bench.error();
    const Word expected = ((lines & 4U) << 9) | ((lines & 2U) << 6) | ((lines & 1U) << 3);
    EXPECT_EQ(at(bench.records(), 2).rd_wdata, expected);
  }
}

// Cycles from the retirement of the first to the last of n equal instructions, per instruction.
TEST(CoreDirected, CyclesPerInstruction) {
  struct Case {
    const char* name;
    Word insn;
    std::uint64_t cycles, serial;
  };
  const std::vector<Case> cases = {
      {"addi", addi(1, 1, 1), 1, 6},
      {"add", r_type(0, 0, 1, 1, 1), 1, 10},
      {"shift", r_type(0, 1, 1, 1, 2), 1, 17},
      {"untaken", branch(1, 0, 0, 8), 1, 14},
      {"csr", csr(2, 1, kMcycle, 0), 1, 6},
      {"fence", kFence, 1, 6},
      {"taken", branch(0, 0, 0, 4), 2, 14},
      {"jal", jal(1, 4), 2, 10},
      {"load", load(2, 1, 8, 0), 2, 12},
      {"store", store(2, 1, 8, 0), 2, 16},
      {"fence.i", kFenceI, 2, 6},
  };
  for (const Case& c : cases) {
    Program p;
    li(p, 8, kCodeBytes);
    p.insert(p.end(), {addi(1, 0, 1), addi(2, 0, 2)});
    for (int i = 0; i < 50; ++i) p.push_back(c.insn);
    p.push_back(kStop);
    CoreBench bench(test_seed(), kTimings[0]);
    bench.start(p);
    ASSERT_TRUE(bench.run(kMany)) << bench.error();
    const auto& when = bench.retire_cycles();
    EXPECT_EQ(when.at(53) - when.at(4), 49 * (kSerialCore ? c.serial : c.cycles)) << c.name;
  }
}

// A reset in any cycle of a program that sets everything: the next program finds a core that is as new.
TEST(CoreDirected, ResetInAnyCycle) {
  Program first;
  li(first, 1, kCodeBytes);
  first.push_back(addi(2, 0, -1));
  for (const Word address : {kMtvec, kMie, kMscratch, kMepc, kMtval, kMcause, kMstatus})
    first.push_back(csr(1, 0, address, 2));
  first.insert(first.end(), {store(2, 2, 1, 0), load(2, 3, 1, 0), kWfi, kStop});
  Program second = {csr(2, 4, kMie, 0), csr(2, 5, kMstatus, 0), csr(2, 6, kMtvec, 0), csr(2, 7, kMip, 0)};
  second.insert(second.end(), {addi(2, 0, 8), csr(2, 0, kMstatus, 2), addi(3, 0, 1), kStop});
  const BenchTiming slow = {50, 50, 4, 0};
  CoreBench bench(test_seed(), slow);
  for (int cycles = 0; cycles < (kSerialCore ? 400 : 120); ++cycles) {
    bench.start(first);
    bench.set_lines(7);
    for (int i = 0; i < cycles; ++i) ASSERT_TRUE(bench.cycle()) << bench.error();
    bench.start(second);
    bench.set_lines(7);
    ASSERT_TRUE(bench.run(kMany)) << bench.error() << ", reset after " << cycles << " cycles";
    EXPECT_EQ(at(bench.records(), 0).rd_wdata, 0U);
    EXPECT_EQ(at(bench.records(), 1).rd_wdata, 0x1800U);
    EXPECT_EQ(at(bench.records(), 2).rd_wdata, 0U);
    EXPECT_EQ(bench.interrupts_taken(), 0U);
  }
}

TEST(CoreDirected, BootsWhereTold) {
  CoreBench bench(test_seed(), kTimings[0]);
  Program p(64, kStop);
  p[32] = auipc(1, 0);
  bench.start(p, false, 0x80);
  ASSERT_TRUE(bench.run(kMany)) << bench.error();
  EXPECT_EQ(bench.records().front().rd_wdata, 0x80U);
}

}  // namespace
}  // namespace luoshu
