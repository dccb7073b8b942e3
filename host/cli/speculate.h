// SPDX-License-Identifier: Apache-2.0
// Speculative decoding of `generate`: the flags, and the drafter that they ask for.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "cli/session.h"
#include "runtime/speculation.h"

namespace luoshu::cli {

struct SpeculateOptions {
  std::string most = "0";              // drafts of a pass; empty: as many as a pass holds
  std::string draft_model;             // GGUF; empty: n-gram look-up
  std::string draft_device = "model";  // "model" or "reference"
  NgramOptions ngram;
};

void add_speculate_options(CLI::App& app, SpeculateOptions& options);

class Speculation {
 public:
  // Opens the draft model where one is given. Throws InputError for a number of drafts that no pass holds and
  // for a model of another vocabulary. The session, not started yet, must outlive the object.
  Speculation(Session& session, const SpeculateOptions& options);
  // Once the session has started: what decodes, null where speculation is off. Throws InputError for a number
  // of drafts that a device which tells its passes only now cannot hold.
  Speculator* start();
  SpeculationCounts counts() const { return speculator_ ? speculator_->counts() : SpeculationCounts{}; }

 private:
  Session& session_;
  const std::string most_;
  std::unique_ptr<Session> draft_;
  std::unique_ptr<Drafter> drafter_;
  std::optional<Speculator> speculator_;
};

}  // namespace luoshu::cli
