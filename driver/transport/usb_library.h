// SPDX-License-Identifier: Apache-2.0
// libusb's handles with owners, and the board that was found and claimed: what the halves of UsbTransport
// share.
#pragma once
#include <libusb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "luoshu/error.h"

namespace luoshu::usb {

struct Free {
  void operator()(libusb_context* context) const { libusb_exit(context); }
  void operator()(libusb_device_handle* handle) const { libusb_close(handle); }
  void operator()(libusb_config_descriptor* descriptor) const { libusb_free_config_descriptor(descriptor); }
  void operator()(libusb_transfer* transfer) const { libusb_free_transfer(transfer); }
};
using Context = std::unique_ptr<libusb_context, Free>;
using Handle = std::unique_ptr<libusb_device_handle, Free>;
using Configuration = std::unique_ptr<libusb_config_descriptor, Free>;
using TransferHandle = std::unique_ptr<libusb_transfer, Free>;

struct Endpoint {
  std::uint8_t address = 0;
  std::uint16_t packet = 0;  // bytes, at least 1
};

struct Endpoints {
  std::uint8_t interface = 0;
  Endpoint out, in;
};

// A claimed interface; released when it goes.
class Claim {
 public:
  Claim() = default;
  Claim(libusb_device_handle* handle, int interface) : handle_(handle), interface_(interface) {}
  Claim(Claim&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), interface_(other.interface_) {}
  Claim& operator=(Claim&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(interface_, other.interface_);
    return *this;
  }
  ~Claim() {
    if (handle_ != nullptr) libusb_release_interface(handle_, interface_);
  }

 private:
  libusb_device_handle* handle_ = nullptr;
  int interface_ = 0;
};

// The members go in reverse order: released, closed, exited.
struct OpenBoard {
  Context context;
  Handle handle;
  Claim claim;
  Endpoints endpoints;
  std::string name;  // "usb:0123456789ABCDEF"
};

// "LIBUSB_ERROR_IO" and its like.
inline std::string error_name(int code) {
  return libusb_error_name(code);
}

inline DeviceError::Detail detail(const char* operation, int code) {
  DeviceError::Detail d;
  d.operation = operation;
  d.code = static_cast<std::uint32_t>(-code);
  return d;
}

// Finds, opens and claims what `device` names (UsbTransport::connect).
OpenBoard open_board(const std::string& device);

}  // namespace luoshu::usb
