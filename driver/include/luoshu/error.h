// SPDX-License-Identifier: Apache-2.0
// The one exception hierarchy. what() is the whole user-visible line: "what is wrong; what to do".
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace luoshu {

// Base of every error that this project throws.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A file, flag, prompt or other input is bad: exit code 2.
class InputError : public Error {
 public:
  using Error::Error;
};

// The device or the link to it failed: exit code 1. Carries what was being done.
class DeviceError : public Error {
 public:
  struct Detail {
    std::string operation;      // "read memory", "hello", ...
    std::uint64_t address = 0;  // device address in bytes, where it applies
    std::uint64_t wanted = 0;   // bytes expected
    std::uint64_t actual = 0;   // bytes that moved
    std::uint32_t code = 0;     // error code of the device or of the operating system
  };
  explicit DeviceError(const std::string& message) : Error(message) {}
  DeviceError(const std::string& message, Detail detail) : Error(message), detail_(std::move(detail)) {}
  const Detail& detail() const { return detail_; }

 private:
  Detail detail_;
};

// A deadline passed before the peer answered.
class TimeoutError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

// The peer is gone: closed socket, unplugged device.
class DisconnectedError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

// Somebody else uses the peer.
class BusyError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

// Bytes on the wire break the protocol and retries did not help.
class ProtocolError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

}  // namespace luoshu
