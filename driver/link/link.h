// SPDX-License-Identifier: Apache-2.0
// The host's end of the link (docs/link.md): window, retransmission, events. Device is its user.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "link/frame.h"
#include "luoshu/device.h"

namespace luoshu {

class Link {
 public:
  using TimePoint = Transport::TimePoint;
  // Takes the payload of an answer.
  using Sink = std::function<void(const Frame&)>;

  Link(std::unique_ptr<Transport> transport, LinkOptions options);

  // Opens a session (RESYNC) if none is open.
  void open();
  // Queues a request with payload `head` followed by n bytes of data (copied), waiting for room in the
  // window. `sink` is called with the answer of a request that has an answer payload.
  void post(RequestType type, const std::vector<std::uint32_t>& head, const std::uint8_t* data, std::size_t n,
            Sink sink);
  // Waits until every queued request is answered.
  void flush();
  // The next event; nullopt when the deadline passed.
  std::optional<std::vector<std::uint32_t>> wait_event(TimePoint deadline);

  std::uint32_t max_payload() const { return max_payload_; }  // bytes, of the open session
  Transport& transport() { return *transport_; }
  const LinkStatistics& statistics() const { return statistics_; }

 private:
  struct Outstanding {
    RequestType type;
    std::uint8_t sequence;
    bool sent = false;  // at least once
    bool done = false;
    std::uint64_t address = 0;  // for messages
    std::vector<std::uint8_t> bytes;
    Sink sink;  // empty: no answer payload
  };

  bool has_room(bool read) const;
  bool pending_output() const { return out_offset_ < out_.size(); }
  void fill_output();
  void pump(TimePoint deadline);
  bool receive(TimePoint deadline);
  void handle(const Frame& frame);
  void handle_event(const Frame& frame);
  void handle_response(const Frame& frame);
  void finish(Outstanding& request, const Frame& frame);
  void pop_done();
  void go_back(std::size_t index);
  // Sends again after silence, gives up after a long one.
  void check_silence();
  // Waits for anything to happen, at most until the next look at the silence.
  void wait();
  void send_control(RequestType type, std::uint8_t sequence, std::uint16_t flags,
                    const std::vector<std::uint32_t>& head);
  void send_padding();
  void acknowledge_events(bool replay);
  std::uint16_t event_flags() const { return ack_flags(next_event_, false); }
  void resync();
  void end_session();
  [[noreturn]] void fail(const Outstanding& request, LinkStatus status) const;

  std::unique_ptr<Transport> transport_;
  LinkOptions options_;
  LinkStatistics statistics_;
  FrameDecoder decoder_;
  std::vector<std::uint8_t> input_;

  bool open_ = false;
  bool opened_before_ = false;
  std::uint32_t max_payload_ = kMaxFramePayload;
  std::uint8_t next_sequence_ = 0;
  std::deque<Outstanding> window_;  // oldest first; consecutive sequence numbers
  std::size_t reads_ = 0;           // of them with an answer payload
  std::size_t cursor_ = 0;          // next frame of the window to send
  std::vector<std::uint8_t> out_;   // whole frames on their way out
  std::size_t out_offset_ = 0;
  bool recovering_ = false;              // went back; refusals of the older copies may still arrive
  std::optional<TimePoint> busy_until_;  // the mailbox was full: send again then
  LinkStatus last_refusal_ = LinkStatus::kOk;
  TimePoint activity_;  // last byte out or valid frame in
  TimePoint progress_;  // last request answered

  std::deque<std::vector<std::uint32_t>> events_;
  std::uint8_t next_event_ = 0;
  std::uint32_t unacknowledged_ = 0;  // events received since the last acknowledgement
  bool gap_open_ = false;             // a replay was asked for and has not come yet

  std::uint32_t nonce_ = 0;
  std::uint8_t resync_sequence_ = 0;
  std::optional<Frame> resync_reply_;
};

}  // namespace luoshu
