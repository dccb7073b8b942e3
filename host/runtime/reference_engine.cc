// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/engine.h"

namespace luoshu {
namespace {

constexpr std::size_t kTogether =
    32;  // tokens that go through the layers together: what an interrupt waits for

class ReferenceEngine : public Engine {
 public:
  ReferenceEngine(Reference& reference, std::uint32_t vocab, std::uint32_t context)
      : reference_(reference), vocab_(vocab), context_(context) {}

  std::uint32_t vocab() const override { return vocab_; }
  std::uint32_t context() const override { return context_; }
  std::uint32_t position() const override { return position_; }
  void reset() override {
    reference_.reset();
    position_ = 0;
  }

  std::int32_t evaluate(const std::vector<std::int32_t>& tokens, LogitsMode mode,
                        std::vector<float>* logits) override {
    const std::vector<float> all = compute(tokens);
    const float* last = all.data() + all.size() - vocab_;
    if (logits != nullptr && mode != LogitsMode::kNone) {
      const float* first = mode == LogitsMode::kAll ? all.data() : last;
      const float* end = all.data() + all.size();
      logits->insert(logits->end(), first, end);
    }
    return best(last);
  }

  std::vector<std::int32_t> evaluate_each(const std::vector<std::int32_t>& tokens,
                                          std::vector<float>* logits) override {
    const std::vector<float> all = compute(tokens);
    if (logits != nullptr) logits->insert(logits->end(), all.begin(), all.end());
    std::vector<std::int32_t> next;
    for (std::size_t t = 0; t < tokens.size(); ++t) next.push_back(best(all.data() + t * vocab_));
    return next;
  }

  std::uint32_t pass_tokens() const override { return context_; }
  void rollback(std::uint32_t position) override {
    position_ = std::min(position, position_);
    reference_.rollback(position_);
  }

  void decode_greedy(std::int32_t token, std::uint32_t passes, const std::vector<std::uint32_t>& stop_ids,
                     const std::function<bool(std::int32_t, std::uint64_t)>& on_token) override {
    for (std::uint32_t i = 0; i < passes; ++i) {
      token = evaluate({token}, LogitsMode::kLast, nullptr);
      if (!on_token(token, 0)) return;
      if (std::find(stop_ids.begin(), stop_ids.end(), static_cast<std::uint32_t>(token)) != stop_ids.end())
        return;
    }
  }

  PhaseCost take_cost() override { return {}; }

 private:
  // The logits of every token.
  std::vector<float> compute(const std::vector<std::int32_t>& tokens) {
    if (tokens.size() > context_ - position_) {
      throw InputError("the text needs " + std::to_string(position_ + tokens.size()) +
                       " positions, the context has " + std::to_string(context_) +
                       "; shorten the prompt or raise -c");
    }
    std::vector<float> all;
    std::vector<float> part;
    for (std::size_t at = 0; at < tokens.size(); at += kTogether) {
      const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t count = std::min(kTogether, tokens.size() - at);
      reference_.evaluate({first, first + static_cast<std::ptrdiff_t>(count)}, part);
      all.insert(all.end(), part.begin(), part.end());
      position_ += static_cast<std::uint32_t>(count);
    }
    return all;
  }

  std::int32_t best(const float* logits) const {
    return static_cast<std::int32_t>(std::max_element(logits, logits + vocab_) - logits);
  }

  Reference& reference_;
  const std::uint32_t vocab_;
  const std::uint32_t context_;
  std::uint32_t position_ = 0;
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine(Reference& reference, std::uint32_t vocab,
                                              std::uint32_t context) {
  return std::make_unique<ReferenceEngine>(reference, vocab, context);
}

}  // namespace luoshu
