// SPDX-License-Identifier: Apache-2.0
// The link endpoint's RTL against its C++ twin, frame by frame, on bytes that no good host sends.
//
// Both get the same bytes, in steps: after each the RTL runs until nothing moves. What they send is compared
// as answers and events, each in order:
// - events are the same frames;
// - answers are the same frames, but that the RTL may merge: it leaves out an answer without payload when the
//   next answer has none either (docs/link.md, "Every answer carries the next expected number").
// The order between an answer and an event is free. Memory, registers and messages are the same at the end.
#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <random>

#include "Vlink.h"
#include "link/endpoint_model.h"
#include "support/seed.h"

namespace luoshu::link_test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Words = std::vector<std::uint32_t>;

constexpr std::size_t kMemory = 1U << 20U;
constexpr std::size_t kMaxPayload = 1024;
// Cycles without a transfer after which the endpoint waits for the host: a payload that nobody wants is
// dropped word by word before its answer.
constexpr unsigned kQuiet = 2 * kMaxPayload / 4;
constexpr std::uint64_t kBadFrom = 0x40000, kBadTo = 0x40100;  // device memory that answers with errors
constexpr std::uint32_t kRegBase = 0x80000000U, kRegs = 64;

class Services final : public LinkServices {
 public:
  Services() : memory(kMemory), regs(kRegs) {
    for (std::size_t i = 0; i < kMemory; ++i) memory[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    for (std::uint32_t i = 0; i < kRegs; ++i) regs[i] = 0x1000 + i;
  }
  bool write_memory(std::uint64_t address, const std::uint8_t* data, std::size_t n) override {
    bool good = true;
    for (std::size_t i = 0; i < n; ++i) {
      if (bad(address + i)) {
        good = false;
      } else {
        memory.at(address + i) = data[i];
      }
    }
    return good;
  }
  bool read_memory(std::uint64_t address, std::uint8_t* data, std::size_t n) override {
    bool good = true;
    for (std::size_t i = 0; i < n; ++i) {
      data[i] = memory.at(address + i);
      good = good && !bad(address + i);
    }
    return good;
  }
  bool write_reg(std::uint32_t address, std::uint32_t value) override {
    if (address - kRegBase >= 4 * kRegs) return false;
    regs[(address - kRegBase) / 4] = value;
    return true;
  }
  bool read_reg(std::uint32_t address, std::uint32_t& value) override {
    value = 0;
    if (address - kRegBase >= 4 * kRegs) return false;
    value = regs[(address - kRegBase) / 4];
    return true;
  }
  bool take_message(const Words& words) override {
    if (room) messages.push_back(words);
    return room;
  }
  bool operator==(const Services& other) const {
    return memory == other.memory && regs == other.regs && messages == other.messages;
  }

  Bytes memory;
  Words regs;
  std::vector<Words> messages;
  bool room = true;  // of the mailbox

 private:
  static bool bad(std::uint64_t address) { return address >= kBadFrom && address < kBadTo; }
};

// The verilated endpoint and what is around it.
class Endpoint {
 public:
  Endpoint(Services& services, std::uint64_t seed, unsigned stall)
      : services_(services), random_(seed), stall_(stall) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    top_ = std::make_unique<Vlink>(&context_, "link");
    top_->rst_ni = 0;
    top_->rx_valid_i = top_->evt_valid_i = top_->rvalid_i = top_->bvalid_i = top_->reg_rvalid_i = 0;
    for (int i = 0; i < 4; ++i) cycle();
    top_->rst_ni = 1;
  }

  void offer(const Bytes& bytes) { in_.insert(in_.end(), bytes.begin(), bytes.end()); }
  void offer_event(const Words& words) { event_.insert(event_.end(), {words}); }
  bool event_waits() const { return !event_.empty(); }
  std::size_t left() const { return in_.size(); }
  bool listen = true;  // the host takes what comes
  bool serve = true;   // memory takes requests

  // Runs until nothing has moved for a while, `cycles` at most; false when there is no end to it.
  bool settle(std::uint64_t cycles = 2'000'000) {
    unsigned quiet = 0;
    for (; cycles > 0 && quiet < kQuiet; --cycles) quiet = cycle() ? 0 : quiet + 1;
    return quiet >= kQuiet;
  }
  Bytes take() { return std::exchange(out_, {}); }

 private:
  bool stalls() { return random_() % 100 < stall_; }

  // True when anything moved.
  bool cycle() {
    Vlink& t = *top_;
    t.clk_i = 0;
    const std::size_t offered = std::min<std::size_t>(in_.size(), stall_ == 0 ? 4 : 1 + random_() % 4);
    t.rx_valid_i = offered != 0 && !stalls();
    auto word = static_cast<std::uint32_t>(random_());
    for (std::size_t i = 0; i < offered; ++i) {
      word = (word & ~(0xffU << (8 * i))) | static_cast<std::uint32_t>(in_[i]) << (8 * i);
    }
    t.rx_data_i = word;
    t.rx_bytes_i = static_cast<std::uint8_t>(offered);
    t.tx_ready_i = listen && !stalls();
    t.req_ready_i = serve && writing_ == 0 && reading_ == 0 && !written_ && !stalls();
    t.wready_i = writing_ != 0 && !stalls();
    t.rvalid_i = reading_ != 0 && !stalls();
    if (t.rvalid_i) {
      std::uint8_t bytes[4];
      failed_ |= !services_.read_memory(address_, bytes, 4);
      t.rdata_i = load_word(bytes);
      t.rlast_i = reading_ == 1;
    }
    t.bvalid_i = written_ && !stalls();
    t.mem_err_i = failed_;
    t.reg_gnt_i = !reg_pending_ && !stalls();
    t.reg_rvalid_i = reg_pending_ && !stalls();
    t.reg_rdata_i = reg_value_;
    t.reg_err_i = reg_error_;
    t.msg_room_i = services_.room;
    t.msg_ready_i = !stalls();
    t.evt_valid_i = !event_.empty() && !stalls();
    if (t.evt_valid_i) {
      t.evt_data_i = event_.front()[event_at_];
      t.evt_last_i = event_at_ + 1 == event_.front().size();
    }
    t.eval();
    const bool moved = t.rst_ni != 0 && transfer(offered);
    t.clk_i = 1;
    t.eval();
    return moved;
  }

  bool transfer(std::size_t offered) {
    Vlink& t = *top_;
    bool moved = false;
    if (t.rx_valid_i && t.rx_ready_o) {
      in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(offered));
      moved = true;
    }
    if (t.tx_valid_o && t.tx_ready_i) {
      append_word(out_, t.tx_data_o);
      moved = true;
    }
    moved = moved || t.bvalid_i || t.reg_rvalid_i;
    if (t.bvalid_i) written_ = false;
    if (t.rvalid_i && t.rready_o) {
      moved = true;
      --reading_;
      address_ += 4;
    }
    if (t.wvalid_o && t.wready_i) {
      moved = true;
      for (unsigned b = 0; b < 4; ++b) {
        const auto byte = static_cast<std::uint8_t>(t.wdata_o >> (8 * b));
        if ((t.wstrb_o >> b & 1) != 0) failed_ |= !services_.write_memory(address_ + b, &byte, 1);
      }
      address_ += 4;
      if (--writing_ == 0) written_ = true;
    }
    if (t.req_valid_o && t.req_ready_i) {
      moved = true;
      address_ = t.req_addr_o;
      failed_ = false;
      (t.req_write_o ? writing_ : reading_) = t.req_words_o;
    }
    if (t.reg_rvalid_i) reg_pending_ = false;
    if (t.reg_req_o && t.reg_gnt_i) {
      moved = true;
      reg_pending_ = true;
      reg_error_ = t.reg_we_o ? !services_.write_reg(t.reg_addr_o, t.reg_wdata_o)
                              : !services_.read_reg(t.reg_addr_o, reg_value_);
    }
    if (t.msg_valid_o && t.msg_ready_i) {
      message_.push_back(t.msg_data_o);
      if (t.msg_last_o) services_.take_message(std::exchange(message_, {}));
      moved = true;
    }
    if (t.evt_valid_i && t.evt_ready_o) {
      moved = true;
      if (++event_at_ == event_.front().size()) {
        event_.pop_front();
        event_at_ = 0;
      }
    }
    return moved;
  }

  Services& services_;
  std::mt19937_64 random_;
  const unsigned stall_;
  VerilatedContext context_;
  std::unique_ptr<Vlink> top_;
  std::deque<std::uint8_t> in_;
  Bytes out_;
  std::deque<Words> event_;
  std::size_t event_at_ = 0;
  std::uint64_t address_ = 0;
  unsigned writing_ = 0, reading_ = 0;
  bool written_ = false, failed_ = false, reg_pending_ = false, reg_error_ = false;
  std::uint32_t reg_value_ = 0;
  Words message_;
};

// What one side sent.
struct Sent {
  std::vector<Frame> answers, events;
};

bool same(const Frame& a, const Frame& b) {
  return a.type == b.type && a.sequence == b.sequence && a.flags == b.flags && a.payload == b.payload;
}

std::string text(const std::vector<Frame>& frames) {
  std::string out;
  for (const Frame& f : frames) {
    char line[80];
    std::snprintf(line, sizeof line, "  type %02x seq %02x flags %04x, %zu bytes\n", f.type, f.sequence,
                  f.flags, f.payload.size());
    out += line;
  }
  return out;
}

// The RTL's answers are the model's with some merged into the next one.
bool merged(const std::vector<Frame>& rtl, const std::vector<Frame>& model) {
  std::size_t left = rtl.size();
  for (std::size_t i = model.size(); i-- > 0;) {
    if (left > 0 && same(rtl[left - 1], model[i])) {
      --left;
    } else if (!model[i].payload.empty() || i + 1 == model.size() || !model[i + 1].payload.empty()) {
      return false;
    }
  }
  return left == 0;
}

class Pair {
 public:
  Pair(std::uint64_t seed, unsigned stall)
      : random(seed), endpoint(rtl_services_, seed, stall), model_(model_services_, options()) {}

  void room(bool room) { rtl_services_.room = model_services_.room = room; }
  Services& services() { return rtl_services_; }
  std::uint8_t expected() const { return expected_; }
  std::uint64_t answers() const { return answers_; }
  std::uint64_t with_status(LinkStatus status) const { return statuses_[static_cast<std::size_t>(status)]; }

  // Both get the bytes; both say the same.
  void step(const Bytes& bytes) {
    endpoint.offer(bytes);
    model_.receive(bytes.data(), bytes.size());
    compare();
  }
  // An event for which there is room.
  void event(const Words& words) {
    ASSERT_TRUE(model_.push_event(words));
    endpoint.offer_event(words);
    compare();
  }
  bool model_event(const Words& words) { return model_.push_event(words); }
  void compare() {
    ASSERT_TRUE(endpoint.settle());
    ASSERT_EQ(endpoint.left(), 0U);
    const Sent rtl = sent(endpoint.take());
    const Sent model = sent(std::exchange(model_.output(), {}));
    for (const Frame& f : model.answers) {
      expected_ = f.expected();
      ++answers_;
      ++statuses_[static_cast<std::size_t>(f.status())];
    }
    ASSERT_TRUE(merged(rtl.answers, model.answers)) << "RTL:\n"
                                                    << text(rtl.answers) << "model:\n"
                                                    << text(model.answers);
    ASSERT_TRUE(
        std::equal(rtl.events.begin(), rtl.events.end(), model.events.begin(), model.events.end(), same))
        << "RTL:\n"
        << text(rtl.events) << "model:\n"
        << text(model.events);
  }
  void finish() {
    ASSERT_NO_FATAL_FAILURE(step(Bytes(kMaxPayload + 16)));  // the rest of a frame that was cut
    EXPECT_TRUE(rtl_services_ == model_services_) << "memory, registers or messages differ";
  }

  std::mt19937_64 random;
  Services rtl_services_, model_services_;
  Endpoint endpoint;

 private:
  static LinkEndpointModel::Options options() {
    LinkEndpointModel::Options o;
    o.memory_mib = kMemory >> 20U;
    return o;
  }
  // Every byte belongs to a frame.
  static Sent sent(const Bytes& bytes) {
    FrameDecoder decoder;
    decoder.feed(bytes.data(), bytes.size());
    Sent out;
    std::size_t in_frames = 0;
    while (const auto frame = decoder.next()) {
      in_frames += frame_bytes(frame->payload.size());
      (frame->type == kEventType ? out.events : out.answers).push_back(*frame);
    }
    EXPECT_EQ(in_frames, bytes.size()) << "bytes outside frames";
    return out;
  }
  LinkEndpointModel model_;
  std::uint8_t expected_ = 0;
  std::uint64_t answers_ = 0;
  std::uint64_t statuses_[128] = {};
};

// ---------------------------------------------------------------- what is sent
class Generator {
 public:
  explicit Generator(std::mt19937_64& random) : random_(random) {}

  Bytes frame(RequestType type, std::uint8_t sequence, std::uint16_t flags, const Words& head,
              std::size_t bytes) {
    Bytes out;
    const Bytes data = this->data(bytes);
    encode_frame(static_cast<std::uint8_t>(type), sequence, flags, head, data.data(), data.size(), out);
    return out;
  }

  // A request that is right but for its sequence number, with or without an answer payload.
  Bytes request(std::uint8_t expected, bool reads, std::uint16_t flags) {
    const std::uint8_t sequence = this->sequence(expected);
    const std::uint32_t memory = address();
    const auto reg = static_cast<std::uint32_t>(kRegBase + 4 * below(kRegs + 4));
    switch (below(reads ? 9 : 4)) {
      case 0:
      case 1: {
        const std::size_t bytes = length(kMaxPayload - 8);
        return frame(RequestType::kMemWrite, sequence, flags, {memory, high()}, bytes);
      }
      case 2:
        return frame(RequestType::kRegWrite, sequence, flags, {reg & ~3U}, 4 * (1 + below(6)));
      case 3:
        return frame(RequestType::kMsg, sequence, flags, {}, 4 * (1 + below(16)));
      case 4:
        return frame(RequestType::kHello, sequence, flags, {}, 0);
      case 5:
        if (below(4) != 0)
          return frame(RequestType::kRegRead, sequence, flags,
                       {reg, static_cast<std::uint32_t>(1 + below(255))}, 0);
        return frame(RequestType::kResync, static_cast<std::uint8_t>(random_()), flags, {word()}, 0);
      case 6:
        return frame(RequestType::kAck, static_cast<std::uint8_t>(random_()), flags, {}, 0);
      case 7:
        return frame(
            RequestType::kMemCrc, sequence, flags,
            {memory & ~3U, high(), 4 * static_cast<std::uint32_t>(1 + below(below(8) == 0 ? 1500 : 80))}, 0);
      default:
        return frame(RequestType::kMemRead, sequence, flags,
                     {memory & ~3U, high(), 4 * static_cast<std::uint32_t>(1 + below(255))}, 0);
    }
  }

  // Anything in a frame: known and unknown types, every length, every argument.
  Bytes odd(std::uint8_t expected, std::uint16_t flags) {
    static constexpr std::uint8_t kTypes[] = {0x01, 0x02, 0x03, 0x10, 0x11, 0x12, 0x20, 0x21, 0x30};
    const auto type = below(6) == 0 ? static_cast<std::uint8_t>(random_() & 0x7f) : kTypes[below(9)];
    static constexpr std::size_t kLengths[] = {0,  1,  3,  4,  5,  7,  8,  9,    10,   11,  12,
                                               13, 16, 60, 63, 64, 65, 68, 1020, 1023, 1024};
    std::size_t bytes = below(2) == 0 ? kLengths[below(std::size(kLengths))] : below(40);
    Words head;
    const auto value = [&]() -> std::uint32_t {
      switch (below(6)) {
        case 0:
          return address();
        case 1:
          return static_cast<std::uint32_t>(below(1100));
        case 2:
          return kRegBase + 4 * static_cast<std::uint32_t>(below(kRegs));
        case 3:
          return 0;
        case 4:
          return 256;
        default:
          return word();
      }
    };
    for (; head.size() < 3 && bytes >= 4; bytes -= 4) head.push_back(value());
    if (head.size() > 1 && below(2) == 0) head[1] = high();
    return frame(static_cast<RequestType>(type), sequence(expected), flags, head, bytes);
  }

  // Damage: what arrives of a frame, and around it.
  Bytes damaged(Bytes bytes) {
    switch (below(9)) {
      case 0:
        bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        bytes.back() ^= 0x80;  // CRC
        break;
      case 2:
        bytes.resize(1 + below(bytes.size()));
        break;
      case 3:  // a length that no frame has, over a whole frame
      case 4: {
        const std::size_t length = kMaxPayload + (below(2) == 0 ? 4 : 1 + below(60));
        Bytes out;
        const Bytes data = this->data(length);
        encode_frame(bytes[2], bytes[3], 0, {}, data.data(), data.size(), out);
        return out;
      }
      case 5: {
        bytes[4] = static_cast<std::uint8_t>(random_());
        bytes[5] = static_cast<std::uint8_t>(random_());
        break;
      }
      case 6: {
        Bytes zeros(below(40));
        bytes.insert(bytes.begin(), zeros.begin(), zeros.end());
        break;
      }
      case 7: {
        const Bytes noise = data(below(60));
        bytes.insert(bytes.begin(), noise.begin(), noise.end());
        break;
      }
      default:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())),
                     static_cast<std::uint8_t>(random_()));
    }
    return bytes;
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }

 private:
  // Bytes in which syncs are frequent.
  Bytes data(std::size_t n) {
    Bytes out(n);
    for (auto& b : out) {
      const std::uint64_t kind = below(12);
      b = kind == 0 ? 0x53 : kind == 1 ? 0x4C : kind == 2 ? 0 : static_cast<std::uint8_t>(random_());
    }
    return out;
  }
  std::size_t length(std::size_t most) {
    const std::size_t sizes[] = {1, 2, 3, 4, 5, 8, 896, most - 1, most, 1 + below(40), 1 + below(most)};
    return sizes[below(std::size(sizes))];
  }
  std::uint32_t address() {
    switch (below(8)) {
      case 0:
        return static_cast<std::uint32_t>(kMemory - below(1100));
      case 1:
        return static_cast<std::uint32_t>(kBadFrom - 200 + below(500));
      case 2:
        return word();
      default:
        return static_cast<std::uint32_t>(below(4096));
    }
  }
  std::uint32_t high() { return below(12) == 0 ? word() >> below(32) : 0; }
  std::uint8_t sequence(std::uint8_t expected) {
    switch (below(8)) {
      case 0:
        return static_cast<std::uint8_t>(expected - 1 - below(4));
      case 1: {
        static constexpr std::uint8_t kEdges[] = {1, 31, 32, 33, 127, 128, 129, 130, 255};
        return static_cast<std::uint8_t>(expected - kEdges[below(std::size(kEdges))]);
      }
      case 2:
        return static_cast<std::uint8_t>(random_());
      default:
        return expected;
    }
  }
  std::mt19937_64& random_;
};

class LinkDifferential : public testing::TestWithParam<unsigned> {
 protected:
  std::uint64_t seed() const { return luoshu::test_seed() + 1000 * GetParam(); }
};

// Frame by frame: good ones, odd ones, damaged ones; events and acknowledgements in and out of range; a
// mailbox with and without room.
TEST_P(LinkDifferential, FrameByFrame) {
  Pair pair(seed(), GetParam());
  Generator make(pair.random);
  unsigned events = 0;
  for (int i = 0; i < 4000; ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    if (i % 40 == 0) pair.room(make.below(2) == 0);
    std::uint16_t flags = 0;
    if (make.below(3) == 0) flags = static_cast<std::uint16_t>(make.word() & 0x3ff);
    if (make.below(8) == 0) {  // acknowledges what is there, or a little beyond
      flags = ack_flags(static_cast<std::uint8_t>(events + make.below(3) - 1), make.below(2) == 0);
    }
    Bytes bytes;
    const std::uint64_t kind = make.below(10);
    if (kind == 0) {
      Words words(1 + make.below(16));
      for (auto& w : words) w = make.word();
      if (!pair.model_event(words)) continue;  // all slots are in use
      ++events;
      pair.endpoint.offer_event(words);
      ASSERT_NO_FATAL_FAILURE(pair.compare());
      continue;
    }
    bytes = kind < 6 ? make.request(pair.expected(), true, flags) : make.odd(pair.expected(), flags);
    if (kind == 9) bytes = make.damaged(bytes);
    ASSERT_NO_FATAL_FAILURE(pair.step(bytes));
  }
  ASSERT_NO_FATAL_FAILURE(pair.finish());
  for (const LinkStatus status :
       {LinkStatus::kOk, LinkStatus::kBadCrc, LinkStatus::kBadLength, LinkStatus::kBadAddress,
        LinkStatus::kBadType, LinkStatus::kBusy, LinkStatus::kBusError, LinkStatus::kSequence}) {
    EXPECT_GT(pair.with_status(status), 10U) << link_status_name(status);
  }
}

// Back to back: as much as the ring holds, or any number of frames without an answer payload.
TEST_P(LinkDifferential, BackToBack) {
  Pair pair(seed() + 1, GetParam());
  Generator make(pair.random);
  for (int i = 0; i < 250; ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    pair.room(make.below(3) != 0);
    const bool reads = make.below(2) == 0;
    std::uint8_t expected = pair.expected();
    Bytes bytes;
    const std::size_t most = reads ? 1900 : 6000;
    while (bytes.size() < most) {
      Bytes next = make.below(6) == 0 && reads ? make.odd(expected, 0) : make.request(expected, reads, 0);
      if (make.below(12) == 0) next = make.damaged(next);
      if (bytes.size() + next.size() > most) break;
      bytes.insert(bytes.end(), next.begin(), next.end());
      ++expected;
    }
    ASSERT_NO_FATAL_FAILURE(pair.step(bytes));
  }
  ASSERT_NO_FATAL_FAILURE(pair.finish());
}

// All duplicates of the window of 128 are answered and not executed; the number behind it is a wrong one.
TEST_P(LinkDifferential, DuplicateWindow) {
  Pair pair(seed() + 2, GetParam());
  Generator make(pair.random);
  for (unsigned distance = 1; distance <= 255; ++distance) {
    const Bytes message =
        make.frame(RequestType::kMsg, static_cast<std::uint8_t>(pair.expected() - distance), 0, {}, 8);
    ASSERT_NO_FATAL_FAILURE(pair.step(message)) << distance;
    EXPECT_TRUE(pair.services().messages.empty()) << distance;
  }
  EXPECT_EQ(pair.with_status(LinkStatus::kOk), 128U);
  EXPECT_EQ(pair.with_status(LinkStatus::kSequence), 127U);
}

// An event that is on its way is sent as it was, though it is acknowledged meanwhile and its slot is free for
// the next one.
TEST_P(LinkDifferential, EventOnItsWayStaysWhole) {
  Services services;
  Endpoint endpoint(services, seed(), GetParam());
  const auto words = [](unsigned number) { return Words(16, 0x01010101U * (number + 1)); };
  const auto ack = [&](unsigned next, bool replay) {
    Bytes bytes;
    encode_frame(static_cast<std::uint8_t>(RequestType::kAck), 0,
                 ack_flags(static_cast<std::uint8_t>(next), replay), {}, nullptr, 0, bytes);
    endpoint.offer(bytes);
  };
  for (unsigned first = 0; first < 192; first += 32) {
    for (unsigned i = 0; i < 16; ++i) endpoint.offer_event(words(first + i));
    ASSERT_TRUE(endpoint.settle());
    endpoint.take();
    endpoint.listen = false;
    ack(first, true);  // the first of them begins to go out again and stops
    ASSERT_TRUE(endpoint.settle(5000));
    ack(first + 16, false);  // all have arrived
    ASSERT_TRUE(endpoint.settle(5000));
    for (unsigned i = 0; i < 16; ++i) endpoint.offer_event(words(first + 16 + i));
    endpoint.settle(5000);
    endpoint.listen = true;
    ASSERT_TRUE(endpoint.settle());
    EXPECT_FALSE(endpoint.event_waits());
    FrameDecoder decoder;
    const Bytes bytes = endpoint.take();
    decoder.feed(bytes.data(), bytes.size());
    unsigned seen = 0;
    while (const auto frame = decoder.next()) {
      ASSERT_EQ(frame->type, kEventType);
      for (std::size_t i = 0; i < 16; ++i) ASSERT_EQ(frame->word(i), 0x01010101U * (frame->sequence + 1U));
      ++seen;
    }
    EXPECT_GE(seen, 16U);
    ack(first + 32, false);
    ASSERT_TRUE(endpoint.settle());
    endpoint.take();
  }
}

// A 17th event waits until one is acknowledged.
TEST_P(LinkDifferential, SixteenEventsAreKept) {
  Pair pair(seed() + 3, GetParam());
  Generator make(pair.random);
  for (unsigned i = 0; i < kEventSlots; ++i) ASSERT_NO_FATAL_FAILURE(pair.event({i, i + 1}));
  EXPECT_FALSE(pair.model_event({99}));
  pair.endpoint.offer_event({99});
  ASSERT_NO_FATAL_FAILURE(pair.compare());
  EXPECT_TRUE(pair.endpoint.event_waits());
  ASSERT_NO_FATAL_FAILURE(pair.step(make.frame(RequestType::kHello, pair.expected(), 0, {}, 0)));
  EXPECT_TRUE(pair.endpoint.event_waits());
  const Bytes ack = make.frame(RequestType::kAck, 0, ack_flags(1, false), {}, 0);
  pair.endpoint.offer(ack);
  ASSERT_TRUE(pair.endpoint.settle());
  EXPECT_FALSE(pair.endpoint.event_waits());
}

// A host that does not read: the device takes all that it sends, refuses what has no room (OVERRUN), and
// executes nothing of it.
TEST_P(LinkDifferential, OverrunTakesEverything) {
  for (const std::size_t words : {200U, 509U, 510U, 511U, 512U}) {
    Services services;
    Endpoint endpoint(services, seed() + words, GetParam());
    std::mt19937_64 random(seed());
    Generator make(random);
    endpoint.listen = false;
    endpoint.offer(make.frame(RequestType::kMemRead, 0, 0, {0, 0, 1020}, 0));
    ASSERT_TRUE(endpoint.settle());
    // Up to the last word of the ring and beyond: frames of two header words and data.
    std::uint8_t sequence = 1;
    for (std::size_t left = words; left >= 5;) {
      const std::size_t size = std::min<std::size_t>(left, 250);
      endpoint.offer(make.frame(RequestType::kMemWrite, sequence++, 0, {8192, 0}, 4 * (size - 4)));
      left -= size;
    }
    for (int i = 0; i < 70; ++i)
      endpoint.offer(make.frame(RequestType::kMemWrite, sequence++, 0, {8192, 0}, 1000));
    endpoint.settle();
    EXPECT_EQ(endpoint.left(), 0U) << words << " words before";
    endpoint.listen = true;
    ASSERT_TRUE(endpoint.settle());
    FrameDecoder decoder;
    const Bytes bytes = endpoint.take();
    decoder.feed(bytes.data(), bytes.size());
    bool overrun = false;
    std::uint8_t expected = 0;
    while (const auto frame = decoder.next()) {
      overrun = overrun || frame->status() == LinkStatus::kOverrun;
      expected = frame->expected();
    }
    EXPECT_TRUE(overrun);
    EXPECT_LT(expected, sequence);
    // And goes on with the number that it named.
    endpoint.offer(make.frame(RequestType::kMsg, expected, 0, {}, 4));
    ASSERT_TRUE(endpoint.settle());
    EXPECT_EQ(services.messages.size(), 1U);
  }
}

// A ring that is full, to its last word or nearly, while memory stands still: the transport waits, nothing is
// refused, then or later.
TEST_P(LinkDifferential, FullRingRefusesNothing) {
  for (std::size_t words = 505; words <= 525; ++words) {
    SCOPED_TRACE(std::to_string(words) + " words");
    Services services;
    Endpoint endpoint(services, seed() + words, GetParam());
    std::mt19937_64 random(seed());
    Generator make(random);
    endpoint.serve = false;
    std::uint8_t sequence = 0;
    endpoint.offer(make.frame(RequestType::kMemWrite, sequence++, 0, {4096, 0}, 8));
    for (std::size_t left = words; left > 0;) {  // a frame has two header words, and two of its address
      const std::size_t size = std::min<std::size_t>(left, 250);
      endpoint.offer(make.frame(RequestType::kMemWrite, sequence++, 0, {8192, 0}, 4 * (size - 4)));
      left -= size;
    }
    endpoint.settle(8000);
    endpoint.serve = true;
    ASSERT_TRUE(endpoint.settle());
    EXPECT_EQ(endpoint.left(), 0U);
    FrameDecoder decoder;
    const Bytes bytes = endpoint.take();
    decoder.feed(bytes.data(), bytes.size());
    std::uint8_t expected = 0;
    while (const auto frame = decoder.next()) {
      EXPECT_EQ(frame->status(), LinkStatus::kOk) << link_status_name(frame->status());
      expected = frame->expected();
    }
    EXPECT_EQ(expected, sequence);
  }
}

INSTANTIATE_TEST_SUITE_P(Stalls, LinkDifferential, testing::Values(0U, 30U, 70U));

}  // namespace
}  // namespace luoshu::link_test
