// SPDX-License-Identifier: Apache-2.0
#include "runtime/drafter.h"

#include <algorithm>

namespace luoshu {
namespace {

class NgramDrafter : public Drafter {
 public:
  explicit NgramDrafter(const NgramOptions& options) : options_(options) {
    if (options.least < 1 || options.most < options.least) {
      throw InputError("n-grams from " + std::to_string(options.least) + " to " +
                       std::to_string(options.most) +
                       " tokens; the least must be 1 or more and not above the most");
    }
  }

  std::vector<std::int32_t> draft(const std::vector<std::int32_t>& text, std::size_t count) override {
    std::size_t best = 0;  // agreeing tokens
    std::size_t from = 0;  // what follows them
    for (std::size_t end = text.size(); end-- > 1 && best < options_.most;) {
      std::size_t same = 0;
      while (same < options_.most && same < end && text[end - 1 - same] == text[text.size() - 1 - same])
        ++same;
      if (same <= best) continue;
      best = same;
      from = end;
    }
    std::vector<std::int32_t> guess;
    if (best < options_.least) return guess;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = from + i;
      guess.push_back(at < text.size() ? text[at] : guess[at - text.size()]);
    }
    return guess;
  }

 private:
  const NgramOptions options_;
};

class ModelDrafter : public Drafter {
 public:
  explicit ModelDrafter(Engine& engine) : engine_(engine) {}

  std::vector<std::int32_t> draft(const std::vector<std::int32_t>& text, std::size_t count) override {
    if (text.empty() || text.size() > engine_.context()) return {};
    count = std::min<std::size_t>(count, engine_.context() - text.size() + 1);
    if (count == 0) return {};
    // What the engine holds of an earlier text stays as far as it agrees; the last token is evaluated again.
    const auto differ = std::mismatch(held_.begin(), held_.end(), text.begin(), text.end()).first;
    const std::size_t kept = std::min(static_cast<std::size_t>(differ - held_.begin()), text.size() - 1);
    engine_.rollback(static_cast<std::uint32_t>(kept));
    const std::vector<std::int32_t> rest(text.begin() + static_cast<std::ptrdiff_t>(kept), text.end());
    std::vector<std::int32_t> guess{engine_.evaluate(rest, LogitsMode::kLast, nullptr)};
    engine_.decode_greedy(guess.front(), static_cast<std::uint32_t>(count - 1), {},
                          [&guess](std::int32_t token, std::uint64_t) {
                            guess.push_back(token);
                            return true;
                          });
    held_ = text;
    held_.insert(held_.end(), guess.begin(), guess.end() - 1);
    return guess;
  }

 private:
  Engine& engine_;
  std::vector<std::int32_t> held_;  // tokens at the engine's positions
};

}  // namespace

std::unique_ptr<Drafter> make_ngram_drafter(const NgramOptions& options) {
  return std::make_unique<NgramDrafter>(options);
}

std::unique_ptr<Drafter> make_model_drafter(Engine& engine) {
  return std::make_unique<ModelDrafter>(engine);
}

}  // namespace luoshu
