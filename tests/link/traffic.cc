// SPDX-License-Identifier: Apache-2.0
#include "link/traffic.h"

#include <zlib.h>

#include <algorithm>

#include "link/link_bench.h"

namespace luoshu::link_test {
namespace {

class Traffic {
 public:
  Traffic(Device& device, const FarSide& far, std::mt19937_64& random, std::size_t largest)
      : device_(device),
        far_(far),
        random_(random),
        largest_(largest),
        memory_(far.memory_bytes),
        regs_(far.regs) {
    device_.write_memory(0, memory_.data(), memory_.size());
    device_.write_regs(far_.reg_base, regs_.data(), regs_.size());
    messages_before_ = far_.messages().size();
  }

  void one() {
    switch (random_() % 8) {
      case 0:
      case 1:
        write_memory();
        break;
      case 2:
      case 3:
        read_memory();
        break;
      case 4:
        checksum();
        break;
      case 5:
        registers();
        break;
      case 6:
        message();
        break;
      default:
        events();
    }
    ++result_.operations;
  }

  TrafficResult finish() {
    std::vector<std::uint8_t> all(memory_.size());
    device_.read_memory(0, all.data(), all.size());
    compare(all, memory_);
    compare(device_.read_regs(far_.reg_base, far_.regs), regs_);
    const auto& got = far_.messages();
    compare(std::vector<std::vector<std::uint32_t>>(
                got.begin() + static_cast<std::ptrdiff_t>(messages_before_), got.end()),
            sent_);
    return result_;
  }

 private:
  template <typename T>
  void compare(const T& actual, const T& expected) {
    if (actual != expected) ++result_.wrong;
  }
  std::size_t pick_length() {
    const std::size_t sizes[] = {
        1, 3, 4, 5, 895, 896, 897, 1016, 1 + random_() % 64, 1 + random_() % largest_};
    return std::min({sizes[random_() % 10], largest_, memory_.size()});
  }
  void write_memory() {
    const auto data = random_bytes(random_, pick_length());
    const std::uint64_t at = random_() % (memory_.size() - data.size() + 1);
    device_.write_memory(at, data.data(), data.size());
    std::copy(data.begin(), data.end(), memory_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void read_memory() {
    std::vector<std::uint8_t> data(pick_length());
    const std::uint64_t at = random_() % (memory_.size() - data.size() + 1);
    device_.read_memory(at, data.data(), data.size());
    compare(data, std::vector<std::uint8_t>(memory_.begin() + static_cast<std::ptrdiff_t>(at),
                                            memory_.begin() + static_cast<std::ptrdiff_t>(at + data.size())));
  }
  void checksum() {
    const std::size_t n = pick_length();
    const std::uint64_t at = random_() % (memory_.size() - n + 1);
    compare(device_.crc32(at, n),
            static_cast<std::uint32_t>(::crc32(0, memory_.data() + at, static_cast<uInt>(n))));
  }
  void registers() {
    const auto values = random_words(random_, 1 + random_() % 20);
    const auto at = static_cast<std::uint32_t>(random_() % (regs_.size() - values.size() + 1));
    device_.write_regs(far_.reg_base + 4 * at, values.data(), values.size());
    std::copy(values.begin(), values.end(), regs_.begin() + at);
    const auto from = static_cast<std::uint32_t>(random_() % (regs_.size() - 20));
    compare(device_.read_regs(far_.reg_base + 4 * from, 20),
            std::vector<std::uint32_t>(regs_.begin() + from, regs_.begin() + from + 20));
  }
  void message() {
    if (random_() % 4 == 0) far_.stall_mailbox(static_cast<unsigned>(random_() % 3));
    const auto words = random_words(random_, 1 + random_() % 16);
    device_.send_message(words);
    sent_.push_back(words);
  }
  void events() {
    std::vector<std::vector<std::uint32_t>> pushed;
    for (std::uint64_t i = random_() % 6; i > 0; --i) {
      const auto words = random_words(random_, 1 + random_() % 16);
      if (far_.push_event(words)) pushed.push_back(words);
    }
    for (const auto& words : pushed) {
      const auto event = device_.wait_event(std::chrono::milliseconds(20000));
      if (!event || *event != words) ++result_.wrong;
    }
  }

  Device& device_;
  const FarSide& far_;
  std::mt19937_64& random_;
  std::size_t largest_;
  std::vector<std::uint8_t> memory_;
  std::vector<std::uint32_t> regs_;
  std::vector<std::vector<std::uint32_t>> sent_;
  std::size_t messages_before_ = 0;
  TrafficResult result_;
};

}  // namespace

TrafficResult run_traffic(Device& device, const FarSide& far, std::mt19937_64& random,
                          std::uint64_t operations, std::size_t largest_transfer) {
  Traffic traffic(device, far, random, largest_transfer);
  for (std::uint64_t i = 0; i < operations; ++i) traffic.one();
  return traffic.finish();
}

}  // namespace luoshu::link_test
