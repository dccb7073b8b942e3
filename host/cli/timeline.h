// SPDX-License-Identifier: Apache-2.0
// The timeline of a simulated run as Chrome trace-event JSON (opens in Perfetto); docs/timeline.md.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "chip_timeline.h"
#include "cli/session.h"

namespace luoshu::cli {

// A command of the program and what it does in words: "L3 gate, up".
struct NamedCommand {
  std::uint32_t unit = 0;  // as Timeline::Command
  std::uint32_t opcode = 0, address = 0;
  std::string name;
};
// `program`: the commands of one pass, 8 words each.
std::vector<NamedCommand> name_commands(const std::vector<std::array<std::uint32_t, 8>>& program);

// Names for what the units took, in order: a unit walks its commands of the program again and again; a
// command that is not in it has its opcode's name.
std::vector<std::string> names_of(const std::vector<Timeline::Command>& taken,
                                  const std::vector<NamedCommand>& program);

// Ends the recording and writes the file. Throws Error when it cannot be written.
void write_timeline(Session& session, Timeline& timeline, const std::string& path);

}  // namespace luoshu::cli
