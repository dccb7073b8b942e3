// SPDX-License-Identifier: Apache-2.0
#include "cli/generation.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "cli/progress.h"
#include "luoshu/defs.h"
#include "luoshu/interrupt.h"

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
      const std::function<void(std::int32_t)>& on_token)
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
    start_ = seconds();
    const std::uint32_t first = engine_.position();
    const Progress progress([&] {
      return "prefill: token " + std::to_string(engine_.position() - first) + " of " +
             std::to_string(out_.prompt.size());
    });
    const bool sampled = !greedy();
    std::vector<float> last;
    std::vector<float>& logits = options_.want_logits ? out_.logits : last;
    const bool read = options_.want_logits || sampled;
    next_ = engine_.evaluate(out_.prompt, options_.want_logits ? LogitsMode::kAll : LogitsMode::kLast,
                             read ? &logits : nullptr);
    if (sampled && limit_ != 0) next_ = sample(logits);
    out_.prefilled = true;
    end_prefill();
  }

  void decode() {
    if (limit_ == 0) return;
    start_ = seconds();
    in_chip_ = chip_seconds();
    std::optional<Progress> progress;
    if (options_.progress) {
      progress.emplace([&] {
        return "decode: token " + std::to_string(out_.tokens.size()) + " of at most " +
               std::to_string(limit_);
      });
    }
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
            const bool more = accept(token);
            poll_interrupt();
            return more;
          });
    } else {
      while (more) {
        poll_interrupt();
        const std::uint64_t before = session_.cycles();
        const std::uint32_t position = engine_.position();
        std::vector<float> logits;
        next_ = engine_.evaluate({next_}, LogitsMode::kLast, &logits);
        out_.passes.push_back({position, 1});
        out_.per_token.push_back(session_.cycles() - before);
        if (!greedy()) next_ = sample(logits);
        if (options_.want_logits) out_.logits.insert(out_.logits.end(), logits.begin(), logits.end());
        more = accept(next_);
      }
    }
    end_decode();
  }

  // After InterruptedError: the cost of the phase that it ended. A chip in the process answers still; of any
  // other there is nothing to read, or it may not answer in time.
  void interrupted() {
    const InterruptHold hold;
    out_.stop = "interrupted";
    if (session_.cycles() == 0) {
      (out_.prefilled ? out_.decode_seconds : out_.prefill_seconds) = seconds() - start_;
    } else if (out_.prefilled) {
      end_decode();
    } else {
      end_prefill();
    }
  }

 private:
  void end_prefill() {
    out_.prefill = engine_.take_cost();
    out_.prefill_seconds = seconds() - start_;
  }
  void end_decode() {
    out_.decode = engine_.take_cost();
    out_.decode_seconds = seconds() - start_;
    out_.host_seconds = out_.decode_seconds - (chip_seconds() - in_chip_);
  }
  bool greedy() const {
    return options_.sampler.temperature == 0.0f && options_.sampler.repeat_penalty == 1.0f;
  }
  double chip_seconds() { return session_.chip() != nullptr ? session_.chip()->seconds() : 0; }

  std::int32_t sample(const std::vector<float>& logits) {
    const std::size_t vocab = engine_.vocab();
    return sampler_.sample(logits.data() + logits.size() - vocab, vocab, text());
  }

  std::vector<std::int32_t> text() const {
    std::vector<std::int32_t> text = options_.before;
    text.insert(text.end(), out_.prompt.begin(), out_.prompt.end());
    text.insert(text.end(), out_.tokens.begin(), out_.tokens.end());
    return text;
  }

  // One pass with drafts; false when its last token was the last of all.
  bool speculate(Speculator& speculator) {
    poll_interrupt();
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
    on_token_(token);
    if (options_.stop && out_.tokens.size() < limit_ && options_.stop()) {
      out_.stop = "interrupted";
      return false;
    }
    return out_.tokens.size() < limit_;
  }

  Session& session_;
  Engine& engine_;
  Generation& out_;
  const GenerationOptions& options_;
  const std::function<void(std::int32_t)>& on_token_;
  Sampler sampler_;
  std::vector<std::uint32_t> stops_;
  std::uint64_t limit_ = 0;
  std::int32_t next_ = 0;
  double start_ = 0, in_chip_ = 0;  // of the phase, seconds
};

}  // namespace

Generation generate(Session& session, std::vector<std::int32_t> prompt, const GenerationOptions& options,
                    const std::function<void(std::int32_t)>& on_token) {
  Generation out;
  out.prompt = std::move(prompt);
  Run run(session, out, options, on_token);
  try {
    run.prefill();
    run.decode();
  } catch (const InterruptedError&) {
    run.interrupted();
  }
  return out;
}

}  // namespace luoshu::cli
