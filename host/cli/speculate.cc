// SPDX-License-Identifier: Apache-2.0
#include "cli/speculate.h"

namespace luoshu::cli {
namespace {

constexpr std::uint32_t kReferenceDrafts = 7;  // where no chip says how many are cheap

// The drafts that a pass holds at most, beside the last token. A device that is not connected yet holds as
// many as the context.
std::uint32_t most_drafts(const Session& session, const std::string& text) {
  const Image* image = session.image();
  const std::uint32_t room = (image != nullptr ? image->max_tokens() : session.context()) - 1;
  if (text.empty()) return image != nullptr ? room : std::min(room, kReferenceDrafts);
  std::uint32_t most = 0;
  if (!parse_count(text, most) || most > room) {
    throw InputError("--speculate " + text + " is no number of drafts that a pass holds; give 0 to " +
                     std::to_string(room));
  }
  return most;
}

std::unique_ptr<Session> open_draft(const Session& session, const std::string& file,
                                    const std::string& device, std::uint32_t context) {
  ModelOptions options;
  options.model = file;
  options.device = device;
  options.config = "wide";  // the least limits; the draft has no cycles
  options.context = context;
  auto draft = std::make_unique<Session>(options);
  const Vocabulary& ours = session.tokenizer().vocabulary();
  if (draft->config().vocab != session.config().vocab ||
      draft->tokenizer().vocabulary().tokens != ours.tokens) {
    throw InputError("the draft model '" + file +
                     "' has another vocabulary than the model; choose a smaller "
                     "model of the same family");
  }
  return draft;
}

}  // namespace

void add_speculate_options(CLI::App& app, SpeculateOptions& o) {
  app.add_option(
         "--speculate", o.most,
         "verify up to this many drafts in each pass over the weights, 0 = off; without a number as many "
         "as pay")
      ->expected(0, 1);
  app.add_option("--draft-model", o.draft_model, "GGUF whose guesses are verified (default: n-gram look-up)");
  app.add_option("--draft-device", o.draft_device, "where the draft model runs")
      ->check(CLI::IsMember({"model", "reference"}))
      ->capture_default_str();
  app.add_option("--draft-min", o.ngram.least, "tokens that must agree for a guess by look-up")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--draft-max", o.ngram.most, "tokens that the look-up compares")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

Speculation::Speculation(Session& session, const SpeculateOptions& o) : session_(session), most_(o.most) {
  if (most_drafts(session, o.most) == 0) {
    if (!o.draft_model.empty()) throw InputError("--draft-model needs --speculate; give both");
    return;
  }
  if (!o.draft_model.empty()) {
    draft_ = open_draft(session, o.draft_model, o.draft_device, session.context());
  } else {
    drafter_ = make_ngram_drafter(o.ngram);
  }
}

Speculator* Speculation::start() {
  SpeculationOptions options;
  options.most = most_drafts(session_, most_);
  if (options.most == 0) return nullptr;
  if (draft_) {
    draft_->start();
    drafter_ = make_model_drafter(draft_->engine());
  }
  if (const Image* image = session_.image()) {
    options.cost = [image](std::uint32_t tokens) { return static_cast<double>(image->array_cycles(tokens)); };
    options.cycles = [this] { return session_.cycles(); };
  }
  return &speculator_.emplace(session_.engine(), *drafter_, std::move(options));
}

}  // namespace luoshu::cli
