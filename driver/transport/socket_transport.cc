// SPDX-License-Identifier: Apache-2.0
#include "luoshu/socket_transport.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "luoshu/error.h"
#include "luoshu/interrupt.h"

namespace luoshu {
namespace {

// What a listener with a client sends to others before it hangs up. No frame begins like this.
constexpr char kBusyNotice[] = "luoshu: busy\r\n";
constexpr std::size_t kBusyBytes = sizeof kBusyNotice - 1;
constexpr long long kLongestWait = 100;  // ms between two poll points
constexpr std::uint32_t kLargestPort = 65535;

DeviceError::Detail os_detail(const std::string& operation, int error) {
  DeviceError::Detail detail;
  detail.operation = operation;
  detail.code = static_cast<std::uint32_t>(error);
  return detail;
}

std::string os_text(int error) {
  return std::generic_category().message(error);
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 24U) == 127U;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::string path;  // of a unix socket
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address parse_unix(const std::string& text) {
  Address address;
  address.path = text.substr(5);
  sockaddr_un un{};
  if (address.path.empty() || address.path.size() >= sizeof un.sun_path) {
    throw InputError("the socket path '" + address.path +
                     "' is empty or too long; use unix:/path of at most 107 characters");
  }
  un.sun_family = AF_UNIX;
  std::copy(address.path.begin(), address.path.end(), un.sun_path);
  std::memcpy(&address.storage, &un, sizeof un);
  address.length = sizeof un;
  return address;
}

Address parse_tcp(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon <= 4 || colon + 1 == text.size())
    throw InputError("the address '" + text + "' has no port; use tcp:HOST:PORT");
  std::string host = text.substr(4, colon - 4);
  const std::string port = text.substr(colon + 1);
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || number > kLargestPort) {
    throw InputError("the address '" + text + "' has the port '" + port + "'; give a number from 0 to " +
                     std::to_string(kLargestPort));
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (code != 0)
    throw InputError("cannot resolve '" + text + "': " + ::gai_strerror(code) + "; check host and port");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  Address address;
  address.length = list->ai_addrlen;
  std::memcpy(&address.storage, list->ai_addr, list->ai_addrlen);
  return address;
}

Address parse(const std::string& text) {
  if (text.rfind("unix:", 0) == 0) return parse_unix(text);
  if (text.rfind("tcp:", 0) == 0) return parse_tcp(text);
  throw InputError("unknown address '" + text + "'; use unix:/path or tcp:HOST:PORT");
}

FileDescriptor open_socket(const Address& address) {
  FileDescriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) {
    const int error = errno;
    throw DeviceError("cannot open a socket: " + os_text(error) + "; check the system's limits",
                      os_detail("socket", error));
  }
  return fd;
}

void disable_delay(int fd) {
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // fails on unix sockets, which have no delay
}

// Waits for events; false when the deadline passed. A poll point.
bool wait_for(int fd, short events, Transport::TimePoint deadline, const std::string& operation) {
  for (;;) {
    poll_interrupt();
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Transport::Clock::now()).count();
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<long long>(left, 0, kLongestWait)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) {
      const int error = errno;
      throw DeviceError(operation + ": " + os_text(error) + "; reconnect", os_detail(operation, error));
    }
    if (Transport::Clock::now() >= deadline) return false;
  }
}

}  // namespace

void FileDescriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

SocketTransport::SocketTransport(FileDescriptor socket, std::string name)
    : socket_(std::move(socket)), name_(std::move(name)) {
  const int flags = ::fcntl(socket_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK) < 0) {
    throw DeviceError("not a usable socket; reconnect", os_detail("fcntl", errno));
  }
  disable_delay(socket_.get());
}

std::unique_ptr<SocketTransport> SocketTransport::connect(const std::string& address, TimePoint deadline) {
  const Address target = parse(address);
  FileDescriptor fd = open_socket(target);
  int error = 0;
  if (::connect(fd.get(), target.get(), target.length) != 0) error = errno;
  if (error == EINPROGRESS) {
    if (!wait_for(fd.get(), POLLOUT, deadline, "connect")) {
      throw TimeoutError("no answer from " + address + "; check that the simulator runs there",
                         os_detail("connect", ETIMEDOUT));
    }
    socklen_t length = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error != 0) {
    throw DisconnectedError(
        "cannot connect to " + address + ": " + os_text(error) + "; check that the simulator runs there",
        os_detail("connect", error));
  }
  return std::make_unique<SocketTransport>(std::move(fd), address);
}

std::size_t SocketTransport::write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) {
  for (;;) {
    const ssize_t sent = ::send(socket_.get(), data, n, MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    const int error = errno;
    if (error == EINTR) continue;
    if (error != EAGAIN && error != EWOULDBLOCK) {
      std::uint8_t last[kBusyBytes];
      const ssize_t got = ::recv(socket_.get(), last, sizeof last, MSG_DONTWAIT);
      if (got > 0) look_for_refusal(last, static_cast<std::size_t>(got));
      throw DisconnectedError(
          "the connection to " + name_ + " is gone: " + os_text(error) + "; restart the simulator",
          os_detail("write", error));
    }
    if (!wait_for(socket_.get(), POLLOUT, deadline, "write")) return 0;
  }
}

std::size_t SocketTransport::read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) {
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), data, n, 0);
    if (got > 0) {
      look_for_refusal(data, static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
    const int error = got == 0 ? ECONNRESET : errno;
    if (error == EINTR) continue;
    if (error != EAGAIN && error != EWOULDBLOCK) {
      throw DisconnectedError("the peer at " + name_ + " closed the connection; restart the simulator",
                              os_detail("read", error));
    }
    if (!wait_for(socket_.get(), POLLIN, deadline, "read")) return 0;
  }
}

bool SocketTransport::peer_left() const {
  pollfd p{socket_.get(), POLLRDHUP, 0};
  return ::poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

// The notice comes first or not at all, perhaps in pieces.
void SocketTransport::look_for_refusal(const std::uint8_t* data, std::size_t n) {
  for (std::size_t i = 0; refusal_ && i < n && notice_seen_ < kBusyBytes; ++i) {
    refusal_ = data[i] == static_cast<std::uint8_t>(kBusyNotice[notice_seen_]);
    ++notice_seen_;
  }
  if (refusal_ && notice_seen_ == kBusyBytes) {
    throw BusyError(
        "the simulator at " + name_ +
            " is busy with another client and serves one at a time; try again when that one has left",
        os_detail("connect", EBUSY));
  }
}

SocketListener::SocketListener(const std::string& address, bool public_ok) : address_(address) {
  const Address local = parse(address);
  if (local.path.empty() && !public_ok && !is_loopback(local.get())) {
    throw InputError("refusing to listen on " + address +
                     ", which other machines may reach; use tcp:127.0.0.1:PORT or allow it");
  }
  socket_ = open_socket(local);
  if (local.path.empty()) {
    const int one = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  } else {
    struct stat status {};
    if (::lstat(local.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
      const FileDescriptor probe = open_socket(local);
      if (::connect(probe.get(), local.get(), local.length) != 0 && errno == ECONNREFUSED)
        ::unlink(local.path.c_str());
    }
  }
  if (::bind(socket_.get(), local.get(), local.length) != 0 || ::listen(socket_.get(), 4) != 0) {
    const int error = errno;
    throw DeviceError("cannot listen on " + address + ": " + os_text(error) + "; choose another address",
                      os_detail("listen", error));
  }
  path_ = local.path;
  if (path_.empty()) {
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    char port[16] = {};
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &length) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&bound), length, nullptr, 0, port, sizeof port,
                      NI_NUMERICSERV) == 0) {
      address_ = address.substr(0, address.rfind(':') + 1) + port;
    }
  }
}

SocketListener::~SocketListener() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void SocketListener::refuse_waiting(const SocketTransport& served) {
  while (next_.get() < 0) {
    FileDescriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client.get() < 0) return;
    if (served.peer_left()) {
      next_ = std::move(client);
      return;
    }
    ::send(client.get(), kBusyNotice, kBusyBytes, MSG_NOSIGNAL);  // to one that has left already: nothing
    ::shutdown(client.get(), SHUT_WR);
  }
}

std::unique_ptr<SocketTransport> SocketListener::accept(Transport::TimePoint deadline) {
  for (;;) {
    FileDescriptor client(std::move(next_));
    if (client.get() < 0)
      client.reset(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client.get() >= 0)
      return std::make_unique<SocketTransport>(std::move(client), "client of " + address_);
    const int error = errno;
    if (error != EAGAIN && error != EWOULDBLOCK && error != EINTR && error != ECONNABORTED) {
      throw DeviceError("cannot accept on " + address_ + ": " + os_text(error) + "; restart the server",
                        os_detail("accept", error));
    }
    if (!wait_for(socket_.get(), POLLIN, deadline, "accept")) return nullptr;
  }
}

}  // namespace luoshu
