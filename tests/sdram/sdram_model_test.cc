// SPDX-License-Identifier: Apache-2.0
// The model of an SDRAM notices each broken rule: a good sequence without a fault, then the same with one
// thing wrong.
#include "sdram_model.h"

#include <gtest/gtest.h>

namespace luoshu::test {
namespace {

constexpr double kClock = 10;  // ns

// Pins of the commands.
SdramPins nop() {
  return {true, false, true, true, true, 0, 0, 0, 0, false};
}
SdramPins command(bool ras_n, bool cas_n, bool we_n, unsigned bank, unsigned a) {
  return {true, false, ras_n, cas_n, we_n, bank, a, 0, 0, false};
}
SdramPins activate(unsigned bank, unsigned row) {
  return command(false, true, true, bank, row);
}
SdramPins read(unsigned bank, unsigned column) {
  return command(true, false, true, bank, column);
}
SdramPins precharge(unsigned bank) {
  return command(false, true, false, bank, 0);
}
SdramPins precharge_all() {
  return command(false, true, false, 0, 0x400);
}
SdramPins refresh() {
  return command(false, false, true, 0, 0);
}
SdramPins mode(unsigned a) {
  return command(false, false, false, 0, a);
}
SdramPins data(SdramPins pins, std::uint32_t dq) {
  pins.dq = dq;
  pins.drive = true;
  return pins;
}
SdramPins write(unsigned bank, unsigned column, std::uint32_t dq) {
  return data(command(true, false, false, bank, column), dq);
}

class Model : public testing::Test {
 protected:
  void idle(int cycles) {
    for (int i = 0; i < cycles; ++i) model.edge(nop());
  }
  // Powered up, CAS latency 2, bursts of two words.
  void start() {
    idle(20001);
    model.edge(precharge_all());
    idle(3);
    for (int i = 0; i < 8; ++i) {
      model.edge(refresh());
      idle(7);
    }
    model.edge(mode(0x21));
    idle(2);
  }
  void expect_fault(const std::string& part) {
    for (const std::string& f : model.faults()) {
      if (f.find(part) != std::string::npos) return;
    }
    ADD_FAILURE() << "no fault names '" << part << "'";
  }
  SdramModel model{w9825g6kh_6(), kClock};
};

TEST_F(Model, Good) {
  start();
  model.edge(activate(1, 77));
  idle(1);
  model.edge(write(1, 4, 0xabcd));
  model.edge(data(nop(), 0x1234));
  model.edge(read(1, 4));
  EXPECT_TRUE(model.edge(nop()));
  EXPECT_EQ(model.dq(), 0xabcdU);
  EXPECT_TRUE(model.edge(nop()));
  EXPECT_EQ(model.dq(), 0x1234U);
  EXPECT_FALSE(model.edge(nop()));
  idle(2);
  model.edge(precharge(1));
  idle(1);
  model.edge(activate(1, 78));
  for (const std::string& f : model.faults()) ADD_FAILURE() << f;
}

TEST_F(Model, PowerUp) {
  idle(100);
  model.edge(precharge_all());
  expect_fault("power-up");
}
TEST_F(Model, ModeWithoutRefreshes) {
  idle(20001);
  model.edge(precharge_all());
  idle(3);
  model.edge(mode(0x21));
  expect_fault("mode register before");
}
TEST_F(Model, ActivateToRead) {
  start();
  model.edge(activate(0, 1));
  model.edge(read(0, 0));
  expect_fault("tRCD");
}
TEST_F(Model, ActivateToPrecharge) {
  start();
  model.edge(activate(0, 1));
  idle(2);
  model.edge(precharge(0));
  expect_fault("tRAS");
}
TEST_F(Model, RowOpenTooLong) {
  start();
  model.edge(activate(0, 1));
  idle(10001);
  model.edge(precharge(0));
  expect_fault("tRAS max");
}
TEST_F(Model, PrechargeToActivate) {
  start();
  model.edge(activate(0, 1));
  idle(8);
  model.edge(precharge(0));
  model.edge(activate(0, 2));
  expect_fault("tRP");
}
TEST_F(Model, ActivateToActivate) {
  start();
  model.edge(activate(0, 1));
  model.edge(activate(1, 1));
  expect_fault("tRRD");
}
TEST_F(Model, WriteRecovery) {
  start();
  model.edge(activate(0, 1));
  idle(5);
  model.edge(write(0, 0, 1));
  model.edge(data(nop(), 2));
  model.edge(precharge(0));
  expect_fault("tWR");
}
TEST_F(Model, RefreshTime) {
  start();
  model.edge(refresh());
  idle(3);
  model.edge(activate(0, 1));
  expect_fault("tRFC");
}
TEST_F(Model, RefreshOpenBank) {
  start();
  model.edge(activate(0, 1));
  idle(6);
  model.edge(refresh());
  expect_fault("open bank");
}
TEST_F(Model, RefreshMissing) {
  start();
  idle(8000);
  expect_fault("ten intervals");
}
TEST_F(Model, ClosedBank) {
  start();
  model.edge(read(2, 0));
  expect_fault("closed bank");
}
TEST_F(Model, OpenBank) {
  start();
  model.edge(activate(0, 1));
  idle(8);
  model.edge(activate(0, 2));
  expect_fault("activate of an open bank");
}
TEST_F(Model, CutBurst) {
  start();
  model.edge(activate(0, 1));
  idle(2);
  model.edge(read(0, 0));
  model.edge(read(0, 2));
  expect_fault("cuts another");
}
TEST_F(Model, Contention) {
  start();
  model.edge(activate(0, 1));
  idle(2);
  model.edge(read(0, 0));
  idle(1);
  model.edge(write(0, 2, 1));
  expect_fault("both sides");
}
TEST_F(Model, NobodyDrives) {
  start();
  model.edge(activate(0, 1));
  idle(2);
  model.edge(command(true, false, false, 0, 0));
  expect_fault("nobody drives");
}
TEST_F(Model, DrivesForNothing) {
  start();
  model.edge(data(nop(), 1));
  expect_fault("outside a write");
}
TEST_F(Model, MaskedRead) {
  start();
  model.edge(activate(0, 1));
  idle(2);
  SdramPins pins = read(0, 0);
  pins.dqm = 1;
  model.edge(pins);
  idle(3);
  expect_fault("masked");
}
TEST_F(Model, AutoPrecharge) {
  start();
  model.edge(activate(0, 1));
  idle(2);
  model.edge(read(0, 0x400));
  expect_fault("auto precharge");
}
TEST_F(Model, TooFast) {
  SdramModel fast{w9825g6kh_6(), 7.5};
  for (int i = 0; i < 30000; ++i) fast.edge(nop());
  fast.edge(precharge_all());
  for (int i = 0; i < 8; ++i) {
    for (int k = 0; k < 8; ++k) fast.edge(nop());
    fast.edge(refresh());
  }
  for (int k = 0; k < 8; ++k) fast.edge(nop());
  fast.edge(mode(0x21));
  ASSERT_FALSE(fast.faults().empty());
  EXPECT_NE(fast.faults()[0].find("too fast"), std::string::npos);
}

}  // namespace
}  // namespace luoshu::test
