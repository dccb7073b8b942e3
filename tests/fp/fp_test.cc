// SPDX-License-Identifier: Apache-2.0
// The fp32 primitives against models/numerics: corners and random operands, one operation per cycle, each
// result in the cycle that the header promises, and none of an operation before a reset.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cmath>
#include <deque>
#include <memory>
#include <optional>
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
  bool square;
  std::uint32_t square_int;
  unsigned meta;
};

constexpr int kMagnitudes[] = {17, 11, 7};
constexpr int kOffset = -286, kSmallOffset = -4;  // of the exponents, in the bench

// The significand that fmul multiplies: 17 bits, half away from zero.
std::uint64_t significand17(float x) {
  return 0x10000u | (((bits_of(x) & 0x7fffffffu) + 0x40u) >> 7 & 0xffffu);
}

std::int64_t low_signed(std::int64_t i, int bits) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(i) << (64 - bits)) >> (64 - bits);
}

class FpTest : public testing::Test {
 protected:
  FpTest() : random_(luoshu::test_seed()) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(luoshu::test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vfp>(&context_, "fp");
    top_->clk_i = 0;
    top_->rst_ni = 0;
    top_->valid_i = top_->fs_valid_i = 0;
    step();
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
  int between(int low, int high) {
    return low + static_cast<int>(pick(static_cast<unsigned>(high - low + 1)));
  }

  // Few bits set, few bits clear, or any: roundings hang on single bits.
  std::uint64_t pattern() {
    const unsigned kind = pick(3);
    if (kind == 0) return random_();
    std::uint64_t bits = 0;
    for (unsigned n = pick(4); n > 0; --n) bits |= std::uint64_t{1} << pick(64);
    return kind == 1 ? bits : ~bits;
  }

  float with_exponent(int biased) {
    biased = std::max(1, std::min(254, biased));
    return from_bits((word() & 0x80000000u) | static_cast<std::uint32_t>(biased) << 23 |
                     (static_cast<std::uint32_t>(pattern() >> pick(41)) & 0x7fffffu));
  }

  // A finite number that is not subnormal; often an extreme one.
  float number() {
    static const std::uint32_t kCorners[] = {0,          0x3f800000, 0x7f7fffff, 0x00800000, 0x3fffffff,
                                             0x3fffffc0, 0x40000000, 0x42fc0000, 0x42fbffff, 0x42fbff80,
                                             0x42fc0001, 0x42fc0080, 0x34000000, 0x7f7fffc0, 0x00ffffff};
    if (pick(8) == 0) return from_bits(kCorners[pick(15)] | (word() & 0x80000000u));
    return with_exponent(pick(3) == 0 ? between(1, 254) : between(106, 143));
  }

  // The second operand: any, near the first, or such that the sum or the product is at an end of the range.
  float partner(float a) {
    const int biased = static_cast<int>(bits_of(a) >> 23 & 255u);
    switch (pick(6)) {
      case 0:
        return from_bits(bits_of(a) ^ 0x80000000u ^ (pick(2) != 0 ? 1u << pick(23) : 0u));
      case 1:
        return with_exponent(biased + between(-26, 26));
      case 2:
        return with_exponent(127 - biased + between(-2, 2));  // the product's exponent is near 0
      case 3:
        return with_exponent(127 + 254 - biased + between(-2, 2));  // ... near 254
      default:
        return number();
    }
  }

  Operation operation() {
    Operation o{};
    o.a = number();
    if (pick(10) == 0) o.a = with_exponent(between(1, 28));
    if (pick(10) == 0) o.a = with_exponent(between(230, 254));
    o.b = partner(o.a);
    if ((bits_of(o.b) >> 23 & 255u) == 0) o.b = from_bits(bits_of(o.b) & 0x80000000u);
    if ((bits_of(o.b) >> 23 & 255u) == 255) o.b = 1.0f;
    o.i = static_cast<std::int64_t>(pattern()) >> pick(64);
    if (pick(20) == 0) o.i = 0;
    if (pick(20) == 0) o.i = std::numeric_limits<std::int64_t>::min() >> pick(64);
    if (pick(4) == 0) o.i = static_cast<std::int64_t>(static_cast<std::uint64_t>(o.i) << pick(64));
    o.e = between(-400, 400);
    const float wide = static_cast<float>(o.i);
    if (wide != 0 && pick(2) == 0) {  // the result is at an end of the range
      o.e = (pick(2) == 0 ? -126 : 127) - exponent(wide) + between(-2, 2);
      if (pick(3) == 0) o.e -= kOffset;
      if (pick(8) == 0) o.e -= kSmallOffset;
    }
    o.m = pick(3);
    o.lsb = std::max(-160, std::min(160, exponent(o.a) + 1 - kMagnitudes[o.m] +
                                             static_cast<int>(pick(3) == 0 ? pick(60) : pick(3))));
    o.op = pick(4);
    o.x = word();
    if (o.op == 0) o.x = bits_of(std::fabs(o.a == 0 ? 1.0f : o.a));
    if (o.op == 1) o.x = bits_of(o.a);
    if (o.op == 2) {
      static const int kEnds[] = {-512, -126, 0, 127, 512};
      o.x = static_cast<std::uint32_t>(static_cast<std::int32_t>(o.x) >> pick(24));
      if (pick(3) == 0)
        o.x = (o.x & 0xffffu) | static_cast<std::uint32_t>(kEnds[pick(5)] + between(-2, 2)) << 16;
    }
    if (o.op == 3 && pick(4) == 0) o.x = word() & 0xc0000000u;
    if (o.op == 3 && pick(4) == 0) o.x = static_cast<std::uint32_t>(pattern());
    o.square = pick(3) == 0;
    o.square_int = static_cast<std::uint32_t>(pattern()) & 0x1ffffu;
    o.meta = pick(256);
    return o;
  }

  void drive(const Operation& o) {
    top_->a_i = bits_of(o.a);
    top_->b_i = bits_of(o.b);
    top_->int_i = static_cast<std::uint64_t>(o.i);
    top_->exp_i = static_cast<std::uint16_t>(o.e & 0xfff);
    top_->lsb_i = static_cast<std::uint16_t>(o.lsb & 0x3ff);
    top_->m_i = static_cast<std::uint8_t>(o.m);
    top_->op_i = static_cast<std::uint8_t>(o.op);
    top_->x_i = o.x;
    top_->square_i = o.square;
    top_->square_int_i = o.square_int;
    top_->meta_i = static_cast<std::uint8_t>(o.meta);
  }

  // The operation whose valid_i was `latency` cycles ago.
  const std::optional<Operation>& ago(std::size_t latency) { return history_.at(latency - 1); }

  void check_product() {
    const auto product = [](const Operation& o) { return significand17(o.a) * significand17(o.b); };
    if (const auto& o = ago(2)) {
      if (o->a != 0 && o->b != 0) {
        ASSERT_EQ(top_->mul_prod_o, product(*o)) << std::hexfloat << o->a << " * " << o->b;
        if (!o->square) ASSERT_EQ(top_->sq_prod_o, product(*o));
      }
      if (o->square) ASSERT_EQ(top_->sq_prod_o, std::uint64_t{o->square_int} * o->square_int);
    }
    ASSERT_EQ(top_->mul_valid_o != 0, ago(3).has_value());
    ASSERT_EQ(top_->sq_valid_o != 0, ago(3).has_value());
    if (const auto& o = ago(3)) {
      ASSERT_EQ(top_->mul_o, bits_of(fmul(o->a, o->b))) << std::hexfloat << o->a << " * " << o->b;
      if (!o->square) ASSERT_EQ(top_->sq_o, top_->mul_o);
    }
  }

  void check_conversions() {
    const bool due = ago(3).has_value();
    ASSERT_TRUE(top_->fp_valid_o == due && top_->fm_valid_o == due && top_->fn_valid_o == due &&
                top_->ft_valid_o == due);
    if (due) {
      const Operation& o = *ago(3);
      ASSERT_EQ(top_->fp_o, bits_of(tofp(o.i, o.e))) << o.i << " * 2^" << o.e;
      ASSERT_EQ(top_->fm_o, top_->fp_o) << o.i << " * 2^" << o.e;
      ASSERT_EQ(top_->fn_o, bits_of(tofp(low_signed(o.i, 46), o.e + kOffset)))
          << o.i << " * 2^" << o.e + kOffset;
      ASSERT_EQ(top_->ft_o, bits_of(tofp(low_signed(o.i, 24), o.e + kSmallOffset)))
          << o.i << " * 2^" << o.e + kSmallOffset;
    }
    ASSERT_EQ(top_->q_valid_o != 0, ago(2).has_value());
    ASSERT_EQ(top_->t_valid_o != 0, ago(2).has_value());
    if (const auto& o = ago(2)) {
      const std::int32_t q = to_fixed(o->a, o->lsb, (1 << kMagnitudes[o->m]) - 1);
      ASSERT_EQ(top_->q_mag_o, static_cast<std::uint32_t>(std::abs(q)))
          << std::hexfloat << o->a << " lsb " << o->lsb;
      ASSERT_EQ(top_->q_neg_o != 0, q < 0) << std::hexfloat << o->a << " lsb " << o->lsb;
      ASSERT_EQ(static_cast<std::int32_t>(top_->t_o << 8) >> 8, tofix16(o->a)) << std::hexfloat << o->a;
    }
  }

  void check_special() {
    const bool due = ago(4).has_value();
    ASSERT_TRUE(top_->s_valid_o == due && top_->ss_valid_o == due && top_->sr_valid_o == due);
    if (!due) return;
    const Operation& o = *ago(4);
    ASSERT_EQ(top_->s_meta_o, o.meta);
    if (o.op == 0) {
      ASSERT_EQ(top_->s_o, bits_of(recip(from_bits(o.x)))) << "recip " << from_bits(o.x);
      ASSERT_EQ(top_->sr_o, top_->s_o) << "recip " << from_bits(o.x);
    }
    if (o.op == 1) ASSERT_EQ(top_->s_o, bits_of(rsqrt(from_bits(o.x)))) << "rsqrt " << from_bits(o.x);
    if (o.op == 2) {
      const Exp2 e = exp2fix(static_cast<std::int32_t>(o.x));
      ASSERT_EQ(top_->s_raw_o, static_cast<std::uint32_t>(e.sig))
          << "exp2 " << static_cast<std::int32_t>(o.x);
      const int n = std::max(-512, std::min(511, e.n));
      ASSERT_EQ(static_cast<std::int16_t>(top_->s_n_o << 6) >> 6, n);
      ASSERT_EQ(top_->s_o, bits_of(tofp(e.sig, n - 17))) << "exp2 " << static_cast<std::int32_t>(o.x);
    }
    if (o.op == 3) {
      const float expected = sine(o.x);
      ASSERT_EQ(top_->s_raw_o, static_cast<std::uint32_t>(std::fabs(expected) * 131072.0f)) << "sine " << o.x;
      if (expected != 0) ASSERT_EQ(top_->s_neg_o != 0, expected < 0) << "sine " << o.x;
    } else {
      ASSERT_EQ(top_->ss_o, top_->s_o) << "operation " << o.op << " of " << o.x;
    }
    ASSERT_EQ(top_->ss_raw_o, top_->s_raw_o) << "operation " << o.op << " of " << o.x;
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vfp> top_;
  std::deque<std::optional<Operation>> history_{8};  // of the last cycles, the latest first
};

TEST_F(FpTest, AgainstTheModel) {
  constexpr int kOperations = 300000;
  for (int i = 0; i < kOperations; ++i) {
    const Operation o = operation();
    drive(o);  // garbage on the operands when it is not valid
    top_->valid_i = pick(5) != 0;
    top_->rst_ni = pick(2000) != 0;
    history_.pop_back();
    history_.push_front(top_->valid_i != 0 ? std::optional(o) : std::nullopt);
    if (top_->rst_ni == 0) history_.assign(8, std::nullopt);
    step();
    ASSERT_EQ(top_->add_valid_o != 0, ago(4).has_value());
    if (const auto& sum = ago(4)) {
      ASSERT_EQ(top_->add_o, bits_of(fadd(sum->a, sum->b))) << std::hexfloat << sum->a << " + " << sum->b;
    }
    ASSERT_NO_FATAL_FAILURE(check_product());
    ASSERT_NO_FATAL_FAILURE(check_conversions());
    ASSERT_NO_FATAL_FAILURE(check_special());
  }
}

TEST_F(FpTest, SerialConversion) {
  constexpr int kWidth = 46;
  for (int i = 0; i < 20000; ++i) {
    const Operation o = operation();
    drive(o);
    top_->fs_valid_i = 1;
    step();
    top_->fs_valid_i = 0;
    const std::uint64_t low = static_cast<std::uint64_t>(o.i) & ((std::uint64_t{1} << kWidth) - 1);
    int zeros = 0;
    for (int b = kWidth - 1; low != 0 && (low >> b) == 0; --b) ++zeros;
    if (pick(50) == 0) {  // a reset in between: no result
      for (int n = between(0, zeros); n > 0; --n) step();
      top_->rst_ni = 0;
      step();
      top_->rst_ni = 1;
      for (int n = 0; n < 2 * kWidth; ++n) {
        ASSERT_EQ(top_->fs_valid_o, 0);
        step();
      }
      continue;
    }
    int cycles = 1;
    for (; !top_->fs_valid_o && cycles < 100; ++cycles) {
      drive(operation());  // the operands are taken with valid_i
      step();
    }
    ASSERT_EQ(top_->fs_o, bits_of(tofp(static_cast<std::int64_t>(low), o.e + kOffset)))
        << low << " * 2^" << o.e + kOffset;
    ASSERT_EQ(cycles, 2 + zeros);
    if (pick(2) == 0) {
      step();
      ASSERT_EQ(top_->fs_valid_o, 0) << "a second result";
    }
  }
}

}  // namespace
