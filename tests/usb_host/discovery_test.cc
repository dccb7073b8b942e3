// SPDX-License-Identifier: Apache-2.0
// Which device is taken for a board, and what is said when it cannot be used.
#include <gtest/gtest.h>

#include "luoshu/error.h"
#include "luoshu/usb_transport.h"
#include "usb_host/fake_libusb.h"

namespace luoshu::usb_test {
namespace {

class UsbDiscovery : public testing::Test {
 protected:
  void SetUp() override { Fake::get().reset(); }
  void TearDown() override { EXPECT_EQ(Fake::get().complaints(), ""); }
  static FakeDevice& add() {
    Fake::get().devices.emplace_back();
    return Fake::get().devices.back();
  }
  // The name of the board that is opened, or what is said.
  template <class E>
  static std::string open(const std::string& device) {
    try {
      return UsbTransport::connect(device)->describe();
    } catch (const E& error) {
      const std::string text = error.what();
      EXPECT_EQ(text.find('\n'), std::string::npos);
      EXPECT_NE(text.find("; "), std::string::npos) << "no remedy: " << text;
      return text;
    }
  }
};

void expect_has(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(UsbDiscovery, TheBoardAmongOthers) {
  add().vendor = 0x0403;
  add().product = 0x0002;
  add().product_string = "Blinky";  // somebody else's test with the same numbers
  add().interface_class = 0x0a;     // no vendor class
  add().bulk = false;               // no bulk endpoints
  add().serial = "00000000000000aa";
  EXPECT_EQ(open<Error>("usb"), "usb:00000000000000aa");
  EXPECT_EQ(open<Error>("usb:00000000000000AA"), "usb:00000000000000aa");
}

TEST_F(UsbDiscovery, None) {
  expect_has(open<DeviceError>("usb"), "no board is on the USB");
  expect_has(open<DeviceError>("usb:0123456789ABCDEF"), "no board is on the USB");
  add().product_string = "Blinky";
  expect_has(open<DeviceError>("usb"), "no board is on the USB");
}

TEST_F(UsbDiscovery, BySerialNumber) {
  add().serial = "1111111111111111";
  FakeDevice& second = add();
  second.serial = "2222222222222222";
  second.ports = {4, 1};
  EXPECT_EQ(open<Error>("usb:2222222222222222"), "usb:2222222222222222");
  const std::string several = open<InputError>("usb");
  expect_has(several, "2 boards match: usb:1111111111111111 (port 3-2), usb:2222222222222222 (port 3-4.1)");
  expect_has(several, "--device usb:SERIAL");
  expect_has(open<DeviceError>("usb:3333333333333333"), "no board has the serial number 3333333333333333");
  Fake::get().devices[1].serial = "1111111111111111";
  expect_has(open<InputError>("usb:1111111111111111"), "unplug all but one");
  for (const char* wrong : {"usb:", "usb:12", "usb:111111111111111g", "usb:11111111111111111"})
    expect_has(open<InputError>(wrong), "16 hexadecimal digits");
}

TEST_F(UsbDiscovery, WithoutSerialNumber) {
  add().serial = "";
  EXPECT_EQ(open<Error>("usb"), "usb at 3-2");
}

// A missing permission is not a missing device.
TEST_F(UsbDiscovery, Pitfall25_NoPermissionIsToldWithTheRemedy) {
  add().open_code = LIBUSB_ERROR_ACCESS;
  for (const char* name : {"usb", "usb:0123456789ABCDEF"}) {
    const std::string text = open<DeviceError>(name);
    expect_has(text, "no permission");
    expect_has(text, "install-udev");
    expect_has(text, "TAG+=\"uaccess\"");
    expect_has(text, "`udevadm control --reload`");
    expect_has(text, "`udevadm trigger ");
  }
  add().serial = "1111111111111111";  // a board that may be opened is taken
  EXPECT_EQ(open<Error>("usb"), "usb:1111111111111111");
  expect_has(open<DeviceError>("usb:0123456789ABCDEF"), "no permission");
  Fake::get().devices[0].open_code = 0;
  Fake::get().devices[0].claim_code = LIBUSB_ERROR_ACCESS;
  expect_has(open<DeviceError>("usb:0123456789ABCDEF"), "no permission");
}

TEST_F(UsbDiscovery, Busy) {
  add().claim_code = LIBUSB_ERROR_BUSY;
  expect_has(open<BusyError>("usb"), "another process uses the board at 3-2");
  Fake::get().devices[0].claim_code = 0;
  Fake::get().devices[0].kernel_driver = true;
  const std::string text = open<DeviceError>("usb");
  expect_has(text, "a driver of the kernel has the board");
  expect_has(text, "/sys/bus/usb/devices/3-2:1.0/driver/unbind");
}

TEST_F(UsbDiscovery, NotUsable) {
  FakeDevice& board = add();
  board.configured = false;
  expect_has(open<DeviceError>("usb"), "no configuration");
  board.configured = true;
  board.string_code = LIBUSB_ERROR_TIMEOUT;
  expect_has(open<DeviceError>("usb"), "does not answer (LIBUSB_ERROR_TIMEOUT)");
  board.string_code = 0;
  board.claim_code = LIBUSB_ERROR_OTHER;
  expect_has(open<DeviceError>("usb"), "cannot claim");
  board.claim_code = 0;
  board.open_code = LIBUSB_ERROR_NO_MEM;
  expect_has(open<DeviceError>("usb"), "cannot open");
  board.open_code = LIBUSB_ERROR_NO_DEVICE;  // unplugged a moment ago
  expect_has(open<DeviceError>("usb"), "no board is on the USB");
  board.open_code = 0;
  Fake::get().init_code = LIBUSB_ERROR_OTHER;
  expect_has(open<DeviceError>("usb"), "USB cannot be used here");
  Fake::get().init_code = 0;
  Fake::get().list_code = LIBUSB_ERROR_NO_MEM;
  expect_has(open<DeviceError>("usb"), "cannot list");
}

TEST_F(UsbDiscovery, List) {
  EXPECT_TRUE(UsbTransport::list().empty());
  add();
  add().open_code = LIBUSB_ERROR_ACCESS;
  add().claim_code = LIBUSB_ERROR_BUSY;
  add().kernel_driver = true;
  add().configured = false;
  add().product_string = "Blinky";
  FakeDevice& fast = add();
  fast.speed = LIBUSB_SPEED_HIGH;
  fast.product_string = "Luoshu chip\nred";
  const auto all = UsbTransport::list();
  using A = UsbBoard::Access;
  ASSERT_EQ(all.size(), 6U);
  const A expected[] = {A::kOk, A::kDenied, A::kBusy, A::kKernelDriver, A::kUnusable, A::kOk};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(all[i].access, expected[i]) << i;
    EXPECT_EQ(all[i].detail.empty(), expected[i] == A::kOk) << i;
  }
  EXPECT_EQ(all[0].serial, "0123456789ABCDEF");
  EXPECT_EQ(all[0].port, "3-2");
  EXPECT_EQ(all[0].speed, "full");
  EXPECT_EQ(all[1].serial, "");
  EXPECT_EQ(all[5].speed, "high");
  EXPECT_EQ(all[5].product, "Luoshu chip?red");
}

// The name of the file sorts before the one that acts on the tag.
TEST(UdevRule, SortsBeforeTheOneThatActs) {
  EXPECT_LT(std::string(kUdevFile), "73-seat-late.rules");
  expect_has(udev_rule(), "ATTR{idVendor}==\"1209\", ATTR{idProduct}==\"0001\"");
}

}  // namespace
}  // namespace luoshu::usb_test
