// SPDX-License-Identifier: Apache-2.0
// Stream sockets: the client that reaches a simulator process, and the listener that serves one.
// Addresses: "unix:/path/to/socket" or "tcp:host:port" (an IPv6 host in brackets).
#pragma once
#include <memory>

#include "luoshu/error.h"
#include "luoshu/transport.h"

namespace luoshu {

// A file descriptor that closes itself.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(-1); }
  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd);

 private:
  int fd_;
};

class SocketTransport final : public Transport {
 public:
  // Takes over a connected stream socket.
  SocketTransport(FileDescriptor socket, std::string name);
  // Connects; throws InputError for a malformed address, TimeoutError or DisconnectedError when nobody
  // answers. A listener that serves somebody else takes the connection and says so: the first read or write
  // throws BusyError.
  static std::unique_ptr<SocketTransport> connect(const std::string& address, TimePoint deadline);

  std::size_t write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  std::size_t read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  void close() override { socket_.reset(-1); }
  std::string describe() const override { return name_; }
  // The peer has closed the connection or ended its writing; bytes of its own may still wait to be read.
  bool peer_left() const;

 private:
  void look_for_refusal(const std::uint8_t* data, std::size_t n);

  FileDescriptor socket_;
  std::string name_;
  bool refusal_ = true;          // what came so far is the beginning of a refusal
  std::size_t notice_seen_ = 0;  // bytes of it
};

// Listens for one client after the other.
class SocketListener {
 public:
  // Binds; throws InputError for a malformed address or for a tcp address that is not loopback while
  // `public_ok` is false, DeviceError when the address cannot be bound. A stale unix socket file that nobody
  // serves is replaced.
  explicit SocketListener(const std::string& address, bool public_ok = false);
  ~SocketListener();
  SocketListener(const SocketListener&) = delete;
  SocketListener& operator=(const SocketListener&) = delete;
  // The next client; nullptr when the deadline passed.
  std::unique_ptr<SocketTransport> accept(Transport::TimePoint deadline);
  // Tells all who wait to be accepted that somebody else is served. The first who comes after that one has
  // left is the next to be accepted. Does not wait.
  void refuse_waiting(const SocketTransport& served);
  // The address in the form that connect() takes, with the port that was chosen for port 0.
  const std::string& address() const { return address_; }

 private:
  FileDescriptor socket_;
  FileDescriptor next_;  // taken from the queue and not refused
  std::string address_;
  std::string path_;  // unix socket file to remove
};

}  // namespace luoshu
