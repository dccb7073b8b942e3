// SPDX-License-Identifier: Apache-2.0
// --test and --batch: what is taken, what is refused.
#include "bench/spec.h"

#include <gtest/gtest.h>

#include "luoshu/error.h"

namespace {

using namespace luoshu;
using namespace luoshu::bench;

TEST(BenchSpec, ReadsTests) {
  const std::vector<BenchTest> tests = parse_tests("pp512,tg8@d128,tg1@d0,at2@d1024");
  ASSERT_EQ(tests.size(), 4u);
  EXPECT_EQ(tests[0].kind, BenchTest::Kind::kPrefill);
  EXPECT_EQ(tests[0].count, 512u);
  EXPECT_EQ(tests[0].depth, 0u);
  EXPECT_EQ(tests[1].kind, BenchTest::Kind::kDecode);
  EXPECT_EQ(tests[1].count, 8u);
  EXPECT_EQ(tests[1].depth, 128u);
  EXPECT_EQ(tests[0].name(), "pp512");
  EXPECT_EQ(tests[1].name(), "tg8@d128");
  EXPECT_EQ(tests[2].name(), "tg1");
  EXPECT_EQ(tests[3].kind, BenchTest::Kind::kAttention);
}

TEST(BenchSpec, RefusesOtherTests) {
  for (const char* text : {"", ",", "pp", "pp0", "pp-1", "tg8@", "tg8@d", "tg8@dx", "tg8@d-1", "xx8", "tg8,",
                           "8", "tg 8", "tg8@128", "tg99999999999", "tg8@d2000000", "pp8@d1@d2"}) {
    EXPECT_THROW(parse_tests(text), InputError) << text;
  }
}

TEST(BenchSpec, Batches) {
  EXPECT_EQ(parse_batches("1,8"), (std::vector<std::uint32_t>{1, 8}));
  for (const char* text : {"", "0", "1,", "257", "a", "1 2", "-1"})
    EXPECT_THROW(parse_batches(text), InputError) << text;
}

}  // namespace
