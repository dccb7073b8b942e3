// SPDX-License-Identifier: Apache-2.0
#include "cli/generation.h"

#include <algorithm>
#include <chrono>

#include "luoshu/defs.h"

namespace luoshu::cli {
namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Ids that end a text; the chip compares with the first LUOSHU_STOP_IDS of them, the host with all.
std::vector<std::uint32_t> end_ids(const Tokenizer& tokenizer) {
  std::vector<std::uint32_t> ids;
  if (tokenizer.eos() >= 0) ids.push_back(static_cast<std::uint32_t>(tokenizer.eos()));
  for (std::int32_t id = 0; id < tokenizer.size(); ++id) {
    if (id != tokenizer.eos() && tokenizer.is_eog(id)) ids.push_back(static_cast<std::uint32_t>(id));
  }
  return ids;
}

class Run {
 public:
  Run(Session& session, Generation& out, const GenerationOptions& options,
      const std::function<bool(std::int32_t)>& on_token)
      : session_(session),
        engine_(session.engine()),
        out_(out),
        options_(options),
        on_token_(on_token),
        sampler_(options.sampler) {
    if (!options.ignore_eos) stops_ = end_ids(session.tokenizer());
    // The last token is not evaluated, so one more token than free positions can be told.
    const std::uint64_t room = engine_.context() - engine_.position() - out.prompt.size() + 1;
    limit_ = options.predict < 0 ? room
                                 : std::min<std::uint64_t>(room, static_cast<std::uint64_t>(options.predict));
    out_.stop = limit_ == room && (options.predict < 0 || static_cast<std::uint64_t>(options.predict) > room)
                    ? "context"
                    : "length";
  }

  void prefill() {
    engine_.take_cost();
    const double start = seconds();
    const bool sampled = !greedy();
    std::vector<float> logits;
    const bool read = options_.want_logits || sampled;
    next_ = engine_.evaluate(out_.prompt, options_.want_logits ? LogitsMode::kAll : LogitsMode::kLast,
                             read ? &logits : nullptr);
    if (sampled && limit_ != 0) next_ = sample(logits);
    if (options_.want_logits) out_.logits = std::move(logits);
    out_.prefill = engine_.take_cost();
    out_.prefill_seconds = seconds() - start;
  }

  void decode() {
    if (limit_ == 0) return;
    const double start = seconds();
    const double in_chip = chip_seconds();
    bool more = accept(next_);
    if (options_.speculator != nullptr) {
      while (more) more = speculate(*options_.speculator);
    } else if (more && greedy() && !options_.want_logits) {
      const std::uint32_t first = engine_.position();
      engine_.decode_greedy(
          next_, static_cast<std::uint32_t>(limit_ - 1), stops_,
          [&](std::int32_t token, std::uint64_t cycles) {
            out_.passes.push_back({first + static_cast<std::uint32_t>(out_.passes.size()), 1});
            out_.per_token.push_back(cycles);
            return accept(token);
          });
    } else {
      while (more) {
        const std::uint64_t before = session_.cycles();
        std::vector<float> logits;
        out_.passes.push_back({engine_.position(), 1});
        next_ = engine_.evaluate({next_}, LogitsMode::kLast, &logits);
        out_.per_token.push_back(session_.cycles() - before);
        if (!greedy()) next_ = sample(logits);
        if (options_.want_logits) out_.logits.insert(out_.logits.end(), logits.begin(), logits.end());
        more = accept(next_);
      }
    }
    out_.decode = engine_.take_cost();
    out_.decode_seconds = seconds() - start;
    out_.host_seconds = out_.decode_seconds - (chip_seconds() - in_chip);
  }

 private:
  bool greedy() const {
    return options_.sampler.temperature == 0.0f && options_.sampler.repeat_penalty == 1.0f;
  }
  double chip_seconds() { return session_.chip() != nullptr ? session_.chip()->seconds() : 0; }

  std::int32_t sample(const std::vector<float>& logits) {
    const std::size_t vocab = engine_.vocab();
    return sampler_.sample(logits.data() + logits.size() - vocab, vocab, text());
  }

  std::vector<std::int32_t> text() const {
    std::vector<std::int32_t> text = out_.prompt;
    text.insert(text.end(), out_.tokens.begin(), out_.tokens.end());
    return text;
  }

  // One pass with drafts; false when its last token was the last of all.
  bool speculate(Speculator& speculator) {
    const std::uint64_t before = session_.cycles();
    const std::uint32_t position = engine_.position();
    std::vector<float> logits;
    const std::vector<std::int32_t> tokens =
        speculator.next(text(), limit_ - out_.tokens.size(), greedy() ? nullptr : &sampler_,
                        options_.want_logits ? &logits : nullptr);
    out_.passes.push_back({position, speculator.pass_tokens()});
    std::uint64_t cycles = session_.cycles() - before;
    bool more = true;
    for (std::size_t i = 0; i < tokens.size() && more; ++i) {
      out_.per_token.push_back(cycles);
      cycles = 0;
      if (options_.want_logits) {
        const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * engine_.vocab());
        out_.logits.insert(out_.logits.end(), row, row + engine_.vocab());
      }
      more = accept(tokens[i]);
    }
    return more;
  }

  // Takes a token; false when it was the last.
  bool accept(std::int32_t token) {
    out_.tokens.push_back(token);
    if (std::find(stops_.begin(), stops_.end(), static_cast<std::uint32_t>(token)) != stops_.end()) {
      out_.stop = "eos";
      on_token_(token);
      return false;
    }
    return on_token_(token) && out_.tokens.size() < limit_;
  }

  Session& session_;
  Engine& engine_;
  Generation& out_;
  const GenerationOptions& options_;
  const std::function<bool(std::int32_t)>& on_token_;
  Sampler sampler_;
  std::vector<std::uint32_t> stops_;
  std::uint64_t limit_ = 0;
  std::int32_t next_ = 0;
};

}  // namespace

Generation generate(Session& session, std::vector<std::int32_t> prompt, const GenerationOptions& options,
                    const std::function<bool(std::int32_t)>& on_token) {
  Generation out;
  out.prompt = std::move(prompt);
  Run run(session, out, options, on_token);
  run.prefill();
  run.decode();
  return out;
}

}  // namespace luoshu::cli
