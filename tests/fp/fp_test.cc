// SPDX-License-Identifier: Apache-2.0
// The fp32 primitives against models/numerics: corners and random operands, one operation per cycle.
#include <gtest/gtest.h>
#include <verilated.h>

#include <deque>
#include <memory>
#include <random>

#include "Vfp.h"
#include "numerics/special.h"
#include "support/seed.h"

namespace {

using namespace luoshu::numerics;

struct Operation {
  float a, b;
  std::int64_t i;
  int e, lsb;
  unsigned m, op;
  std::uint32_t x;
};

constexpr int kMagnitudes[] = {17, 11, 7};

class FpTest : public testing::Test {
 protected:
  FpTest() : random_(luoshu::test_seed()) {
    context_.randReset(2);
    top_ = std::make_unique<Vfp>(&context_, "fp");
    top_->clk_i = 0;
    top_->rst_ni = 0;
    top_->valid_i = 0;
    for (int i = 0; i < 8; ++i) step();
    top_->rst_ni = 1;
  }

  void step() {
    top_->clk_i = 0;
    top_->eval();
    top_->clk_i = 1;
    top_->eval();
  }

  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }

  // A finite number that is not subnormal; often an extreme one, often near another.
  float number() {
    static const std::uint32_t kCorners[] = {0,          0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff,
                                             0x00800000, 0x80800000, 0x3fffffff, 0x3fffffc0, 0x007fffff,
                                             0x40000000, 0x42fc0000, 0x34000000};
    if (pick(8) == 0) {
      const std::uint32_t c = kCorners[pick(13)];
      return from_bits((c >> 23 & 255u) == 0 ? 0 : c);
    }
    const std::uint32_t exponent = pick(3) == 0 ? 1 + pick(254) : 110 + pick(34);
    return from_bits((word() & 0x807fffffu) | exponent << 23);
  }

  Operation operation() {
    Operation o{};
    o.a = number();
    o.b = pick(4) == 0 ? from_bits(bits_of(o.a) ^ 0x80000000u ^ (pick(2) != 0 ? 1u << pick(24) : 0u))
                       : number();
    if ((bits_of(o.b) >> 23 & 255u) == 0 || (bits_of(o.b) >> 23 & 255u) == 255) o.b = 1.0f;
    o.i = static_cast<std::int64_t>(random_()) >> pick(64);
    if (pick(20) == 0) o.i = 0;
    if (pick(20) == 0) o.i = std::int64_t{1} << pick(64);
    o.e = static_cast<int>(pick(400)) - 250;
    o.m = pick(3);
    o.lsb = std::max(-160, std::min(160, exponent(o.a) + 1 - kMagnitudes[o.m] +
                                             static_cast<int>(pick(3) == 0 ? pick(60) : 0)));
    o.op = pick(4);
    o.x = word();
    if (o.op == 0) o.x = bits_of(std::fabs(o.a == 0 ? 1.0f : o.a));
    if (o.op == 1) o.x = bits_of(o.a);
    if (o.op == 2) o.x = static_cast<std::uint32_t>(static_cast<std::int32_t>(o.x) >> pick(24));
    if (o.op == 3 && pick(4) == 0) o.x = word() & 0xc0000000u;
    return o;
  }

  void drive(const Operation& o) {
    top_->valid_i = 1;
    top_->a_i = bits_of(o.a);
    top_->b_i = bits_of(o.b);
    top_->int_i = static_cast<std::uint64_t>(o.i);
    top_->exp_i = static_cast<std::uint16_t>(o.e & 0xfff);
    top_->lsb_i = static_cast<std::uint16_t>(o.lsb & 0x3ff);
    top_->m_i = static_cast<std::uint8_t>(o.m);
    top_->op_i = static_cast<std::uint8_t>(o.op);
    top_->x_i = o.x;
  }

  void check_special(const Operation& o) {
    if (o.op == 0) ASSERT_EQ(top_->s_o, bits_of(recip(from_bits(o.x)))) << "recip " << from_bits(o.x);
    if (o.op == 1) ASSERT_EQ(top_->s_o, bits_of(rsqrt(from_bits(o.x)))) << "rsqrt " << from_bits(o.x);
    if (o.op == 2) {
      const Exp2 e = exp2fix(static_cast<std::int32_t>(o.x));
      ASSERT_EQ(top_->s_raw_o, static_cast<std::uint32_t>(e.sig))
          << "exp2 " << static_cast<std::int32_t>(o.x);
      const int n = std::max(-512, std::min(511, e.n));
      ASSERT_EQ(static_cast<std::int16_t>(top_->s_n_o << 6) >> 6, n);
      if (e.n >= -126 && e.n <= 126) ASSERT_EQ(top_->s_o, bits_of(tofp(e.sig, e.n - 17)));
    }
    if (o.op == 3) {
      const float expected = sine(o.x);
      ASSERT_EQ(top_->s_raw_o, static_cast<std::uint32_t>(std::fabs(expected) * 131072.0f)) << "sine " << o.x;
      if (expected != 0) ASSERT_EQ(top_->s_neg_o != 0, expected < 0) << "sine " << o.x;
    }
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vfp> top_;
};

TEST_F(FpTest, AgainstTheModel) {
  std::deque<Operation> add, mul, fp, quantised, fixed, special;
  constexpr int kOperations = 300000;
  int checked = 0;
  for (int i = 0; i < kOperations + 8; ++i) {
    top_->valid_i = 0;
    if (i < kOperations && pick(5) != 0) {
      const Operation o = operation();
      drive(o);
      for (auto* queue : {&add, &mul, &fp, &quantised, &fixed, &special}) queue->push_back(o);
    }
    step();
    if (top_->add_valid_o) {
      const Operation o = add.front();
      add.pop_front();
      ASSERT_EQ(top_->add_o, bits_of(fadd(o.a, o.b))) << std::hexfloat << o.a << " + " << o.b;
      ++checked;
    }
    if (top_->mul_valid_o) {
      const Operation o = mul.front();
      mul.pop_front();
      ASSERT_EQ(top_->mul_o, bits_of(fmul(o.a, o.b))) << std::hexfloat << o.a << " * " << o.b;
    }
    if (top_->fp_valid_o) {
      const Operation o = fp.front();
      fp.pop_front();
      ASSERT_EQ(top_->fp_o, bits_of(tofp(o.i, o.e))) << o.i << " * 2^" << o.e;
      ASSERT_TRUE(top_->fm_valid_o && top_->fn_valid_o);
      ASSERT_EQ(top_->fm_o, top_->fp_o) << o.i << " * 2^" << o.e;
      const std::int64_t low = static_cast<std::int64_t>(static_cast<std::uint64_t>(o.i) << 18) >> 18;
      ASSERT_EQ(top_->fn_o, bits_of(tofp(low, o.e))) << low << " * 2^" << o.e;
    }
    if (top_->q_valid_o) {
      const Operation o = quantised.front();
      quantised.pop_front();
      const std::int32_t q = to_fixed(o.a, o.lsb, (1 << kMagnitudes[o.m]) - 1);
      ASSERT_EQ(top_->q_neg_o != 0 ? -static_cast<std::int32_t>(top_->q_mag_o)
                                   : static_cast<std::int32_t>(top_->q_mag_o),
                q)
          << std::hexfloat << o.a << " lsb " << o.lsb;
    }
    if (top_->t_valid_o) {
      const Operation o = fixed.front();
      fixed.pop_front();
      ASSERT_EQ(static_cast<std::int32_t>(top_->t_o << 8) >> 8, tofix16(o.a)) << std::hexfloat << o.a;
    }
    if (top_->s_valid_o) {
      const Operation o = special.front();
      special.pop_front();
      ASSERT_NO_FATAL_FAILURE(check_special(o));
    }
  }
  EXPECT_GT(checked, kOperations / 2);
  EXPECT_TRUE(add.empty() && mul.empty() && fp.empty() && quantised.empty() && fixed.empty() &&
              special.empty());
}

TEST_F(FpTest, SerialConversion) {
  constexpr int kWidth = 46;
  for (int i = 0; i < 20000; ++i) {
    const Operation o = operation();
    drive(o);
    top_->valid_i = 0;
    top_->fs_valid_i = 1;
    step();
    top_->fs_valid_i = 0;
    int cycles = 1;
    for (; !top_->fs_valid_o && cycles < 100; ++cycles) step();
    const std::uint64_t low = static_cast<std::uint64_t>(o.i) & ((std::uint64_t{1} << kWidth) - 1);
    ASSERT_EQ(top_->fs_o, bits_of(tofp(static_cast<std::int64_t>(low), o.e))) << low << " * 2^" << o.e;
    int zeros = 0;
    for (int b = kWidth - 1; low != 0 && (low >> b) == 0; --b) ++zeros;
    ASSERT_EQ(cycles, 2 + zeros);
  }
}

}  // namespace
