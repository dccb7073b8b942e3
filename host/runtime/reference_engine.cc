// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/engine.h"

namespace luoshu {
namespace {

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
    if (tokens.size() > context_ - position_) {
      throw InputError("the text needs " + std::to_string(position_ + tokens.size()) +
                       " positions, the context has " + std::to_string(context_) +
                       "; shorten the prompt or raise -c");
    }
    std::vector<float> all;
    reference_.evaluate(tokens, all);
    position_ += static_cast<std::uint32_t>(tokens.size());
    const float* last = all.data() + all.size() - vocab_;
    if (logits != nullptr && mode != LogitsMode::kNone) {
      const float* first = mode == LogitsMode::kAll ? all.data() : last;
      const float* end = all.data() + all.size();
      logits->insert(logits->end(), first, end);
    }
    return static_cast<std::int32_t>(std::max_element(last, last + vocab_) - last);
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
