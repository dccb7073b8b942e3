// SPDX-License-Identifier: Apache-2.0
#include "cli/timeline.h"

#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/files.h"
#include "cli/verbs.h"
#include "luoshu/defs.h"

namespace luoshu::cli {
namespace {

constexpr std::uint32_t kArrayUnit = 0, kVectorUnit = 1, kAttentionUnit = 2;

const char* opcode_name(std::uint32_t opcode) {
  switch (opcode) {
    case LUOSHU_OP_EMBED:
      return "embed";
    case LUOSHU_OP_NORM:
      return "norm";
    case LUOSHU_OP_MATMUL:
      return "matmul";
    case LUOSHU_OP_QKV:
      return "QKV";
    case LUOSHU_OP_ATTN:
      return "attention";
    case LUOSHU_OP_RESID:
      return "residual";
    case LUOSHU_OP_SWIGLU:
      return "SwiGLU";
    case LUOSHU_OP_LOGITS:
      return "logits";
    case LUOSHU_OP_ROPE:
      return "RoPE table";
    default:
      return "?";
  }
}

struct TrackInfo {
  const char* name;
  const char* span;        // name of its spans; nullptr: of the command or the firmware's task
  const char* amounts[3];  // what the amounts of a span are; nullptr: unused
};
constexpr TrackInfo kTrackInfo[Timeline::kTracks] = {
    {"array", nullptr, {"busy", "memory_stall", "dependency_stall"}},
    {"attention", nullptr, {"busy", "memory_stall", "dependency_stall"}},
    {"vector unit", nullptr, {"busy", "memory_stall", "dependency_stall"}},
    {"weight stream", "weights", {"beats", nullptr, nullptr}},
    {"KV stream", "KV read", {"beats", nullptr, nullptr}},
    {"KV writes", "KV written", {"beats", nullptr, nullptr}},
    {"other memory traffic", "other", {"beats", nullptr, nullptr}},
    {"sequencer", "run", {"queue_full", nullptr, nullptr}},
    {"control core", "awake", {"cycles", nullptr, nullptr}},
    {"firmware", nullptr, {"cycles", nullptr, nullptr}},
    {"link in", "bytes", {"bytes", nullptr, nullptr}},
    {"link out", "bytes", {"bytes", nullptr, nullptr}},
};
constexpr const char* kBeatNames[4] = {"weights", "KV read", "KV written", "other"};
constexpr int kChip = 1, kHost = 2;  // processes

class Writer {
 public:
  Writer(std::FILE* file, std::uint32_t clock_khz) : file_(file), clock_khz_(clock_khz) {
    std::fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [", file_);
  }
  void meta(int process, int thread, const char* what, const std::string& name) {
    begin();
    std::fprintf(file_, R"({"ph": "M", "pid": %d, "tid": %d, "name": "%s", "args": {"name": "%s"}})", process,
                 thread, what, name.c_str());
  }
  // `args`: the members of a JSON object.
  void span(int process, int thread, const std::string& name, std::uint64_t begin_cycle,
            std::uint64_t end_cycle, const std::string& args) {
    begin();
    const std::uint64_t from = picoseconds(begin_cycle);
    const std::uint64_t length = picoseconds(end_cycle) - from;
    std::fprintf(file_,
                 R"({"ph": "X", "pid": %d, "tid": %d, "name": "%s", "ts": %s, "dur": %s, "args": {%s}})",
                 process, thread, name.c_str(), microseconds(from).c_str(), microseconds(length).c_str(),
                 args.c_str());
  }
  void counter(const char* name, std::uint64_t cycle, const std::string& args) {
    begin();
    std::fprintf(file_, R"({"ph": "C", "pid": %d, "name": "%s", "ts": %s, "args": {%s}})", kChip, name,
                 microseconds(picoseconds(cycle)).c_str(), args.c_str());
  }
  void finish(const nlohmann::json& other) {
    std::fprintf(file_, "\n],\n\"otherData\": %s}\n", other.dump().c_str());
  }

 private:
  void begin() {
    std::fputs(first_ ? "\n" : ",\n", file_);
    first_ = false;
  }
  std::uint64_t picoseconds(std::uint64_t cycle) const {
    constexpr std::uint64_t kPerMillisecond = 1'000'000'000;
    return cycle / clock_khz_ * kPerMillisecond + cycle % clock_khz_ * kPerMillisecond / clock_khz_;
  }
  static std::string microseconds(std::uint64_t picoseconds) {
    return fmt::format("{}.{:06}", picoseconds / 1'000'000, picoseconds % 1'000'000);
  }

  std::FILE* const file_;
  const std::uint32_t clock_khz_;
  bool first_ = true;
};

std::string amounts(const Timeline::Span& span, const TrackInfo& info) {
  std::string text = fmt::format("\"cycle\": {}", span.begin);
  for (std::size_t i = 0; i < 3; ++i) {
    if (info.amounts[i] != nullptr) text += fmt::format(", \"{}\": {}", info.amounts[i], span.amounts[i]);
  }
  return text;
}

void write_chip(Writer& writer, const Timeline& timeline, const std::vector<std::string>& names) {
  for (int t = 0; t < Timeline::kTracks; ++t) {
    const TrackInfo& info = kTrackInfo[t];
    writer.meta(kChip, t + 1, "thread_name", info.name);
    for (const Timeline::Span& span : timeline.spans(static_cast<Timeline::Track>(t))) {
      std::string name = info.span != nullptr ? info.span : "";
      if (t == Timeline::kFirmware) {
        name = Timeline::firmware_task(span.label);
      } else if (info.span == nullptr) {
        name = span.label == 0 ? "?" : names[span.label - 1];
      }
      writer.span(kChip, t + 1, name, span.begin, span.end, amounts(span, info));
    }
  }
}

void write_bandwidth(Writer& writer, const Timeline& timeline, std::uint32_t lanes) {
  for (const Timeline::Window& w : timeline.windows()) {
    std::string args;
    for (std::size_t m = 0; m < 4; ++m) {
      args += fmt::format("{}\"{}\": {:.3f}", m == 0 ? "" : ", ", kBeatNames[m],
                          static_cast<double>(w.beats[m] * lanes) / Timeline::kWindow);
    }
    writer.counter("memory, bytes per cycle", w.cycle, args);
  }
}

std::vector<std::array<std::uint32_t, 8>> read_program(Session& session) {
  std::vector<std::array<std::uint32_t, 8>> program(session.image()->commands());
  session.chip()->read_memory(session.image()->program(), program.data(), program.size() * 32);
  return program;
}

}  // namespace

// A layer has two norms; the last norm stands alone before the LM head. Matrices are told by what came
// before.
std::vector<NamedCommand> name_commands(const std::vector<std::array<std::uint32_t, 8>>& program) {
  std::size_t norms = 0;
  for (const auto& c : program) norms += (c[0] & 255u) == LUOSHU_OP_NORM ? 1 : 0;
  std::vector<NamedCommand> named;
  std::size_t norm = 0;
  std::string matrix;
  for (const auto& c : program) {
    const std::uint32_t opcode = c[0] & 255u;
    if (opcode == LUOSHU_OP_AUX) continue;  // no unit takes it
    if (opcode == LUOSHU_OP_NORM) matrix = ++norm == norms ? "LM head" : norm % 2 == 1 ? "K V Q" : "gate, up";
    if (opcode == LUOSHU_OP_ATTN) matrix = "attention output";
    if (opcode == LUOSHU_OP_SWIGLU) matrix = "down";
    std::string name = opcode == LUOSHU_OP_MATMUL ? matrix : opcode_name(opcode);
    if (norm != 0 && norm != norms) name = fmt::format("L{} {}", (norm - 1) / 2, name);
    const std::uint32_t unit = opcode == LUOSHU_OP_MATMUL ? kArrayUnit
                               : opcode == LUOSHU_OP_ATTN ? kAttentionUnit
                                                          : kVectorUnit;
    named.push_back({unit, opcode, c[1], std::move(name)});
  }
  return named;
}

std::vector<std::string> names_of(const std::vector<Timeline::Command>& taken,
                                  const std::vector<NamedCommand>& program) {
  std::vector<const NamedCommand*> lists[3];
  for (const NamedCommand& c : program) lists[c.unit].push_back(&c);
  std::size_t next[3] = {};
  std::vector<std::string> names;
  names.reserve(taken.size());
  for (const Timeline::Command& c : taken) {
    const auto& list = lists[c.unit];
    std::string name = opcode_name(c.opcode);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::size_t at = (next[c.unit] + i) % list.size();
      if (list[at]->opcode != c.opcode || list[at]->address != c.address) continue;
      name = list[at]->name;
      next[c.unit] = (at + 1) % list.size();
      break;
    }
    names.push_back(std::move(name));
  }
  return names;
}

void write_timeline(Session& session, Timeline& timeline, const std::string& path) {
  const std::vector<std::string> names = names_of(timeline.commands(), name_commands(read_program(session)));
  timeline.finish();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
  if (!file) throw Error("cannot write the timeline '" + path + "'; check the path");
  const Capabilities& chip = session.chip()->capabilities();
  Writer writer(file.get(), chip.clock_khz);
  writer.meta(kChip, 0, "process_name", "chip " + session.configuration() + " (" + session.label() + ")");
  writer.meta(kHost, 0, "process_name", "host, in the chip's time");
  write_chip(writer, timeline, names);
  write_bandwidth(writer, timeline, chip.lanes);
  writer.meta(kHost, 1, "thread_name", "calls");
  for (const Timeline::HostCall& call : timeline.host_calls()) {
    writer.span(kHost, 1, call.name, call.begin, call.end,
                fmt::format("\"cycle\": {}, \"wall_us\": {:.1f}", call.begin, call.wall_seconds * 1e6));
  }
  writer.finish({{"version", version()},
                 {"commit", commit()},
                 {"label", session.label()},
                 {"config", session.configuration()},
                 {"memory", session.memory()},
                 {"clock_khz", chip.clock_khz},
                 {"bytes_per_beat", chip.lanes},
                 {"window_cycles", Timeline::kWindow},
                 {"dropped_events", timeline.dropped()}});
  if (std::fflush(file.get()) != 0 || std::ferror(file.get()) != 0)
    throw Error("cannot write the timeline '" + path + "'; make room on the disk");
  if (timeline.dropped() != 0)
    spdlog::warn("timeline: {} events beyond {} left out; give --timeline-window", timeline.dropped(),
                 Timeline::kMostEvents);
}

}  // namespace luoshu::cli
