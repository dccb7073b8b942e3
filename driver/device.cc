// SPDX-License-Identifier: Apache-2.0
#include "luoshu/device.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "link/link.h"
#include "luoshu/checked.h"

namespace luoshu {
namespace {

constexpr std::uint64_t kAddressEnd = std::uint64_t{1} << 40U;
constexpr std::uint64_t kTransferUnit =
    128;  // bytes: chunks end at such addresses, whole beats of every configuration
constexpr std::uint64_t kCrcChunk = std::uint64_t{1} << 18U;  // bytes per MEM_CRC request
constexpr std::uint64_t kProgressStep = std::uint64_t{1} << 16U;

void check_range(std::uint64_t address, std::uint64_t bytes, const char* operation) {
  if (checked_add(address, bytes, operation) > kAddressEnd) {
    DeviceError::Detail detail{operation, address, bytes, 0,
                               static_cast<std::uint32_t>(LinkStatus::kBadAddress)};
    throw DeviceError(
        std::string(operation) + " beyond the 40-bit address space; this is a defect of the caller", detail);
  }
}

// End of the chunk that starts at `at`: room for `room` bytes from at & ~3, at a transfer unit where
// possible.
std::uint64_t chunk_end(std::uint64_t at, std::uint64_t end, std::uint64_t room) {
  const std::uint64_t limit = (at & ~std::uint64_t{3}) + room;
  if (end <= limit) return end;
  const std::uint64_t rounded = limit / kTransferUnit * kTransferUnit;
  return rounded > at ? rounded : limit;
}

std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32U);
}

// Checks size and completion word of an answer with `bytes` of data.
void check_answer(const Frame& frame, std::uint64_t bytes, const char* operation, std::uint64_t address) {
  if (frame.payload.size() != bytes + 4) {
    DeviceError::Detail detail{operation, address, bytes + 4, frame.payload.size(), 0};
    throw ProtocolError(std::string(operation) + ": answer of a wrong size; host and device versions differ",
                        detail);
  }
  const std::uint32_t completion = frame.word(frame.payload.size() / 4 - 1);
  if (completion != 0) {
    DeviceError::Detail detail{operation, address, bytes, 0, completion};
    throw DeviceError(std::string(operation) + " at address " + std::to_string(address) + " failed: " +
                          link_status_name(static_cast<LinkStatus>(completion)) + "; check the address",
                      detail);
  }
}

class ProgressReport {
 public:
  ProgressReport(const Device::Progress& progress, std::uint64_t total)
      : progress_(progress), total_(total) {}
  void at(std::uint64_t done) {
    if (!progress_ || (done < total_ && done - last_ < kProgressStep)) return;
    last_ = done;
    progress_(done, total_);
  }

 private:
  const Device::Progress& progress_;
  std::uint64_t total_, last_ = 0;
};

}  // namespace

Device::Device(std::unique_ptr<Transport> transport, LinkOptions options)
    : link_(std::make_unique<Link>(std::move(transport), options)) {}
Device::~Device() = default;
Device::Device(Device&&) noexcept = default;
Device& Device::operator=(Device&&) noexcept = default;

Transport& Device::transport() {
  return link_->transport();
}
const LinkStatistics& Device::statistics() const {
  return link_->statistics();
}

HelloReply Device::hello() {
  HelloReply reply;
  link_->post(RequestType::kHello, {}, nullptr, 0, [&reply](const Frame& frame) {
    if (frame.payload.size() < 8 || frame.payload.size() % 4 != 0) {
      throw ProtocolError("hello: answer of a wrong size; host and device versions differ");
    }
    check_answer(frame, frame.payload.size() - 4, "hello", 0);
    reply.max_payload = frame.word(0) & 0xffffU;
    reply.protocol_version = (frame.word(0) >> 16U) & 0xffU;
    for (std::size_t i = 1; i + 1 < frame.payload.size() / 4; ++i)
      reply.identification.push_back(frame.word(i));
  });
  link_->flush();
  return reply;
}

void Device::write_memory(std::uint64_t address, const void* data, std::uint64_t bytes,
                          const Progress& progress) {
  check_range(address, bytes, "write memory");
  link_->open();
  const auto* source = static_cast<const std::uint8_t*>(data);
  const std::uint64_t end = address + bytes;
  ProgressReport report(progress, bytes);
  std::vector<std::uint8_t> image;
  for (std::uint64_t at = address; at < end;) {
    const std::uint64_t stop = chunk_end(at, end, link_->max_payload() - 8);
    const std::uint8_t* p = source + (at - address);
    std::size_t n = stop - at;
    if (const std::size_t skip = at & 3U; skip != 0) {
      image.assign(skip, 0);
      image.insert(image.end(), p, p + n);
      p = image.data();
      n += skip;
    }
    link_->post(RequestType::kMemWrite, {low(at), high(at)}, p, n, {});
    at = stop;
    if (at < end) report.at(at - address);
  }
  link_->flush();
  report.at(bytes);
}

void Device::read_memory(std::uint64_t address, void* data, std::uint64_t bytes, const Progress& progress) {
  check_range(address, bytes, "read memory");
  link_->open();
  auto* target = static_cast<std::uint8_t*>(data);
  const std::uint64_t end = address + bytes;
  ProgressReport report(progress, bytes);
  for (std::uint64_t at = address; at < end;) {
    const std::uint64_t stop = chunk_end(at, end, link_->max_payload() - 4);
    const std::uint64_t first = at & ~std::uint64_t{3};
    const std::uint64_t n = (stop - first + 3) & ~std::uint64_t{3};
    std::uint8_t* p = target + (at - address);
    link_->post(RequestType::kMemRead, {low(first), high(first), low(n)}, nullptr, 0,
                [=](const Frame& frame) {
                  check_answer(frame, n, "read memory", first);
                  std::memcpy(p, frame.payload.data() + (at - first), stop - at);
                });
    at = stop;
    if (at < end) report.at(at - address);
  }
  link_->flush();
  report.at(bytes);
}

std::uint32_t Device::crc32(std::uint64_t address, std::uint64_t bytes) {
  check_range(address, bytes, "memory checksum");
  // The device sums whole words; ragged ends are read and summed here.
  const std::uint64_t end = address + bytes;
  const std::uint64_t first = std::min((address + 3) & ~std::uint64_t{3}, end);
  const std::uint64_t last = std::max(end & ~std::uint64_t{3}, first);
  const auto edge = [this](std::uint64_t from, std::uint64_t to) {
    std::uint8_t buffer[4] = {};
    read_memory(from, buffer, to - from);
    return ::crc32(0, buffer, static_cast<uInt>(to - from));
  };
  uLong sum = first > address ? edge(address, first) : 0;
  struct Part {
    std::uint64_t bytes;
    std::uint32_t crc;
  };
  std::vector<Part> parts((last - first + kCrcChunk - 1) / kCrcChunk);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::uint64_t at = first + i * kCrcChunk;
    parts[i].bytes = std::min(kCrcChunk, last - at);
    link_->post(RequestType::kMemCrc, {low(at), high(at), low(parts[i].bytes)}, nullptr, 0,
                [part = &parts[i], at](const Frame& frame) {
                  check_answer(frame, 4, "memory checksum", at);
                  part->crc = frame.word(0);
                });
  }
  link_->flush();
  for (const Part& part : parts) sum = ::crc32_combine(sum, part.crc, static_cast<z_off_t>(part.bytes));
  if (end > last) sum = ::crc32_combine(sum, edge(last, end), static_cast<z_off_t>(end - last));
  return low(sum);
}

std::vector<std::uint32_t> Device::read_regs(std::uint32_t address, std::uint32_t words) {
  link_->open();
  std::vector<std::uint32_t> values(words);
  const std::uint32_t most = link_->max_payload() / 4 - 1;
  for (std::uint32_t done = 0; done < words;) {
    const std::uint32_t n = std::min(most, words - done);
    const std::uint32_t at = address + 4 * done;
    link_->post(RequestType::kRegRead, {at, n}, nullptr, 0,
                [=, p = values.data() + done](const Frame& frame) {
                  check_answer(frame, 4 * std::uint64_t{n}, "read register", at);
                  for (std::uint32_t i = 0; i < n; ++i) p[i] = frame.word(i);
                });
    done += n;
  }
  link_->flush();
  return values;
}

void Device::write_regs(std::uint32_t address, const std::uint32_t* values, std::size_t words) {
  link_->open();
  const std::size_t most = link_->max_payload() / 4 - 1;
  for (std::size_t done = 0; done < words;) {
    const std::size_t n = std::min(most, words - done);
    std::vector<std::uint32_t> head{address + 4 * static_cast<std::uint32_t>(done)};
    head.insert(head.end(), values + done, values + done + n);
    link_->post(RequestType::kRegWrite, head, nullptr, 0, {});
    done += n;
  }
  link_->flush();
}

std::uint32_t Device::read_reg(std::uint32_t address) {
  return read_regs(address, 1)[0];
}
void Device::write_reg(std::uint32_t address, std::uint32_t value) {
  write_regs(address, &value, 1);
}

void Device::send_message(const std::vector<std::uint32_t>& words) {
  if (words.empty() || words.size() > kMaxLinkMessageWords) {
    throw InputError("a message has 1 to 16 words, not " + std::to_string(words.size()) + "; split it");
  }
  link_->post(RequestType::kMsg, words, nullptr, 0, {});
  link_->flush();
}

std::optional<std::vector<std::uint32_t>> Device::wait_event(Transport::TimePoint deadline) {
  return link_->wait_event(deadline);
}
std::optional<std::vector<std::uint32_t>> Device::wait_event(std::chrono::milliseconds wait) {
  return link_->wait_event(transport().now() + wait);
}

}  // namespace luoshu
