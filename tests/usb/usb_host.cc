// SPDX-License-Identifier: Apache-2.0
#include "usb/usb_host.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace luoshu::usb {
namespace {

constexpr unsigned kMaxPacket = 64;
constexpr Time kFrame = kMillisecond;

Line opposite(Line line) {
  return line == Line::kJ ? Line::kK : Line::kJ;
}

bool is_data(std::uint8_t pid) {
  return pid == static_cast<std::uint8_t>(Pid::kData0) || pid == static_cast<std::uint8_t>(Pid::kData1);
}

std::string text(const char* format, double a, double b = 0) {
  std::array<char, 160> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, a, b);
  return buffer.data();
}

Bytes setup_bytes(const Setup& s) {
  return {s.type,
          s.request,
          static_cast<std::uint8_t>(s.value & 0xFFU),
          static_cast<std::uint8_t>(s.value >> 8U),
          static_cast<std::uint8_t>(s.index & 0xFFU),
          static_cast<std::uint8_t>(s.index >> 8U),
          static_cast<std::uint8_t>(s.length & 0xFFU),
          static_cast<std::uint8_t>(s.length >> 8U)};
}

}  // namespace

const char* name(Answer::Kind kind) {
  switch (kind) {
    case Answer::Kind::kNone:
      return "none";
    case Answer::Kind::kAck:
      return "ACK";
    case Answer::Kind::kNak:
      return "NAK";
    case Answer::Kind::kStall:
      return "STALL";
    case Answer::Kind::kData:
      return "data";
    case Answer::Kind::kBad:
      return "bad packet";
  }
  return "?";
}

const char* name(Status status) {
  switch (status) {
    case Status::kOk:
      return "ok";
    case Status::kStall:
      return "stall";
    case Status::kTimeout:
      return "timeout";
    case Status::kNakLimit:
      return "NAK limit";
    case Status::kOverflow:
      return "overflow";
  }
  return "?";
}

std::uint16_t crc16(const Bytes& data) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : data) {
    for (unsigned i = 0; i < 8; ++i) {
      const bool bit = (((crc ^ (static_cast<unsigned>(byte) >> i)) & 1U) != 0);
      crc >>= 1U;
      if (bit) crc ^= 0xA001U;
    }
  }
  return static_cast<std::uint16_t>(~crc & 0xFFFFU);
}

std::uint8_t crc5(std::uint16_t bits) {
  unsigned crc = 0x1F;
  for (unsigned i = 0; i < 11; ++i) {
    const bool bit = (((crc ^ (static_cast<unsigned>(bits) >> i)) & 1U) != 0);
    crc >>= 1U;
    if (bit) crc ^= 0x14U;
  }
  return static_cast<std::uint8_t>(~crc & 0x1FU);
}

Bytes token(Pid pid, unsigned address, unsigned endpoint) {
  const unsigned bits = (address & 0x7FU) | ((endpoint & 0xFU) << 7U);
  const unsigned word = bits | (static_cast<unsigned>(crc5(static_cast<std::uint16_t>(bits))) << 11U);
  return {static_cast<std::uint8_t>(pid), static_cast<std::uint8_t>(word & 0xFFU),
          static_cast<std::uint8_t>(word >> 8U)};
}

Bytes sof(unsigned frame) {
  return token(Pid::kSof, frame & 0x7FU, (frame >> 7U) & 0xFU);
}

Bytes data_packet(Pid pid, const Bytes& data) {
  Bytes packet{static_cast<std::uint8_t>(pid)};
  packet.insert(packet.end(), data.begin(), data.end());
  const std::uint16_t crc = crc16(data);
  packet.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
  packet.push_back(static_cast<std::uint8_t>(crc >> 8U));
  return packet;
}

Bytes handshake(Pid pid) {
  return {static_cast<std::uint8_t>(pid)};
}

Levels encode_open(const Bytes& packet) {
  Levels levels;
  Line line = Line::kJ;
  unsigned ones = 0;
  const auto put = [&](bool one) {
    if (!one) line = opposite(line);
    levels.push_back(line);
    ones = one ? ones + 1 : 0;
    if (ones == 6) {
      line = opposite(line);
      levels.push_back(line);
      ones = 0;
    }
  };
  for (unsigned i = 0; i < 8; ++i) put(i == 7);
  for (const std::uint8_t byte : packet) {
    for (unsigned i = 0; i < 8; ++i) put(((static_cast<unsigned>(byte) >> i) & 1U) != 0);
  }
  return levels;
}

Levels encode(const Bytes& packet) {
  Levels levels = encode_open(packet);
  levels.push_back(Line::kSe0);
  levels.push_back(Line::kSe0);
  levels.push_back(Line::kJ);
  return levels;
}

std::optional<Bytes> decode_packet(const Levels& levels) {
  Line last = Line::kJ;
  unsigned zeros = 0;
  std::size_t at = 0;
  for (;; ++at) {
    if (at == levels.size()) return std::nullopt;
    const bool data = levels[at] == Line::kJ || levels[at] == Line::kK;
    const bool same = levels[at] == last;
    last = levels[at];
    if (same && zeros >= 5 && last == Line::kK) break;
    zeros = data && !same ? zeros + 1 : 0;
  }
  Bytes bytes;
  unsigned ones = 1;
  unsigned shift = 0;
  unsigned count = 0;
  for (++at; at < levels.size() && levels[at] != Line::kSe0; ++at) {
    if (levels[at] == Line::kSe1) return std::nullopt;
    const bool one = levels[at] == last;
    last = levels[at];
    if (ones == 6) {
      if (one) return std::nullopt;
      ones = 0;
      continue;
    }
    ones = one ? ones + 1 : 0;
    shift = (shift >> 1U) | (one ? 0x80U : 0U);
    if (++count == 8) {
      bytes.push_back(static_cast<std::uint8_t>(shift));
      count = 0;
    }
  }
  if (at == levels.size() || count > 1) return std::nullopt;
  return bytes;
}

bool valid_packet(const Bytes& packet) {
  if (packet.empty() || ((packet[0] & 0xFU) ^ (packet[0] >> 4U)) != 0xF) return false;
  if ((packet[0] & 3U) == 1) {
    if (packet.size() != 3) return false;
    const unsigned word = packet[1] | (static_cast<unsigned>(packet[2]) << 8U);
    return crc5(static_cast<std::uint16_t>(word & 0x7FFU)) == word >> 11U;
  }
  if ((packet[0] & 3U) == 3) {
    if (packet.size() < 3) return false;
    const unsigned crc = packet[packet.size() - 2] | (static_cast<unsigned>(packet.back()) << 8U);
    return crc == crc16(Bytes(packet.begin() + 1, packet.end() - 2));
  }
  return packet.size() == 1;
}

UsbHost::UsbHost(UsbDevicePins& device, const Options& o) : options(o), device_(device), rng_(o.seed) {}

Time UsbHost::bit() const {
  return static_cast<Time>(static_cast<double>(kBit) * (1.0 + options.ppm * 1e-6));
}

void UsbHost::violate(const std::string& what) {
  if (violations_.size() < 20) {
    violations_.push_back(text("at %.3f us: ", static_cast<double>(now_) / kMicrosecond) + what);
  }
}

void UsbHost::step() {
  now_ += kDeviceClock;
  ++clocks_;
  auto lines = static_cast<unsigned>(host_dp_dn_);
  while (plus_at_ < plus_.size() && plus_[plus_at_].at <= now_) {
    lines = (lines & 2U) | (static_cast<unsigned>(plus_[plus_at_++].line) & 1U);
  }
  while (minus_at_ < minus_.size() && minus_[minus_at_].at <= now_) {
    lines = (lines & 1U) | (static_cast<unsigned>(minus_[minus_at_++].line) & 2U);
  }
  host_dp_dn_ = static_cast<Line>(lines);
  Line line = pins_.pullup ? Line::kJ : Line::kSe0;
  if (pins_.enable) line = pins_.drive;
  if (driving_) line = host_dp_dn_;
  if (pins_.enable && driving_) violate("device and host drive at the same time");
  if (wave_) record_lines(line);
  const UsbDevicePins::Pins before = pins_;
  pins_ = device_.clock(line);
  if (pins_.enable && (!before.enable || before.drive != pins_.drive)) seen_.push_back({now_, pins_.drive});
}

void UsbHost::record(const std::string& path) {
  wave_.reset(std::fopen(path.c_str(), "w"));
  if (!wave_) throw std::runtime_error("cannot write " + path);
  std::fputs(
      "$timescale 1ps $end\n$scope module usb $end\n$var wire 1 p dp $end\n$var wire 1 n dn $end\n"
      "$var wire 1 d device_drives $end\n$var wire 1 h host_drives $end\n$var wire 1 u pullup $end\n"
      "$upscope $end\n$enddefinitions $end\n",
      wave_.get());
}

void UsbHost::record_lines(Line line) {
  const unsigned bits = static_cast<unsigned>(line) | (pins_.enable ? 4U : 0U) | (driving_ ? 8U : 0U) |
                        (pins_.pullup ? 16U : 0U);
  if (bits == recorded_) return;
  recorded_ = bits;
  std::fprintf(wave_.get(), "#%lld\n%up\n%un\n%ud\n%uh\n%uu\n", static_cast<long long>(now_ / 1000),
               bits & 1U, (bits >> 1U) & 1U, (bits >> 2U) & 1U, (bits >> 3U) & 1U, (bits >> 4U) & 1U);
}

void UsbHost::idle(Time duration) {
  driving_ = false;
  const Time end = now_ + duration;
  while (now_ < end) {
    step();
    if (pins_.enable) {
      violate("device drives without having been asked");
      while (pins_.enable) step();
    }
  }
}

void UsbHost::hold(Line line, Time duration) {
  driving_ = true;
  host_dp_dn_ = line;
  plus_.clear();
  minus_.clear();
  plus_at_ = minus_at_ = 0;
  const Time end = now_ + duration;
  while (now_ < end) step();
  driving_ = false;
  host_dp_dn_ = Line::kJ;
}

void UsbHost::schedule(const Levels& levels) {
  plus_.clear();
  minus_.clear();
  plus_at_ = minus_at_ = 0;
  // A fraction of a device clock between the two clocks' phases.
  Time at = now_ + static_cast<Time>(rng_() % static_cast<std::uint64_t>(kDeviceClock));
  Line last = Line::kJ;
  bool ended = false;  // by SE0, then J
  for (const Line line : levels) {
    const Time jitter =
        options.jitter == 0
            ? 0
            : static_cast<Time>(rng_() % static_cast<std::uint64_t>(2 * options.jitter + 1)) - options.jitter;
    if (line != last) {
      const auto changed = static_cast<unsigned>(line) ^ static_cast<unsigned>(last);
      if ((changed & 1U) != 0) plus_.push_back({at + jitter, line});
      if ((changed & 2U) != 0) minus_.push_back({at + jitter + options.skew, line});
    }
    if (line == Line::kJ && last == Line::kSe0) {
      host_end_ = at + jitter;
      ended = true;
    }
    last = line;
    at += bit();
  }
  if (!ended || last == Line::kSe0) host_end_ = at;  // cut off: the lines go to J by themselves
  driving_ = true;
  host_dp_dn_ = Line::kJ;
  while (now_ + kDeviceClock <= at) step();
  driving_ = false;
  host_dp_dn_ = Line::kJ;
}

void UsbHost::send_levels(const Levels& levels) {
  seen_.clear();
  schedule(levels);
}

void UsbHost::send(const Bytes& packet) {
  Levels levels = encode(packet);
  if (mutate) mutate(levels, static_cast<Pid>(packet[0]));
  if (levels.empty()) {  // lost: the time passes
    seen_.clear();
    idle(static_cast<Time>(encode(packet).size()) * bit());
    host_end_ = now_;
    return;
  }
  send_levels(levels);
}

void UsbHost::send_low_speed(const Bytes& packet) {
  Levels levels = encode_open(handshake(Pid::kPre));
  for (int i = 0; i < 5; ++i) levels.push_back(Line::kJ);
  for (const Line line : encode(packet)) {
    for (int i = 0; i < 8; ++i) levels.push_back(line);
  }
  send_levels(levels);
}

Answer UsbHost::receive(double limit_bits) {
  const Time limit = host_end_ + static_cast<Time>(limit_bits * static_cast<double>(bit()));
  driving_ = false;
  while (!pins_.enable && now_ < limit) step();
  if (!pins_.enable) return {};
  std::vector<Edge> edges;
  const double turnaround = static_cast<double>(now_ - host_end_) / static_cast<double>(kBit);
  const Time too_long = now_ + 100 * kMicrosecond;
  while (pins_.enable) {
    if (now_ > too_long) {
      violate("device drives for more than 100 us");
      return {Answer::Kind::kBad, false, {}, turnaround};
    }
    step();
  }
  edges.swap(seen_);
  host_end_ = now_ - kBit;
  Answer answer = decode(edges, now_, turnaround);
  worst_turnaround_ = std::max(worst_turnaround_, turnaround);
  best_turnaround_ = std::min(best_turnaround_, turnaround);
  if (turnaround < 2.0 || turnaround > 6.5) violate(text("answer after %.2f bit times", turnaround));
  if (lose && lose(answer)) return {};
  return answer;
}

// Everything that a device sends must be right to the bit and to 1% of a bit time.
Answer UsbHost::decode(const std::vector<Edge>& edges, Time end, double turnaround) {
  Answer bad{Answer::Kind::kBad, false, {}, turnaround};
  Levels levels;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Time until = i + 1 < edges.size() ? edges[i + 1].at : end;
    const double bits = static_cast<double>(until - edges[i].at) / static_cast<double>(kBit);
    const double whole = std::round(bits);
    if (whole < 1 || std::fabs(bits - whole) > 0.01 * whole) violate(text("a level of %.3f bits", bits));
    for (int n = 0; n < static_cast<int>(whole); ++n) levels.push_back(edges[i].line);
  }
  const std::size_t n = levels.size();
  if (n < 8 + 8 + 3 || levels[n - 1] != Line::kJ || levels[n - 2] != Line::kSe0 ||
      levels[n - 3] != Line::kSe0) {
    violate("packet does not end with SE0 SE0 J");
    return bad;
  }
  Bytes bytes;
  Line last = Line::kJ;
  unsigned ones = 0;
  unsigned count = 0;
  unsigned shift = 0;
  std::size_t bit_number = 0;
  for (std::size_t i = 0; i + 3 < n; ++i) {
    const bool one = levels[i] == last;
    if (levels[i] == Line::kSe0 || levels[i] == Line::kSe1) {
      violate("SE0 or SE1 within a packet");
      return bad;
    }
    last = levels[i];
    if (i < 8) {
      if (one != (i == 7)) violate("wrong sync");
      ones = i == 7 ? 1 : 0;
      continue;
    }
    if (ones == 6) {
      if (one) violate("seven ones");
      ones = 0;
      continue;
    }
    ones = one ? ones + 1 : 0;
    shift = (shift >> 1U) | (one ? 0x80U : 0U);
    if (++count == 8) {
      bytes.push_back(static_cast<std::uint8_t>(shift));
      count = 0;
      shift = 0;
    }
    ++bit_number;
  }
  if (ones == 6) violate("stuffed bit missing before the end of the packet");
  if (count != 0 || bytes.empty()) {
    violate("not whole bytes");
    return bad;
  }
  Answer answer{Answer::Kind::kBad, false, {}, turnaround};
  const auto pid = static_cast<Pid>(bytes[0]);
  if (is_data(bytes[0])) {
    if (bytes.size() < 3 || bytes.size() > kMaxPacket + 3) {
      violate("length of a data packet");
      return bad;
    }
    answer.data.assign(bytes.begin() + 1, bytes.end() - 2);
    const unsigned crc = bytes[bytes.size() - 2] | (static_cast<unsigned>(bytes.back()) << 8U);
    if (crc != crc16(answer.data)) {
      violate("CRC16 of the device");
      return bad;
    }
    answer.kind = Answer::Kind::kData;
    answer.toggle = pid == Pid::kData1;
    return answer;
  }
  if (bytes.size() != 1) violate("handshake of more than a byte");
  switch (pid) {
    case Pid::kAck:
      answer.kind = Answer::Kind::kAck;
      break;
    case Pid::kNak:
      answer.kind = Answer::Kind::kNak;
      break;
    case Pid::kStall:
      answer.kind = Answer::Kind::kStall;
      break;
    default:
      violate(text("PID %.0f from the device", bytes[0]));
  }
  return answer;
}

void UsbHost::bus_reset(Time duration) {
  hold(Line::kSe0, duration);
  address_ = 0;
  out_toggle = in_toggle = false;
  idle(5 * kMicrosecond);
  next_frame_ = now_;
}

void UsbHost::wait_attached(Time limit) {
  const Time end = now_ + limit;
  while (!pins_.pullup && now_ < end) step();
  idle(5 * kMicrosecond);
}

void UsbHost::suspend(Time duration) {
  idle(duration);
}

void UsbHost::resume(Time k_duration) {
  hold(Line::kK, k_duration);
  hold(Line::kSe0, 16 * bit());
  idle(5 * bit());
  next_frame_ = now_;
}

void UsbHost::send_sof() {
  next_frame_ += kFrame;
  if (next_frame_ < now_) next_frame_ = now_ + kFrame;
  frame_ = (frame_ + 1) & 0x7FFU;
  idle(options.gap * bit());
  send(sof(frame_));
}

void UsbHost::wait_frame() {
  if (now_ < next_frame_) idle(next_frame_ - now_);
  send_sof();
}

// With frames: SOF when it is due, and no transaction that could run into the next one.
void UsbHost::before_transaction(unsigned bits) {
  if (options.frames) {
    if (now_ < next_frame_ && now_ + static_cast<Time>(bits) * bit() > next_frame_) idle(next_frame_ - now_);
    if (now_ >= next_frame_) send_sof();
  }
  idle(options.gap * bit());
}

Answer UsbHost::transact_setup(const Bytes& setup, Pid pid, unsigned endpoint) {
  before_transaction(200);
  send(token(Pid::kSetup, address_, endpoint));
  idle(options.gap * bit());
  send(data_packet(pid, setup));
  return receive();
}

Answer UsbHost::transact_out(unsigned endpoint, bool toggle, const Bytes& data) {
  before_transaction(static_cast<unsigned>(120 + data.size() * 28 / 3));
  send(token(Pid::kOut, address_, endpoint));
  idle(options.gap * bit());
  send(data_packet(toggle ? Pid::kData1 : Pid::kData0, data));
  return receive();
}

Answer UsbHost::transact_in(unsigned endpoint, bool acknowledge) {
  before_transaction(760);
  send(token(Pid::kIn, address_, endpoint));
  Answer answer = receive();
  if (answer.kind == Answer::Kind::kData && acknowledge) {
    idle(options.gap * bit());
    send(handshake(Pid::kAck));
  }
  return answer;
}

Transfer UsbHost::control(const Setup& setup, const Bytes& data) {
  Transfer result;
  int errors = 0;
  int naks = 0;
  // A stage with three errors in a row ends the transfer; NAK is asked again.
  const auto failed = [&](const Answer& answer) {
    if (answer.kind == Answer::Kind::kNak) {
      errors = 0;
      if (++naks > nak_limit) result.status = Status::kNakLimit;
    } else if (answer.kind == Answer::Kind::kStall) {
      result.status = Status::kStall;
    } else if (answer.kind == Answer::Kind::kNone || answer.kind == Answer::Kind::kBad) {
      if (++errors == 3) result.status = Status::kTimeout;
    } else {
      errors = 0;
    }
    return result.status != Status::kOk;
  };
  for (;;) {
    const Answer answer = transact_setup(setup_bytes(setup));
    if (failed(answer)) return result;
    if (answer.kind == Answer::Kind::kAck) break;
  }
  const bool read = (setup.type & 0x80U) != 0 && setup.length != 0;
  bool toggle = true;
  if (read) {
    while (result.data.size() < setup.length) {
      const Answer answer = transact_in(0);
      if (failed(answer)) return result;
      if (answer.kind != Answer::Kind::kData || answer.toggle != toggle) continue;
      toggle = !toggle;
      result.data.insert(result.data.end(), answer.data.begin(), answer.data.end());
      if (answer.data.size() < kMaxPacket) break;
    }
    if (result.data.size() > setup.length) {
      result.status = Status::kOverflow;
      return result;
    }
  } else {
    for (std::size_t at = 0; at < data.size();) {
      const std::size_t size = std::min<std::size_t>(kMaxPacket, data.size() - at);
      const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at);
      const Answer answer = transact_out(0, toggle, Bytes(begin, begin + static_cast<std::ptrdiff_t>(size)));
      if (failed(answer)) return result;
      if (answer.kind != Answer::Kind::kAck) continue;
      toggle = !toggle;
      at += size;
      result.written = at;
    }
  }
  for (;;) {
    const Answer answer = read ? transact_out(0, true, {}) : transact_in(0);
    if (failed(answer)) return result;
    if (answer.kind == (read ? Answer::Kind::kAck : Answer::Kind::kData)) {
      if (!read && (!answer.toggle || !answer.data.empty())) violate("status stage is not an empty DATA1");
      return result;
    }
  }
}

Transfer UsbHost::bulk_out(const Bytes& data, bool terminate, Time limit) {
  Transfer result;
  const Time end = now_ + limit;
  int errors = 0;
  bool last = false;
  while (!last) {
    const std::size_t size = std::min<std::size_t>(kMaxPacket, data.size() - result.written);
    const auto begin = data.begin() + static_cast<std::ptrdiff_t>(result.written);
    const Bytes part(begin, begin + static_cast<std::ptrdiff_t>(size));
    const Answer answer = transact_out(1, out_toggle, part);
    if (answer.kind == Answer::Kind::kAck) {
      errors = 0;
      out_toggle = !out_toggle;
      result.written += size;
      last = result.written == data.size() && !(terminate && size == kMaxPacket);
    } else if (answer.kind == Answer::Kind::kStall) {
      result.status = Status::kStall;
      return result;
    } else if (answer.kind == Answer::Kind::kNak) {
      errors = 0;
    } else if (++errors == 3) {
      result.status = Status::kTimeout;
      return result;
    }
    if (!last && now_ > end) {
      result.status = Status::kNakLimit;
      return result;
    }
  }
  return result;
}

Transfer UsbHost::bulk_in(std::size_t bytes, Time limit) {
  Transfer result;
  const Time end = now_ + limit;
  int errors = 0;
  while (result.data.size() < bytes) {
    const Answer answer = transact_in(1);
    if (answer.kind == Answer::Kind::kData) {
      errors = 0;
      if (answer.toggle != in_toggle) continue;  // a repetition
      in_toggle = !in_toggle;
      result.data.insert(result.data.end(), answer.data.begin(), answer.data.end());
      if (answer.data.size() < kMaxPacket) return result;
    } else if (answer.kind == Answer::Kind::kStall) {
      result.status = Status::kStall;
      return result;
    } else if (answer.kind == Answer::Kind::kNak) {
      errors = 0;
      if (now_ > end) {
        result.status = Status::kNakLimit;
        return result;
      }
    } else if (++errors == 3) {
      result.status = Status::kTimeout;
      return result;
    }
  }
  return result;
}

Transfer UsbHost::get_descriptor(unsigned type, unsigned index, unsigned length, unsigned language) {
  return control({0x80, 6, static_cast<std::uint16_t>((type << 8U) | index),
                  static_cast<std::uint16_t>(language), static_cast<std::uint16_t>(length)});
}

bool UsbHost::set_configuration(unsigned value) {
  const Transfer set = control({0x00, 9, static_cast<std::uint16_t>(value), 0, 0});
  if (set.status != Status::kOk) return false;
  out_toggle = in_toggle = false;
  return true;
}

bool UsbHost::enumerate_quick(unsigned new_address) {
  bus_reset();
  if (control({0x00, 5, static_cast<std::uint16_t>(new_address), 0, 0}).status != Status::kOk) return false;
  address_ = new_address;
  return set_configuration(1);
}

namespace {
// One string as hosts read it: 255 bytes are asked for.
bool read_string(UsbHost& host, unsigned index, unsigned language) {
  const Transfer string = host.get_descriptor(3, index, 255, language);
  return string.status == Status::kOk && string.data.size() >= 2 && string.data[0] == string.data.size();
}
}  // namespace

// The order of Linux: 64 bytes of the device descriptor at address 0, of which one packet is taken; reset;
// address; descriptor; BOS in two steps; qualifier (must stall); configuration in two steps; strings;
// configuration.
bool UsbHost::enumerate_linux(unsigned new_address) {
  bus_reset();
  const Transfer first = get_descriptor(1, 0, 64);
  if (first.status != Status::kOk || first.data.size() != 18) return false;
  bus_reset();
  if (control({0x00, 5, static_cast<std::uint16_t>(new_address), 0, 0}).status != Status::kOk) return false;
  address_ = new_address;
  idle(2 * kMillisecond);
  if (get_descriptor(1, 0, 18).data != first.data) return false;
  const Transfer bos = get_descriptor(15, 0, 5);
  if (bos.data.size() != 5) return false;
  if (get_descriptor(15, 0, bos.data[2] | (static_cast<unsigned>(bos.data[3]) << 8U)).data.size() !=
      bos.data[2]) {
    return false;
  }
  if (get_descriptor(6, 0, 10).status != Status::kStall) return false;
  const Transfer head = get_descriptor(2, 0, 9);
  if (head.data.size() != 9 || get_descriptor(2, 0, head.data[2]).data.size() != head.data[2]) return false;
  const Transfer languages = get_descriptor(3, 0, 255);
  if (languages.data.size() < 4) return false;
  const unsigned language = languages.data[2] | (static_cast<unsigned>(languages.data[3]) << 8U);
  for (unsigned i = 1; i <= 3; ++i) {
    if (!read_string(*this, i, language)) return false;
  }
  return set_configuration(1);
}

// The order of Windows: 64 bytes of the device descriptor, reset, address, descriptor, 255 bytes of
// configuration, BOS, the descriptor set that BOS names, serial number, languages, product, qualifier (must
// stall), everything once more.
bool UsbHost::enumerate_windows(unsigned new_address) {
  bus_reset();
  idle(kMillisecond);
  if (transact_setup({0x80, 6, 0, 1, 0, 0, 64, 0}).kind != Answer::Kind::kAck) return false;
  if (transact_in(0).data.size() != 18) return false;
  bus_reset();  // the status stage of it never comes
  if (control({0x00, 5, static_cast<std::uint16_t>(new_address), 0, 0}).status != Status::kOk) return false;
  address_ = new_address;
  idle(2 * kMillisecond);
  if (get_descriptor(1, 0, 18).data.size() != 18) return false;
  const Transfer configuration = get_descriptor(2, 0, 255);
  if (configuration.data.size() < 9 || configuration.data.size() != configuration.data[2]) return false;
  const Transfer bos = get_descriptor(15, 0, 5);
  if (bos.data.size() != 5) return false;
  const Transfer platform = get_descriptor(15, 0, bos.data[2]);
  if (platform.data.size() != bos.data[2]) return false;
  if (!read_string(*this, 3, 0x409)) return false;
  if (get_descriptor(6, 0, 10).status != Status::kStall) return false;
  if (get_descriptor(1, 0, 18).data.size() != 18) return false;
  if (get_descriptor(2, 0, 9).data.size() != 9) return false;
  if (get_descriptor(2, 0, configuration.data[2]).data != configuration.data) return false;
  const std::size_t at = platform.data.size() - 4;  // length of the set, request code, alternate enumeration
  const auto set_bytes =
      static_cast<std::uint16_t>(platform.data[at] | (static_cast<unsigned>(platform.data[at + 1]) << 8U));
  const Transfer set = control({0xC0, platform.data[at + 2], 0, 7, set_bytes});
  if (set.data.size() != set_bytes) return false;
  if (!set_configuration(1)) return false;
  return read_string(*this, 0, 0) && read_string(*this, 2, 0x409);
}

}  // namespace luoshu::usb
