// SPDX-License-Identifier: Apache-2.0
#include "chip/worker_pool.h"

#include <algorithm>

namespace luoshu::model {
namespace {

constexpr int kSpins = 20000;  // some 20 microseconds: the next loop of a token usually comes sooner

}  // namespace

WorkerPool::WorkerPool(unsigned threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 1; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    quit_ = true;
    ++generation_;
  }
  wake_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void WorkerPool::take_ranges() {
  for (;;) {
    const std::size_t begin = next_.fetch_add(grain_);
    if (begin >= count_) return;
    (*body_)(begin, std::min(begin + grain_, count_));
  }
}

void WorkerPool::work() {
  std::uint64_t seen = 0;
  for (;;) {
    for (int i = 0; i < kSpins && generation_.load(std::memory_order_acquire) == seen; ++i) {
    }
    if (generation_.load(std::memory_order_acquire) == seen) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
    }
    ++seen;
    if (quit_) return;
    take_ranges();
    running_.fetch_sub(1, std::memory_order_release);
  }
}

void WorkerPool::run(std::size_t count, std::size_t grain,
                     const std::function<void(std::size_t, std::size_t)>& body) {
  if (threads_.empty() || count <= grain) {
    if (count != 0) body(0, count);
    return;
  }
  count_ = count;
  grain_ = grain;
  body_ = &body;
  next_ = 0;
  running_ = static_cast<unsigned>(threads_.size());
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    generation_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_all();
  take_ranges();
  while (running_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

}  // namespace luoshu::model
