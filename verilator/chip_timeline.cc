// SPDX-License-Identifier: Apache-2.0
#include "chip_timeline.h"

#include <utility>

namespace luoshu {
namespace {

constexpr std::uint64_t kGap = 64;  // cycles of silence that one span of a track may hold

constexpr const char* kTasks[] = {"runs", "message", "token", "run finished", "error"};

std::uint32_t task(std::uint32_t pending) {
  if ((pending & 2u) != 0) return 2;  // in the firmware's order
  if ((pending & 4u) != 0) return 3;
  if ((pending & 1u) != 0) return 1;
  return 4;
}

}  // namespace

const char* Timeline::firmware_task(std::uint32_t label) {
  return kTasks[label < std::size(kTasks) ? label : 0];
}

bool Timeline::room() {
  if (events_ < kMostEvents) {
    ++events_;
    return true;
  }
  ++dropped_;
  return false;
}

void Timeline::close(Recorder& recorder) {
  if (recorder.open.end != 0 && room()) recorder.spans.push_back(recorder.open);
  recorder.open = Span{};
}

void Timeline::activity(Track track, std::uint64_t cycle, bool active,
                        const std::array<std::uint32_t, 3>& amounts) {
  if (!active) return;
  Recorder& r = tracks_[track];
  if (r.taken && room()) {
    commands_.push_back(*r.taken);
    r.label = static_cast<std::uint32_t>(commands_.size());
  }
  r.taken.reset();
  if (r.open.end == 0 || r.open.label != r.label || cycle - r.open.end > kGap) {
    close(r);
    r.open.begin = cycle;
    r.open.label = r.label;
  }
  r.open.end = cycle + 1;
  for (std::size_t i = 0; i < amounts.size(); ++i) r.open.amounts[i] += amounts[i];
}

void Timeline::close_window() {
  const bool quiet = window_.beats == std::array<std::uint16_t, 4>{};
  const bool was_quiet = windows_.empty() || windows_.back().beats == window_.beats;
  if (window_open_ && !(quiet && was_quiet) && room()) windows_.push_back(window_);
  window_open_ = false;
}

// A command that a unit takes now is executed from the next cycle on.
void Timeline::follow_commands(const ChipActivity& a) {
  constexpr Track kUnits[] = {kArray, kVector, kAttention};
  if (a.dropped) {
    for (auto& queue : queues_) queue.clear();
  }
  if ((a.pushed | a.accepted) == 0) return;
  for (std::uint32_t u = 0; u < 3; ++u) {
    std::deque<Command>& queue = queues_[u];
    if ((a.accepted >> u & 1u) != 0) {
      Recorder& r = tracks_[kUnits[u]];
      r.label = 0;
      r.taken.reset();
      if (!queue.empty()) {
        r.taken = queue.front();
        queue.pop_front();
      }
    }
    if ((a.pushed >> u & 1u) != 0) queue.push_back({u, a.command[0] & 255u, a.command[1]});
  }
}

void Timeline::sample(std::uint64_t cycle, const ChipActivity& a) {
  if (cycle < from_ || cycle >= to_) return follow_commands(a);
  const auto bit = [](std::uint32_t word, std::uint32_t n) { return word >> n & 1u; };
  for (std::uint32_t u = 0; u < 3; ++u) {
    const std::uint32_t state = a.units >> (3 * u) & 7u;
    activity(static_cast<Track>(kArray + u), cycle, state != 0,
             {bit(state, 0), bit(state, 1), bit(state, 2)});
  }
  for (std::uint32_t m = 0; m < 4; ++m)
    activity(static_cast<Track>(kWeightStream + m), cycle, bit(a.beats, m) != 0, {1, 0, 0});
  activity(kSequencer, cycle, a.running, {bit(a.units, 11), 0, 0});
  const bool awake = bit(a.units, 9) != 0;
  activity(kCore, cycle, awake, {1, 0, 0});
  Recorder& firmware = tracks_[kFirmware];
  if (!awake) firmware.label = 0;
  if (a.pending != 0) firmware.label = task(a.pending);
  activity(kFirmware, cycle, awake, {1, 0, 0});
  activity(kLinkIn, cycle, a.link_in != 0, {a.link_in, 0, 0});
  activity(kLinkOut, cycle, a.link_out != 0, {a.link_out, 0, 0});

  follow_commands(a);

  if (window_open_ && cycle >= window_.cycle + kWindow) close_window();
  if (!window_open_) window_ = {cycle / kWindow * kWindow, {}};
  window_open_ = true;
  for (std::uint32_t m = 0; m < 4; ++m)
    window_.beats[m] = static_cast<std::uint16_t>(window_.beats[m] + bit(a.beats, m));
}

void Timeline::host_call(HostCall call) {
  if (call.end <= from_ || call.begin >= to_) return;
  if (room()) calls_.push_back(std::move(call));
}

void Timeline::finish() {
  for (Recorder& r : tracks_) close(r);
  close_window();
}

}  // namespace luoshu
