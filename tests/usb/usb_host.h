// SPDX-License-Identifier: Apache-2.0
// A USB 2.0 full-speed host at the level of bits: it drives D+ and D- by a bit clock of its own (offset and
// jitter) and decodes what a device drives, by time. Strict: everything that a device may not do on the bus
// is kept in violations(). Nothing here knows the device but through UsbDevicePins.
#pragma once
#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace luoshu::usb {

/// Time in femtoseconds.
using Time = std::int64_t;
constexpr Time kMicrosecond = 1'000'000'000;
constexpr Time kMillisecond = 1000 * kMicrosecond;
constexpr Time kBit = 83'333'333;          // nominal
constexpr Time kDeviceClock = 20'833'333;  // 48 MHz

/// State of the two lines, {D-, D+}, with the full-speed names.
enum class Line : std::uint8_t { kSe0 = 0, kJ = 1, kK = 2, kSe1 = 3 };

/// A device under test, seen from its pins.
class UsbDevicePins {
 public:
  struct Pins {
    Line drive = Line::kJ;
    bool enable = false;
    bool pullup = false;
  };
  UsbDevicePins() = default;
  UsbDevicePins(const UsbDevicePins&) = delete;
  UsbDevicePins& operator=(const UsbDevicePins&) = delete;
  virtual ~UsbDevicePins() = default;
  /// One period of the device's 48 MHz clock, with its rising edge at the end; `line` is what its pins see at
  /// that edge. Returns what it drives behind the edge.
  virtual Pins clock(Line line) = 0;
};

enum class Pid : std::uint8_t {
  kOut = 0xE1,
  kIn = 0x69,
  kSof = 0xA5,
  kSetup = 0x2D,
  kData0 = 0xC3,
  kData1 = 0x4B,
  kAck = 0xD2,
  kNak = 0x5A,
  kStall = 0x1E,
  kPre = 0x3C,
  kSplit = 0x78,
  kPing = 0xB4,
  kData2 = 0x87,
  kMdata = 0x0F,
  kNyet = 0x96
};

using Bytes = std::vector<std::uint8_t>;
using Levels = std::vector<Line>;  // one per bit time

std::uint16_t crc16(const Bytes& data);  // as it is sent, low byte first
std::uint8_t crc5(std::uint16_t bits);   // of 11 bits, as it is sent, first bit at 0
Bytes token(Pid pid, unsigned address, unsigned endpoint);
Bytes sof(unsigned frame);
Bytes data_packet(Pid pid, const Bytes& data);
Bytes handshake(Pid pid);
/// Sync, stuffing, NRZI, end of packet (SE0 SE0 J).
Levels encode(const Bytes& packet);
/// Sync and stuffed bits without the end, for packets that are broken on purpose.
Levels encode_open(const Bytes& packet);

/// The bytes that a receiver takes from these levels, if it takes any (six bits of sync are enough, one bit
/// may be too many); and whether they are a packet by PID, CRC and length.
std::optional<Bytes> decode_packet(const Levels& levels);
bool valid_packet(const Bytes& packet);

/// What came back to a packet.
struct Answer {
  enum class Kind { kNone, kAck, kNak, kStall, kData, kBad } kind = Kind::kNone;
  bool toggle = false;  // of kData
  Bytes data;
  double turnaround = 0;  // bit times from our J to its K
};
const char* name(Answer::Kind kind);

/// A SETUP packet.
struct Setup {
  std::uint8_t type = 0;
  std::uint8_t request = 0;
  std::uint16_t value = 0;
  std::uint16_t index = 0;
  std::uint16_t length = 0;
};

/// How a transfer ended.
enum class Status { kOk, kStall, kTimeout, kNakLimit, kOverflow };
const char* name(Status status);
struct Transfer {
  Status status = Status::kOk;
  Bytes data;               // read
  std::size_t written = 0;  // bytes of acknowledged packets
};

class UsbHost {
 public:
  struct Options {
    double ppm = 0;       // host's bit clock against the device's
    Time jitter = 0;      // each edge moves by at most this much, either way
    Time skew = 0;        // D- lags D+ by this much
    int gap = 3;          // bit times between the end of a packet and the next one of ours
    bool frames = false;  // SOF every millisecond, no transaction across it
    std::uint64_t seed = 1;
  };
  /// What the wire does to a packet. Host to device: changes the levels before they are sent (empty: lost).
  using Mutate = std::function<void(Levels&, Pid)>;
  /// Device to host: true when the host does not receive it.
  using Lose = std::function<bool(const Answer&)>;

  UsbHost(UsbDevicePins& device, const Options& options);

  // ---- wire
  void idle(Time duration);                  // host releases the lines
  void hold(Line line, Time duration);       // host drives a constant line
  void send_levels(const Levels& levels);    // returns behind their last bit
  void send_low_speed(const Bytes& packet);  // as a hub repeats it upstream of a low-speed port, behind a PRE
  Answer receive(double limit_bits = 18);    // waits for the start of an answer so long
  void bus_reset(Time duration = 20 * kMicrosecond);
  void wait_attached(Time limit = 2 * kMillisecond);
  void suspend(Time duration);  // no frames
  void resume(Time k_duration = 30 * kMicrosecond);
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] bool attached() const { return pins_.pullup; }

  // ---- packets and transactions; address of the device is set by set_address
  void send(const Bytes& packet);
  Answer transact_setup(const Bytes& setup, Pid pid = Pid::kData0, unsigned endpoint = 0);
  Answer transact_out(unsigned endpoint, bool toggle, const Bytes& data);
  Answer transact_in(unsigned endpoint, bool acknowledge = true);
  void send_sof();
  void wait_frame();  // idle until the next frame is due, and starts it
  void set_address(unsigned address) { address_ = address; }
  [[nodiscard]] unsigned address() const { return address_; }
  [[nodiscard]] unsigned frame() const { return frame_; }

  // ---- transfers, with the retries of a real host: three errors in a row end them
  Transfer control(const Setup& setup, const Bytes& data = {});
  /// One transfer on an endpoint; `toggle` is kept by the caller's pipe. A packet of 0 bytes is sent where
  /// data is empty, or at the end where `terminate` and the last packet was full.
  Transfer bulk_out(const Bytes& data, bool terminate = false, Time limit = 5 * kMillisecond);
  /// Reads until a short packet or `bytes` (a multiple of 64) have come.
  Transfer bulk_in(std::size_t bytes, Time limit = 5 * kMillisecond);
  bool out_toggle = false;
  bool in_toggle = false;

  // ---- enumeration; each ends configured and returns what it saw of the device's descriptor
  Transfer get_descriptor(unsigned type, unsigned index, unsigned length, unsigned language = 0);
  bool set_configuration(unsigned value);
  bool enumerate_linux(unsigned address);
  bool enumerate_windows(unsigned address);
  bool enumerate_quick(unsigned address);  // reset, address, configuration

  // ---- faults
  Mutate mutate;
  Lose lose;
  int nak_limit = 2000;
  Options options;

  /// Writes the lines from here on as a waveform (VCD): D+, D-, who drives, pull-up.
  void record(const std::string& path);

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  void clear_violations() { violations_.clear(); }
  [[nodiscard]] double worst_turnaround() const { return worst_turnaround_; }
  [[nodiscard]] double best_turnaround() const { return best_turnaround_; }
  [[nodiscard]] std::uint64_t clocks() const { return clocks_; }

 private:
  struct Edge {
    Time at;
    Line line;
  };
  [[nodiscard]] Time bit() const;
  void step();
  void violate(const std::string& text);
  void record_lines(Line line);
  void schedule(const Levels& levels);
  void before_transaction(unsigned bits);
  Answer decode(const std::vector<Edge>& edges, Time end, double turnaround);

  UsbDevicePins& device_;
  UsbDevicePins::Pins pins_;
  std::mt19937_64 rng_;
  Time now_ = 0;
  std::uint64_t clocks_ = 0;
  bool driving_ = false;
  Line host_dp_dn_ = Line::kJ;
  std::vector<Edge> plus_, minus_;  // edges of D+ (bit 0 of line) and of D- to come
  std::size_t plus_at_ = 0, minus_at_ = 0;
  Time host_end_ = 0;       // when the host's last J began
  std::vector<Edge> seen_;  // what the device drove
  unsigned address_ = 0;
  unsigned frame_ = 0;
  Time next_frame_ = 0;
  double worst_turnaround_ = 0;
  double best_turnaround_ = 1e9;
  std::vector<std::string> violations_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> wave_{nullptr, std::fclose};
  unsigned recorded_ = 0xFFFF;  // the lines as last written
};

}  // namespace luoshu::usb
