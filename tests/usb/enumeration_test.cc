// SPDX-License-Identifier: Apache-2.0
// Attach, enumeration as hosts do it, descriptors.
#include "usb/usb_bench.h"

namespace luoshu::usb {
namespace {

TEST(UsbEnumeration, Linux) {
  Bench bench;
  ASSERT_TRUE(bench.host.attached());
  ASSERT_TRUE(bench.host.enumerate_linux(5));
  EXPECT_EQ(bench.top().configured_o, 1);
}

TEST(UsbEnumeration, Windows) {
  Bench bench;
  ASSERT_TRUE(bench.host.enumerate_windows(9));
  EXPECT_EQ(bench.top().configured_o, 1);
}

}  // namespace
}  // namespace luoshu::usb
