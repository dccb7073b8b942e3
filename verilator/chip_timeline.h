// SPDX-License-Identifier: Apache-2.0
// What the simulated chip and its host did when: recorded cycle by cycle while a timeline is asked for, as
// spans without a gap worth showing. docs/timeline.md says what each track means.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace luoshu {

// One cycle of the chip, as its performance counters see it.
struct ChipActivity {
  // Bits 3u, 3u + 1, 3u + 2: busy, memory stall, dependency stall of array, attention, vector unit; 9 the
  // control core is awake, 11 a command waits for a full queue.
  std::uint32_t units = 0;
  std::uint32_t beats = 0;  // bits: weights read, KV read, KV written, other; a beat each
  // Bits: array, vector unit, attention.
  std::uint32_t pushed = 0;                 // a command goes to the unit's queue
  std::uint32_t accepted = 0;               // the unit takes the oldest of its queue
  const std::uint32_t* command = nullptr;   // [8] words of what is pushed
  bool dropped = false;                     // the queues are emptied
  bool running = false;                     // the sequencer has a run
  std::uint32_t pending = 0;                // interrupts: message, token, run finished, watchdog, error
  std::uint32_t link_in = 0, link_out = 0;  // bytes
};

class Timeline {
 public:
  enum Track : std::uint8_t {
    kArray,
    kAttention,
    kVector,
    kWeightStream,
    kKvStream,
    kKvWrites,
    kOtherMemory,
    kSequencer,
    kCore,
    kFirmware,
    kLinkIn,
    kLinkOut,
    kTracks
  };
  // [begin, end) in cycles. amounts: units: busy, memory stall and dependency stall cycles; streams: beats;
  // sequencer: cycles of a full queue; core: cycles awake; link: bytes.
  struct Span {
    std::uint64_t begin = 0, end = 0;
    std::uint32_t label = 0;  // units: 1 + index into commands(), 0 = none; firmware: see firmware_task()
    std::array<std::uint32_t, 3> amounts{};
  };
  // A command that a unit took.
  struct Command {
    std::uint32_t unit = 0;  // 0 array, 1 vector unit, 2 attention
    std::uint32_t opcode = 0, address = 0;
  };
  struct Window {
    std::uint64_t cycle = 0;             // first of kWindow
    std::array<std::uint16_t, 4> beats;  // as ChipActivity::beats
  };
  struct HostCall {
    std::string name;
    std::uint64_t begin = 0, end = 0;  // the chip's cycles
    double wall_seconds = 0;
  };
  static constexpr std::uint64_t kWindow = 256;  // cycles of a bandwidth window
  static constexpr std::size_t kMostEvents =
      1'000'000;  // spans, windows and calls; later ones are counted only

  // Records the cycles from `from` to `to` (excluded).
  explicit Timeline(std::uint64_t from = 0, std::uint64_t to = ~std::uint64_t{0}) : from_(from), to_(to) {}
  void sample(std::uint64_t cycle, const ChipActivity& activity);
  void host_call(HostCall call);
  // Ends the spans that are open. Call it once, before looking.
  void finish();

  const std::vector<Span>& spans(Track track) const { return tracks_[track].spans; }
  const std::vector<Command>& commands() const { return commands_; }
  const std::vector<Window>& windows() const { return windows_; }
  const std::vector<HostCall>& host_calls() const { return calls_; }
  std::uint64_t dropped() const { return dropped_; }
  static const char* firmware_task(std::uint32_t label);

 private:
  struct Recorder {
    std::vector<Span> spans;
    Span open;  // end = 0: none
    std::uint32_t label = 0;
    std::optional<Command> taken;  // by the unit, and nothing recorded of it yet
  };
  void activity(Track track, std::uint64_t cycle, bool active, const std::array<std::uint32_t, 3>& amounts);
  void follow_commands(const ChipActivity& activity);
  void close(Recorder& recorder);
  bool room();
  void close_window();

  const std::uint64_t from_, to_;
  std::array<Recorder, kTracks> tracks_;
  std::array<std::deque<Command>, 3> queues_;
  std::vector<Command> commands_;
  std::vector<Window> windows_;
  Window window_{};
  bool window_open_ = false;
  std::vector<HostCall> calls_;
  std::size_t events_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace luoshu
