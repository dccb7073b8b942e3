// SPDX-License-Identifier: Apache-2.0
// A mock USB device below /sys and /dev, by umockdev: a stock libusb in a child process finds it, and its
// ioctls reach a UrbTarget. Run the program with umockdev-wrapper; children inherit the mock world.
#pragma once
#include <umockdev.h>

#include <map>
#include <mutex>
#include <string>

#include "usb_host/urb_target.h"

namespace luoshu::usb_test {

class MockDevice {
 public:
  // The target outlives the device. A device of full speed with the descriptors of rtl/usb at bus 3, port 2.
  explicit MockDevice(UrbTarget& target);
  ~MockDevice();
  MockDevice(const MockDevice&) = delete;
  MockDevice& operator=(const MockDevice&) = delete;

  // From now on every call of a process says that the device is gone.
  void unplug();
  // From now on claiming says that somebody else has it.
  void set_busy(bool busy);
  // Transfers that were given back.
  std::uint64_t reaped() const { return reaped_; }

 private:
  struct Pending {
    UMockdevIoctlData* urb;
    UMockdevIoctlData* buffer;
  };
  static gboolean handle(UMockdevIoctlBase* base, UMockdevIoctlClient* client, gpointer self);
  static void vanished(UMockdevIoctlBase* base, UMockdevIoctlClient* client, gpointer self);
  void answer(UMockdevIoctlClient* client);
  void submit(UMockdevIoctlClient* client, UMockdevIoctlData* argument);
  void reap(UMockdevIoctlClient* client, UMockdevIoctlData* argument);

  UrbTarget& target_;
  UMockdevTestbed* testbed_;
  UMockdevIoctlBase* base_;
  std::mutex mutex_;
  std::map<std::uint64_t, Pending> pending_;
  bool unplugged_ = false, busy_ = false;
  std::uint64_t reaped_ = 0;
};

}  // namespace luoshu::usb_test
