// SPDX-License-Identifier: Apache-2.0
// Threads that share the iterations of a loop.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace luoshu::model {

class WorkerPool {
 public:
  // threads: 0 = as many as the machine has; the caller's thread is one of them.
  explicit WorkerPool(unsigned threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Calls body(begin, end) for disjoint ranges of at most `grain` iterations that cover 0..count; returns
  // when all are done.
  void run(std::size_t count, std::size_t grain, const std::function<void(std::size_t, std::size_t)>& body);

 private:
  void work();
  void take_ranges();

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::size_t> next_{0};
  std::atomic<unsigned> running_{0};
  std::atomic<bool> quit_{false};
  std::size_t count_ = 0;
  std::size_t grain_ = 1;
  const std::function<void(std::size_t, std::size_t)>* body_ = nullptr;
};

}  // namespace luoshu::model
