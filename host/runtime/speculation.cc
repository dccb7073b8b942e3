// SPDX-License-Identifier: Apache-2.0
#include "runtime/speculation.h"

#include <algorithm>

namespace luoshu {
namespace {

constexpr double kForget = 0.9;    // weight of what was learnt before, per pass
constexpr double kPrior = 0.75;    // share of drafts that are right, before anything is known
constexpr double kPriorTries = 2;  // how many drafts that knowledge is worth

}  // namespace

std::int32_t sample_with_draft(Sampler& sampler, std::vector<TokenProbability> p, std::int32_t draft) {
  const auto at =
      std::find_if(p.begin(), p.end(), [draft](const TokenProbability& t) { return t.token == draft; });
  if (at == p.end()) return sampler.draw(p);
  double sum = 0;
  for (const TokenProbability& t : p) sum += t.probability;
  if (p.size() == 1 || sampler.uniform() * sum < at->probability) return draft;
  p.erase(at);
  return sampler.draw(p);
}

// The number of drafts with the most expected tokens per cost: with a share a of right drafts, a pass with k
// of them yields 1 + a + ... + a^k tokens.
std::size_t Speculator::drafts_worth(std::size_t most) const {
  if (!options_.cost) return most;
  const double right = good_ / tried_;
  std::size_t best = 0;
  double best_rate = 0;
  double tokens = 0;
  double chance = 1;
  for (std::size_t k = 0; k <= most; ++k) {
    tokens += chance;
    chance *= right;
    const double rate = tokens / cost(k + 1);
    if (rate > best_rate) {
      best_rate = rate;
      best = k;
    }
  }
  return best;
}

// A pass of a size that was not tried yet may be as cheap as its least cost says, so it is tried.
double Speculator::cost(std::size_t tokens) const {
  if (tokens < measured_.size() && measured_[tokens] != 0) return static_cast<double>(measured_[tokens]);
  return options_.cost(static_cast<std::uint32_t>(tokens));
}

void Speculator::learn(std::size_t drafted, std::size_t accepted, std::uint64_t cycles) {
  measured_.resize(std::max(measured_.size(), drafted + 2));
  measured_[drafted + 1] = cycles;
  const std::size_t judged = accepted + (accepted < drafted ? 1 : 0);
  good_ = kForget * good_ + (1 - kForget) * kPrior * kPriorTries + static_cast<double>(accepted);
  tried_ = kForget * tried_ + (1 - kForget) * kPriorTries + static_cast<double>(judged);
}

std::vector<std::int32_t> Speculator::next(const std::vector<std::int32_t>& text, std::size_t most,
                                           Sampler* sampler, std::vector<float>* logits) {
  const std::size_t room =
      std::min<std::size_t>(engine_.context() - engine_.position(), engine_.pass_tokens());
  std::size_t count = std::min<std::size_t>({options_.most, most - 1, room == 0 ? 0 : room - 1});
  count = drafts_worth(count);
  std::vector<std::int32_t> drafts;
  if (count != 0) drafts = drafter_.draft(text, count);
  drafts.resize(std::min(drafts.size(), count));

  std::vector<std::int32_t> pass{text.back()};
  pass.insert(pass.end(), drafts.begin(), drafts.end());
  const std::uint32_t start = engine_.position();
  const std::uint64_t before = cycles();
  const std::size_t vocab = engine_.vocab();
  std::vector<float> read;
  const std::vector<std::int32_t> greedy =
      engine_.evaluate_each(pass, sampler != nullptr || logits != nullptr ? &read : nullptr);

  const std::uint64_t spent = cycles() - before;
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> history = text;
  for (std::size_t i = 0; i < pass.size(); ++i) {
    std::int32_t token = greedy[i];
    if (sampler != nullptr) {
      std::vector<TokenProbability> p = sampler->distribution(read.data() + i * vocab, vocab, history);
      token = i < drafts.size() ? sample_with_draft(*sampler, std::move(p), drafts[i]) : sampler->draw(p);
    }
    tokens.push_back(token);
    history.push_back(token);
    if (i < drafts.size() && token != drafts[i]) break;
  }
  engine_.rollback(start + static_cast<std::uint32_t>(tokens.size()));
  if (logits != nullptr)
    logits->insert(logits->end(), read.begin(),
                   read.begin() + static_cast<std::ptrdiff_t>(tokens.size() * vocab));
  learn(drafts.size(), tokens.size() - 1, spent);
  pass_tokens_ = static_cast<std::uint32_t>(pass.size());
  counts_.drafted += drafts.size();
  counts_.accepted += tokens.size() - 1;
  ++counts_.passes;
  return tokens;
}

}  // namespace luoshu
