// SPDX-License-Identifier: Apache-2.0
// A simulated chip that is disturbed while it works: one event of a random kind at a random cycle of a random
// job. What the host sees must be what the documents promise (docs/registers.md, docs/link.md), and the next
// job must give the bits of the model device. For `soak --faults`.
#pragma once
#include <memory>
#include <string>

#include "config/model_config.h"
#include "gguf/gguf.h"

namespace luoshu::cli {

// What became of one seed.
struct FaultReport {
  std::string job, event;   // kinds
  std::string outcome;      // what the host saw: "done", "error 2", ...
  std::uint64_t cycle = 0;  // of the event, from the start of the job
  std::string failure;      // empty, or what was not as promised
};

class FaultSoak {
 public:
  // Throws InputError for a configuration or memory that does not exist.
  FaultSoak(const std::string& config, const std::string& memory);
  // The event of this seed, on a chip of its own.
  FaultReport run(std::uint64_t seed) const;

 private:
  const std::string config_name_, memory_;
  const std::unique_ptr<gguf::File> file_;
  const ModelConfig config_;
};

}  // namespace luoshu::cli
