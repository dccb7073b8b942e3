// SPDX-License-Identifier: Apache-2.0
// A transport that damages what passes through another one, reproducibly from a seed. For tests.
#pragma once
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "luoshu/transport.h"

namespace luoshu {

class FaultyTransport final : public Transport {
 public:
  // Probabilities per byte and direction.
  struct Faults {
    double flip = 0;       // one bit inverted
    double drop = 0;       // the byte is lost
    double insert = 0;     // a random byte comes before it
    double duplicate = 0;  // a run of up to 64 bytes that ends here comes twice
    double lose_run = 0;   // a run of up to 64 bytes is lost
    double delay = 0;      // this byte and all behind it wait until the next call
  };
  struct Statistics {
    std::uint64_t bytes = 0, faults = 0;
  };
  FaultyTransport(std::unique_ptr<Transport> inner, Faults to_device, Faults from_device, std::uint64_t seed)
      : inner_(std::move(inner)), to_device_(to_device), from_device_(from_device), random_(seed) {}

  std::size_t write_some(const std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  std::size_t read_some(std::uint8_t* data, std::size_t n, TimePoint deadline) override;
  void close() override { inner_->close(); }
  std::string describe() const override { return inner_->describe() + " with faults"; }
  TimePoint now() const override { return inner_->now(); }

  // What happens from now on.
  void set_faults(const Faults& to_device, const Faults& from_device) {
    to_device_ = to_device;
    from_device_ = from_device;
  }
  // From now on the peer takes nothing and says nothing, without closing the connection.
  void kill() { dead_ = true; }
  // The peer dies once that many more bytes have been written.
  void kill_after(std::uint64_t bytes) { kill_after_ = bytes; }
  const Statistics& statistics() const { return statistics_; }

 private:
  bool happens(double probability);
  void damage(const Faults& faults, const std::uint8_t* data, std::size_t n, std::vector<std::uint8_t>& out,
              std::size_t& lose);
  bool push_out(TimePoint deadline);

  std::unique_ptr<Transport> inner_;
  Faults to_device_, from_device_;
  std::mt19937_64 random_;
  Statistics statistics_;
  std::vector<std::uint8_t> out_;  // damaged bytes on their way to the device
  std::vector<std::uint8_t> in_;   // damaged bytes for the host
  std::size_t lose_out_ = 0, lose_in_ = 0;
  bool dead_ = false;
  std::uint64_t kill_after_ = ~std::uint64_t{0};
};

}  // namespace luoshu
