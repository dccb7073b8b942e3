// SPDX-License-Identifier: Apache-2.0
#include "usb_host/mock_device.h"

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace luoshu::usb_test {
namespace {

// libusb asks again at once when nothing has come: the file of a mock device always looks ready.
constexpr std::chrono::microseconds kPause{100};
constexpr const char* kNode = "/dev/bus/usb/003/002";

// The root hub, without which libusb knows no port, and the board: the descriptors of rtl/usb.
constexpr const char* kDevices =
    "P: /devices/usb3\n"
    "N: bus/usb/003/001\n"
    "E: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: DEVNAME=/dev/bus/usb/003/001\nE: BUSNUM=003\nE: DEVNUM=001\n"
    "A: busnum=3\\n\nA: devnum=1\\n\nA: speed=12\\n\nA: bConfigurationValue=1\\n\n"
    "H: descriptors=12010001090000406B1D0100060503020101"
    "09021900010100E0000904000001090000000705810304000C\n"
    "\n"
    "P: /devices/usb3/3-2\n"
    "N: bus/usb/003/002\n"
    "E: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: DEVNAME=/dev/bus/usb/003/002\nE: BUSNUM=003\nE: DEVNUM=002\n"
    "A: busnum=3\\n\nA: devnum=2\\n\nA: speed=12\\n\nA: bConfigurationValue=1\\n\n"
    "A: idVendor=1209\\n\nA: idProduct=0001\\n\nA: product=Luoshu chip\\n\n"
    "H: descriptors=120101020000004009120100000101020301"
    "0902200001010080FA0904000002FF0000000705010240000007058102400000\n";

// What the pointer at the beginning of `data` holds.
std::uint64_t pointer_in(const UMockdevIoctlData* data) {
  std::uint64_t value = 0;
  std::memcpy(&value, data->data, sizeof(void*));
  return value;
}

}  // namespace

MockDevice::MockDevice(UrbTarget& target)
    : target_(target), testbed_(umockdev_testbed_new()), base_(umockdev_ioctl_base_new()) {
  GError* error = nullptr;
  if (umockdev_testbed_add_from_string(testbed_, kDevices, &error) == 0)
    throw std::runtime_error(error->message);
  g_signal_connect(base_, "handle-ioctl", G_CALLBACK(&MockDevice::handle), this);
  g_signal_connect(base_, "client-vanished", G_CALLBACK(&MockDevice::vanished), this);
  if (umockdev_testbed_attach_ioctl(testbed_, kNode, base_, &error) == 0)
    throw std::runtime_error(error->message);
}

MockDevice::~MockDevice() {
  umockdev_testbed_detach_ioctl(testbed_, kNode, nullptr);
  g_object_unref(base_);
  g_object_unref(testbed_);
}

void MockDevice::unplug() {
  const std::lock_guard<std::mutex> lock(mutex_);
  unplugged_ = true;
}

void MockDevice::set_busy(bool busy) {
  const std::lock_guard<std::mutex> lock(mutex_);
  busy_ = busy;
}

gboolean MockDevice::handle(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
  auto& device = *static_cast<MockDevice*>(self);
  const std::lock_guard<std::mutex> lock(device.mutex_);
  device.answer(client);
  return 1;
}

void MockDevice::vanished(UMockdevIoctlBase*, UMockdevIoctlClient*, gpointer self) {
  auto& device = *static_cast<MockDevice*>(self);
  const std::lock_guard<std::mutex> lock(device.mutex_);
  device.target_.forget();
  for (auto& [id, pending] : device.pending_) {
    g_object_unref(pending.buffer);
    g_object_unref(pending.urb);
  }
  device.pending_.clear();
}

void MockDevice::answer(UMockdevIoctlClient* client) {
  UMockdevIoctlData* const argument = umockdev_ioctl_client_get_arg(client);
  if (unplugged_) return umockdev_ioctl_client_complete(client, -1, ENODEV);
  switch (umockdev_ioctl_client_get_request(client)) {
    case USBDEVFS_GET_CAPABILITIES: {
      UMockdevIoctlData* const value =
          umockdev_ioctl_data_resolve(argument, 0, sizeof(std::uint32_t), nullptr);
      const std::uint32_t all = USBDEVFS_CAP_BULK_CONTINUATION | USBDEVFS_CAP_NO_PACKET_SIZE_LIM;
      std::memcpy(value->data, &all, sizeof all);
      umockdev_ioctl_client_complete(client, 0, 0);
      g_object_unref(value);
      return;
    }
    case USBDEVFS_CLAIMINTERFACE:
      return umockdev_ioctl_client_complete(client, busy_ ? -1 : 0, busy_ ? EBUSY : 0);
    case USBDEVFS_RELEASEINTERFACE:
    case USBDEVFS_RESET:
      return umockdev_ioctl_client_complete(client, 0, 0);
    case USBDEVFS_CLEAR_HALT: {
      UMockdevIoctlData* const value = umockdev_ioctl_data_resolve(argument, 0, sizeof(unsigned), nullptr);
      unsigned endpoint = 0;
      std::memcpy(&endpoint, value->data, sizeof endpoint);
      target_.clear_halt(static_cast<std::uint8_t>(endpoint));
      umockdev_ioctl_client_complete(client, 0, 0);
      g_object_unref(value);
      return;
    }
    case USBDEVFS_GETDRIVER:
      return umockdev_ioctl_client_complete(client, -1, ENODATA);
    case USBDEVFS_SUBMITURB:
      return submit(client, argument);
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
      return reap(client, argument);
    case USBDEVFS_DISCARDURB: {
      const bool there = target_.discard(pointer_in(argument));
      return umockdev_ioctl_client_complete(client, there ? 0 : -1, there ? 0 : EINVAL);
    }
    default:
      return umockdev_ioctl_client_complete(client, -1, ENOTTY);
  }
}

void MockDevice::submit(UMockdevIoctlClient* client, UMockdevIoctlData* argument) {
  Pending pending{};
  pending.urb = umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_urb), nullptr);
  usbdevfs_urb native{};
  std::memcpy(&native, pending.urb->data, sizeof native);
  const auto length = static_cast<std::size_t>(std::max(0, native.buffer_length));
  pending.buffer = umockdev_ioctl_data_resolve(pending.urb, offsetof(usbdevfs_urb, buffer), length, nullptr);
  Urb urb;
  urb.id = pointer_in(argument);
  urb.endpoint = native.endpoint;
  urb.control = native.type == USBDEVFS_URB_TYPE_CONTROL;
  urb.data.assign(pending.buffer->data, pending.buffer->data + length);
  pending_[urb.id] = pending;
  target_.submit(std::move(urb));
  target_.run();
  umockdev_ioctl_client_complete(client, 0, 0);
}

void MockDevice::reap(UMockdevIoctlClient* client, UMockdevIoctlData* argument) {
  target_.run();
  const auto done = target_.reap();
  if (!done) {
    std::this_thread::sleep_for(kPause);
    return umockdev_ioctl_client_complete(client, -1, EAGAIN);
  }
  ++reaped_;
  const Pending pending = pending_.at(done->id);
  pending_.erase(done->id);
  usbdevfs_urb native{};
  std::memcpy(&native, pending.urb->data, sizeof native);
  native.status = done->status;
  native.actual_length = static_cast<int>(done->moved);
  std::memcpy(pending.urb->data, &native, sizeof native);
  if ((done->endpoint & 0x80U) != 0 || done->control)
    std::memcpy(pending.buffer->data, done->data.data(), done->data.size());
  UMockdevIoctlData* const place = umockdev_ioctl_data_resolve(argument, 0, sizeof(void*), nullptr);
  umockdev_ioctl_data_set_ptr(place, 0, pending.urb);
  umockdev_ioctl_client_complete(client, 0, 0);
  g_object_unref(place);
  g_object_unref(pending.buffer);
  g_object_unref(pending.urb);
}

}  // namespace luoshu::usb_test
