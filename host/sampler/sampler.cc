// SPDX-License-Identifier: Apache-2.0
#include "sampler/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>

namespace luoshu {
namespace {

struct Candidate {
  std::int32_t token;
  double logit;
};

// A total order, so that the result does not depend on the sorting algorithm.
bool better(const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

template <typename T>
void require(bool good, const char* flag, const char* range, T value) {
  if (good) return;
  std::ostringstream message;
  message << flag << " must be " << range << ", not " << value << "; choose a value in that range";
  throw InputError(message.str());
}

// Throws DeviceError for logits that are no distribution.
void check_logits(const float* logits, std::size_t n) {
  if (n == 0 || n > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw DeviceError("the device returned " + std::to_string(n) +
                      " logits; check the model and its configuration");
  }
  constexpr float kLargest = std::numeric_limits<float>::max();
  int bad = 0;
  int finite = 0;
  for (std::size_t i = 0; i < n; ++i) {  // no branch, so that compilers make vector code of it
    bad |= static_cast<int>(!(logits[i] <= kLargest));
    finite |= static_cast<int>(logits[i] >= -kLargest);
  }
  if (bad != 0) {
    const auto i = static_cast<std::size_t>(
        std::find_if(logits, logits + n, [](float x) { return !(x <= kLargest); }) - logits);
    throw DeviceError("the logit of token " + std::to_string(i) + " is " +
                      (std::isnan(logits[i]) ? "NaN" : "infinite") +
                      "; run the self test of the device and check the model file");
  }
  if (finite == 0) {
    throw DeviceError("every logit is -infinity; run the self test of the device and check the model file");
  }
}

std::vector<Candidate> all_candidates(const float* logits, std::size_t n) {
  std::vector<Candidate> candidates(n);
  for (std::size_t i = 0; i < n; ++i)
    candidates[i] = {static_cast<std::int32_t>(i), static_cast<double>(logits[i])};
  return candidates;
}

// The k likeliest, best first: one pass that looks at blocks without a larger logit only once.
std::vector<Candidate> likeliest(const float* logits, std::size_t n, std::size_t k) {
  constexpr std::size_t kBlock = 64;
  std::vector<Candidate> heap;  // the worst of them in front
  heap.reserve(k);
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t end = std::min(n, begin + kBlock);
    if (heap.size() == k) {
      const auto least = static_cast<float>(heap.front().logit);
      int any = 0;
      for (std::size_t i = begin; i < end; ++i) any |= static_cast<int>(logits[i] > least);
      if (any == 0) continue;
    }
    for (std::size_t i = begin; i < end; ++i) {
      const Candidate c{static_cast<std::int32_t>(i), static_cast<double>(logits[i])};
      if (heap.size() == k) {
        if (!better(c, heap.front())) continue;
        std::pop_heap(heap.begin(), heap.end(), better);
        heap.pop_back();
      }
      heap.push_back(c);
      std::push_heap(heap.begin(), heap.end(), better);
    }
  }
  std::sort_heap(heap.begin(), heap.end(), better);
  return heap;
}

// Lowers each token of the recent history once: positive logits are divided, others multiplied (Keskar et al.
// 2019, arXiv:1909.05858, with the usual correction for negative logits).
void penalize(std::vector<Candidate>& candidates, const std::vector<std::int32_t>& history, double penalty,
              int last_n) {
  if (penalty == 1.0 || last_n == 0) return;
  const std::size_t count =
      last_n < 0 ? history.size() : std::min(history.size(), static_cast<std::size_t>(last_n));
  std::vector<std::int32_t> recent(history.end() - static_cast<std::ptrdiff_t>(count), history.end());
  std::sort(recent.begin(), recent.end());
  recent.erase(std::unique(recent.begin(), recent.end()), recent.end());
  for (const std::int32_t token : recent) {
    if (token < 0 || static_cast<std::size_t>(token) >= candidates.size()) continue;
    double& logit = candidates[static_cast<std::size_t>(token)].logit;
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
}

// Sum of exp(logit - best) over the candidates.
double total_weight(const std::vector<Candidate>& candidates, double best) {
  double sum = 0;
  for (const Candidate& candidate : candidates) sum += std::exp(candidate.logit - best);
  return sum;
}

// Keeps the fewest of the likeliest tokens whose weights reach `weight`. Sorted candidates.
void keep_weight(std::vector<Candidate>& candidates, double weight) {
  double sum = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    sum += std::exp(candidates[i].logit - candidates[0].logit);
    if (sum >= weight) {
      candidates.resize(i + 1);
      return;
    }
  }
}

// Keeps the tokens at least `p` times as likely as the one with logit `best`.
void keep_min_p(std::vector<Candidate>& candidates, double p, double best) {
  if (p <= 0.0) return;
  const double least = best + std::log(p);
  const auto end = std::remove_if(candidates.begin(), candidates.end(),
                                  [least](const Candidate& candidate) { return candidate.logit < least; });
  candidates.erase(end, candidates.end());
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options) : options_(options), random_(options.seed) {
  require(std::isfinite(options.temperature) && options.temperature >= 0, "--temp", "0 or more",
          options.temperature);
  require(options.top_p > 0 && options.top_p <= 1, "--top-p", "in (0, 1]", options.top_p);
  require(options.min_p >= 0 && options.min_p <= 1, "--min-p", "in [0, 1]", options.min_p);
  require(std::isfinite(options.repeat_penalty) && options.repeat_penalty > 0, "--repeat-penalty",
          "more than 0", options.repeat_penalty);
  require(options.top_k >= -1, "--top-k", "-1 or more (0 and -1 switch it off)", options.top_k);
  require(options.repeat_last_n >= -1, "--repeat-last-n", "-1 or more (-1 is the whole text)",
          options.repeat_last_n);
}

std::vector<TokenProbability> Sampler::distribution(const float* logits, std::size_t n,
                                                    const std::vector<std::int32_t>& history) const {
  check_logits(logits, n);
  const bool top_k = options_.top_k > 0 && static_cast<std::size_t>(options_.top_k) < n;
  const auto kept = static_cast<std::size_t>(top_k ? options_.top_k : 0);
  std::vector<Candidate> candidates;
  if (top_k && options_.repeat_penalty == 1.0f) {
    candidates = likeliest(logits, n, kept);
  } else {
    candidates = all_candidates(logits, n);
    penalize(candidates, history, static_cast<double>(options_.repeat_penalty), options_.repeat_last_n);
    if (top_k) {
      std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept),
                        candidates.end(), better);
      candidates.resize(kept);
    }
  }
  const Candidate best = *std::min_element(candidates.begin(), candidates.end(), better);
  if (options_.temperature == 0) return {{best.token, 1.0}};
  // Top-p and min-p each keep a run of the likeliest tokens, so that their order does not matter as long as
  // top-p counts the weight of all; min-p goes first and leaves little to sort.
  const auto top_p = static_cast<double>(options_.top_p);
  const double total = top_p < 1 ? total_weight(candidates, best.logit) : 0;
  keep_min_p(candidates, static_cast<double>(options_.min_p), best.logit);
  if (!top_k) std::sort(candidates.begin(), candidates.end(), better);
  if (top_p < 1) keep_weight(candidates, top_p * total);

  const auto temperature = static_cast<double>(options_.temperature);
  std::vector<TokenProbability> result;
  result.reserve(candidates.size());
  double sum = 0;
  for (const Candidate& candidate : candidates) {
    const double weight = std::exp((candidate.logit - best.logit) / temperature);
    if (weight > 0) result.push_back({candidate.token, weight});
    sum += weight;
  }
  for (TokenProbability& each : result) each.probability /= sum;
  return result;
}

std::int32_t Sampler::draw(const std::vector<TokenProbability>& tokens) {
  double sum = 0;
  for (const TokenProbability& each : tokens) sum += each.probability;
  const double target = random_.uniform() * sum;
  double passed = 0;
  for (const TokenProbability& each : tokens) {
    passed += each.probability;
    if (target < passed) return each.token;
  }
  return tokens.back().token;  // rounding: uniform() * sum may reach the sum
}

std::int32_t Sampler::sample(const float* logits, std::size_t n, const std::vector<std::int32_t>& history) {
  const std::vector<TokenProbability> tokens = distribution(logits, n, history);
  return options_.temperature == 0 ? tokens.front().token : draw(tokens);
}

}  // namespace luoshu
