// SPDX-License-Identifier: Apache-2.0
// What stands behind a read client in its bench: takes requests, answers beat by beat in order, with data
// that tell their address; late, with gaps, as it is told.
#pragma once
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

namespace luoshu::mem_test {

// Whether a side moves: always, a coin, or long bursts of on and off.
enum Pattern { kAlways, kRandom, kBursty, kPatterns };

class Side {
 public:
  Side(Pattern pattern, std::uint64_t seed) : pattern_(pattern), random_(seed) {}
  bool next() {
    if (pattern_ == kAlways) return true;
    if (pattern_ == kRandom) return (random_() & 1) != 0;
    if (left_ == 0) {
      left_ = 1 + static_cast<unsigned>(random_() % 60);
      on_ = !on_;
    }
    --left_;
    return on_;
  }

 private:
  Pattern pattern_;
  std::mt19937_64 random_;
  unsigned left_ = 0;
  bool on_ = false;
};

// The byte at an address of this memory.
inline std::uint8_t byte_at(std::uint32_t address) {
  std::uint32_t x = (address + 1) * 0x9e3779b1u;
  x ^= x >> 15;
  return static_cast<std::uint8_t>(x * 0x85ebca6bu >> 24);
}

inline std::vector<std::uint8_t> beat_at(std::uint32_t address, unsigned lanes) {
  std::vector<std::uint8_t> beat(lanes);
  for (unsigned i = 0; i < lanes; ++i) beat[i] = byte_at(address + i);
  return beat;
}

class BeatSource {
 public:
  struct Beat {
    std::uint32_t address;
    bool last;  // of its request
  };
  BeatSource(unsigned lanes, unsigned latency) : lanes_(lanes), latency_(latency) {}
  void request(std::uint32_t address, unsigned beats, std::uint64_t cycle) {
    for (unsigned i = 0; i < beats; ++i)
      beats_.push_back({{address + i * lanes_, i + 1 == beats}, cycle + latency_});
    requested_ += beats;
    ++requests_;
  }
  // The beat that may come in this cycle; nullptr: none is due.
  const Beat* due(std::uint64_t cycle) const {
    return beats_.empty() || beats_.front().cycle > cycle ? nullptr : &beats_.front().beat;
  }
  void pop() { beats_.pop_front(); }
  bool empty() const { return beats_.empty(); }
  std::uint64_t requested() const { return requested_; }  // beats
  std::uint64_t requests() const { return requests_; }

 private:
  struct Timed {
    Beat beat;
    std::uint64_t cycle;
  };
  unsigned lanes_, latency_;
  std::deque<Timed> beats_;
  std::uint64_t requested_ = 0, requests_ = 0;
};

}  // namespace luoshu::mem_test
