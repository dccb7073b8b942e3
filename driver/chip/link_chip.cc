// SPDX-License-Identifier: Apache-2.0
#include "luoshu/link_chip.h"

#include <algorithm>
#include <cstring>

#include "luoshu/defs.h"
#include "luoshu/firmware_image.h"

namespace luoshu {
namespace {

constexpr std::chrono::milliseconds kBootDeadline{10000};
constexpr std::chrono::milliseconds kPulse{2000};  // without an event, then the link must show that it lives

std::string hex(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

}  // namespace

LinkChip::LinkChip(Device device) : device_(std::move(device)) {}

std::uint32_t LinkChip::reg(std::uint32_t offset) {
  return device_.read_reg(LUOSHU_REG_BASE + offset);
}

void LinkChip::set_reg(std::uint32_t offset, std::uint32_t value) {
  device_.write_reg(LUOSHU_REG_BASE + offset, value);
}

void LinkChip::boot() {
  const HelloReply hello = device_.hello();
  const std::vector<std::uint32_t>& id = hello.identification;
  const auto word = [&](std::uint32_t offset) -> std::uint32_t {
    return offset / 4 < id.size() ? id[offset / 4] : 0;
  };
  if (word(LUOSHU_REG_ID_MAGIC) != LUOSHU_MAGIC) {
    throw ProtocolError("the device identifies itself as " + hex(word(LUOSHU_REG_ID_MAGIC)) +
                        ", which is not a Luoshu chip; check --device");
  }
  if (word(LUOSHU_REG_ID_VERSION) != LUOSHU_VERSION) {
    throw ProtocolError("the chip speaks version " + std::to_string(word(LUOSHU_REG_ID_VERSION)) +
                        ", this program version " + std::to_string(LUOSHU_VERSION) +
                        "; build both from the same sources");
  }
  capabilities_.lanes = word(LUOSHU_REG_ID_LANES);
  capabilities_.columns = word(LUOSHU_REG_ID_COLUMNS);
  capabilities_.groups = word(LUOSHU_REG_ID_GROUPS);
  capabilities_.max_d = word(LUOSHU_REG_ID_MAX_D);
  capabilities_.act_blocks = word(LUOSHU_REG_ID_ACT_BLOCKS);
  capabilities_.max_heads = word(LUOSHU_REG_ID_MAX_HEADS);
  capabilities_.q_elements = word(LUOSHU_REG_ID_Q_BYTES);
  capabilities_.vector_lanes = word(LUOSHU_REG_ID_VECTOR) & 0xffffu;
  capabilities_.head_words = word(LUOSHU_REG_ID_VECTOR) >> 16;
  capabilities_.memory_bytes = std::uint64_t{word(LUOSHU_REG_ID_MEMORY_MIB)} << 20;
  capabilities_.clock_khz = word(LUOSHU_REG_ID_CLOCK_KHZ);
  if (firmware_size() > word(LUOSHU_REG_ID_TCM_BYTES)) {
    throw DeviceError("the firmware has " + std::to_string(firmware_size()) +
                      " bytes, the chip has room for " + std::to_string(word(LUOSHU_REG_ID_TCM_BYTES)) +
                      "; choose another configuration");
  }
  load_firmware();
  wait_ready();
}

void LinkChip::load_firmware() {
  set_reg(LUOSHU_REG_CORE_CONTROL, 0);
  set_reg(LUOSHU_REG_SOFT_RESET, 1);
  std::vector<std::uint32_t> words((firmware_size() + 3) / 4, 0);
  std::memcpy(words.data(), firmware_data(), firmware_size());
  device_.write_regs(LUOSHU_TCM_BASE, words.data(), words.size());
  const std::vector<std::uint32_t> back =
      device_.read_regs(LUOSHU_TCM_BASE, static_cast<std::uint32_t>(words.size()));
  if (back != words) {
    const auto bad = std::mismatch(words.begin(), words.end(), back.begin()).first - words.begin();
    throw DeviceError("the firmware memory does not hold what was written (byte " + std::to_string(bad * 4) +
                      "); reset the device and try again");
  }
  set_reg(LUOSHU_REG_CORE_CONTROL, 1);
}

void LinkChip::wait_ready() {
  for (;;) {
    const auto event = device_.wait_event(kBootDeadline);
    if (!event) throw TimeoutError("the firmware did not start; reset the device and try again");
    if (event->size() >= 4 && event->front() == LUOSHU_EVT_ERROR && (*event)[1] == LUOSHU_ERR_TRAP) {
      DeviceError::Detail detail;
      detail.operation = "boot";
      detail.address = (*event)[2];
      detail.code = LUOSHU_ERR_TRAP;
      throw DeviceError("the control core trapped at " + hex((*event)[2]) + " (cause " +
                            std::to_string((*event)[3]) + ") before the firmware was ready; check the memory",
                        detail);
    }
    if (event->size() < 6 || event->front() != LUOSHU_EVT_READY) continue;  // of an earlier session
    if ((*event)[1] != LUOSHU_VERSION) {
      throw ProtocolError("the firmware is version " + std::to_string((*event)[1]) + ", expected " +
                          std::to_string(LUOSHU_VERSION) + "; build both from the same sources");
    }
    if ((*event)[2] != 0) {
      DeviceError::Detail detail;
      detail.operation = "memory self-test";
      detail.address = (*event)[3];
      detail.code = (*event)[2];
      throw DeviceError("device memory fails its self-test at " + hex((*event)[3]) + " (expected " +
                            hex((*event)[4]) + ", read " + hex((*event)[5]) + "); check the board",
                        detail);
    }
    return;
  }
}

void LinkChip::write_memory(std::uint32_t address, const void* data, std::size_t bytes) {
  device_.write_memory(address, data, bytes);
}

void LinkChip::read_memory(std::uint32_t address, void* data, std::size_t bytes) {
  device_.read_memory(address, data, bytes);
}

std::uint32_t LinkChip::checksum(std::uint32_t address, std::uint64_t bytes) {
  return device_.crc32(address, bytes);
}

void LinkChip::configure(std::uint32_t kv_head_stride, std::uint32_t kv_block_bytes,
                         const std::vector<std::uint32_t>& stop_ids) {
  set_reg(LUOSHU_REG_KV_HEAD_STRIDE, kv_head_stride);
  set_reg(LUOSHU_REG_KV_BLOCK_BYTES, kv_block_bytes);
  std::uint32_t ids[LUOSHU_STOP_IDS];
  std::fill(std::begin(ids), std::end(ids), 0xffffffffu);
  std::copy_n(stop_ids.begin(), std::min<std::size_t>(stop_ids.size(), LUOSHU_STOP_IDS), ids);
  device_.write_regs(LUOSHU_REG_BASE + LUOSHU_REG_STOP_ID, ids, LUOSHU_STOP_IDS);
}

// After an error: a run that was asked for before the error may have started after it. Nothing of it may
// reach the next one.
void LinkChip::recover() {
  for (const bool reset : {false, true}) {
    if (reset) set_reg(LUOSHU_REG_SOFT_RESET, 1);
    const std::uint32_t nonce = ++nonce_;
    device_.send_message({LUOSHU_MSG_PING, nonce});
    for (;;) {
      const auto event = device_.wait_event(kBootDeadline);
      if (!event)
        throw TimeoutError("the firmware does not answer after an error; reset the device and try again");
      if (event->size() == 2 && event->front() == LUOSHU_EVT_PONG && event->back() == nonce) break;
    }
  }
  failed_ = false;
}

void LinkChip::start(const RunRequest& run) {
  if (failed_) recover();
  std::vector<std::uint32_t> context;
  context.reserve(run.tokens.size() * 4);
  for (const TokenContext& t : run.tokens) {
    context.insert(context.end(), {t.token, t.position, t.kv_seq_offset, t.kv_block_offset});
  }
  device_.write_regs(LUOSHU_REG_BASE + LUOSHU_REG_CONTEXT + run.bank * LUOSHU_CONTEXT_BANK_STRIDE,
                     context.data(), context.size());
  const std::uint32_t flags = static_cast<std::uint32_t>(run.logits) | (run.write_logits ? 4u : 0u) |
                              run.bank << 3 | (run.loop ? 16u : 0u);
  device_.send_message({LUOSHU_MSG_RUN, flags, run.passes, static_cast<std::uint32_t>(run.tokens.size()),
                        run.program, run.commands});
}

void LinkChip::stop() {
  device_.send_message({LUOSHU_MSG_STOP});
}

ChipEvent LinkChip::next_event(std::chrono::milliseconds deadline) {
  const Transport::TimePoint end = device_.transport().now() + deadline;
  for (;;) {
    const auto words = device_.wait_event(std::min(end, device_.transport().now() + kPulse));
    if (!words) {
      if (device_.transport().now() >= end)
        throw TimeoutError("the chip sent no event in time; reset the device and try again");
      reg(LUOSHU_REG_ID_MAGIC);  // a long pass answers, a dead peer is a TimeoutError
      continue;
    }
    const auto word = [&](std::size_t i) { return i < words->size() ? (*words)[i] : 0u; };
    ChipEvent event;
    event.cycle = cycles();
    switch (word(0)) {
      case LUOSHU_EVT_TOKEN: {
        event.kind = ChipEvent::Kind::kToken;
        event.token = word(1);
        event.stop_id = (word(2) >> 1 & 1u) != 0;
        event.index = word(2) >> 8 & 63u;
        const std::uint32_t raw = word(3);
        std::memcpy(&event.logit, &raw, 4);
        return event;
      }
      case LUOSHU_EVT_DONE:
        event.kind = ChipEvent::Kind::kDone;
        return event;
      case LUOSHU_EVT_ERROR:
        event.kind = ChipEvent::Kind::kError;
        event.code = word(1) & 255u;
        event.detail = word(2);
        failed_ = true;
        return event;
      case LUOSHU_EVT_READY:
        throw DeviceError("the chip restarted during a run; check its power and try again");
      default:
        break;  // answers to pings and self-tests that nobody waits for
    }
  }
}

ChipCounters LinkChip::counters(bool clear) {
  const std::vector<std::uint32_t> unit = device_.read_regs(LUOSHU_REG_BASE + LUOSHU_REG_COUNTER_ARRAY, 12);
  const std::vector<std::uint32_t> beats = device_.read_regs(LUOSHU_REG_BASE + LUOSHU_REG_COUNTER_BYTES, 4);
  if (clear) set_reg(LUOSHU_REG_COUNTER_CLEAR, 1);
  ChipCounters c;
  ChipCounters::Unit* const units[] = {&c.array, &c.attention, &c.vector, &c.control};
  for (std::size_t i = 0; i < 4; ++i) *units[i] = {unit[3 * i], unit[3 * i + 1], unit[3 * i + 2]};
  const std::uint64_t lanes = capabilities_.lanes;
  c.weights_read = beats[0] * lanes;
  c.kv_read = beats[1] * lanes;
  c.kv_written = beats[2] * lanes;
  c.other = beats[3] * lanes;
  return c;
}

}  // namespace luoshu
