// SPDX-License-Identifier: Apache-2.0
#include "sdram_model.h"

#include <algorithm>
#include <cmath>

namespace luoshu {

// Where sources differ, the strictest figure: the controller has to satisfy every lot.
// name, bits, rows, columns, tCK2, tCK3, tRCD, tRP, tRAS, tRAS max, tRC, tRRD, tRFC, tWR, cycles of tWR and
// tMRD, refresh window and rows, power-up time and refreshes.
const SdramPart& is42s16160g_7() {
  static const SdramPart part{
      "IS42S16160G-7", 16, 13, 9, 10, 7, 20, 20, 45, 100000, 67.5, 15, 70, 15, 2, 2, 64e6, 8192, 200000, 8};
  return part;
}
const SdramPart& w9825g6kh_6() {
  static const SdramPart part{"W9825G6KH-6", 16,   13,     9, 10, 6, 15, 15, 42, 100000, 60, 12, 60, 12, 2, 2,
                              64e6,          8192, 200000, 8};
  return part;
}
const SdramPart& as4c32m16sb_7() {
  static const SdramPart part{
      "AS4C32M16SB-7", 16, 13, 10, 10, 7, 21, 21, 42, 120000, 63, 14, 63, 14, 2, 2, 64e6, 8192, 200000, 2};
  return part;
}
const SdramPart& em638325gd_6() {
  static const SdramPart part{
      "EM638325GD-6", 32, 11, 8, 10, 6, 18, 18, 42, 100000, 60, 12, 60, 12, 2, 2, 64e6, 4096, 200000, 2};
  return part;
}

SdramModel::SdramModel(const SdramPart& part, double clock_ns) : part_(part), clock_ns_(clock_ns) {}

unsigned SdramModel::cycles(double ns) const {
  return static_cast<unsigned>(std::ceil(ns / clock_ns_ - 1e-9));
}

void SdramModel::fault(const std::string& what) {
  const std::string text = part_.name + ": " + what;
  for (const std::string& f : faults_) {
    if (f.compare(0, text.size(), text) == 0) return;
  }
  faults_.push_back(text + " (first at cycle " + std::to_string(cycle_) + ")");
}

void SdramModel::need(bool ok, const std::string& what) {
  if (!ok) fault(what);
}

std::uint32_t& SdramModel::word(unsigned bank, unsigned row, unsigned column) {
  const std::uint64_t key = (std::uint64_t{row} << 34U) | (std::uint64_t{bank} << 32U) | column;
  // What was never written is not zero.
  const auto [place, fresh] =
      words_.try_emplace(key, static_cast<std::uint32_t>(key * 0x9e3779b97f4a7c15ULL >> 29U));
  if (fresh && part_.data_bits == 16) place->second &= 0xffffU;
  return place->second;
}

void SdramModel::precharge(unsigned index) {
  Bank& b = banks_[index];
  const auto now = static_cast<std::int64_t>(cycle_);
  if (b.open) {
    need(now - b.activated >= cycles(part_.tras), "tRAS: precharge too early after activate");
    need(static_cast<double>(now - b.activated) * clock_ns_ <= part_.tras_max,
         "tRAS max: a row was open for too long");
    need(now - b.write_end >= std::max(part_.twr_cycles, cycles(part_.twr)),
         "tWR: precharge too early after a written word");
    need(!(transfer_.active && transfer_.bank == index), "precharge cuts a burst");
  }
  b.open = false;
  b.precharged = now;
}

bool SdramModel::edge(const SdramPins& pins) {
  const auto now = static_cast<std::int64_t>(cycle_);
  dqm_ = {pins.dqm, dqm_[0], dqm_[1]};
  need(!mode_set_ || pins.cke, "CKE low in operation");
  const unsigned command =
      (pins.cs_n ? 7U : (pins.ras_n ? 4U : 0U) | (pins.cas_n ? 2U : 0U) | (pins.we_n ? 1U : 0U));
  const bool nop = command == 7;
  if (!nop) {
    need(static_cast<double>(now) * clock_ns_ >= part_.power_up, "a command before the power-up time");
    need(now >= refresh_until_, "tRFC: a command too early after refresh");
    need(now >= mode_until_, "tMRD: a command too early after the mode register");
  }
  Bank& b = banks_[pins.ba & 3U];
  switch (command) {
    case 3:  // activate
      need(mode_set_, "activate before the mode register");
      need(!b.open, "activate of an open bank");
      need(now - b.precharged >= cycles(part_.trp), "tRP: activate too early after precharge");
      need(now - b.activated >= cycles(part_.trc), "tRC: activate too early after activate");
      need(now - last_activate_ >= cycles(part_.trrd), "tRRD: activates of two banks too close");
      need(pins.a < (1U << part_.row_bits), "a row beyond the part");
      b.open = true;
      b.row = pins.a;
      b.activated = last_activate_ = now;
      break;
    case 5:    // read
    case 4: {  // write
      const bool write = command == 4;
      need(b.open, "read or write of a closed bank");
      need(now - b.activated >= cycles(part_.trcd), "tRCD: read or write too early after activate");
      need((pins.a & 0x400U) == 0, "auto precharge, which the controller does not count with");
      const unsigned column = pins.a & 0x3ffU;
      need(column < (1U << part_.col_bits), "a column beyond the part");
      need(column % burst_ == 0, "a burst that wraps");
      need(!transfer_.active || transfer_.done == burst_, "a burst cuts another");
      transfer_ = {true, write, pins.ba & 3U, b.row, column, 0, now};
      moved_ = true;
      break;
    }
    case 2:  // precharge
      if ((pins.a & 0x400U) != 0) {
        for (unsigned i = 0; i < 4; ++i) precharge(i);
        precharged_all_ = true;
      } else {
        precharge(pins.ba & 3U);
      }
      break;
    case 1:  // refresh
      need(precharged_all_, "refresh before the first precharge");
      for (const Bank& bank : banks_) {
        need(!bank.open, "refresh with an open bank");
        need(now - bank.precharged >= cycles(part_.trp), "tRP: refresh too early after precharge");
      }
      if (mode_set_ && refresh_times_.size() >= part_.refresh_rows) {
        const std::int64_t oldest = refresh_times_[refreshes_ % part_.refresh_rows];
        need(static_cast<double>(now - oldest) * clock_ns_ <= part_.refresh_window,
             "refresh: not every row within the window");
      }
      if (refresh_times_.size() < part_.refresh_rows) {
        refresh_times_.push_back(now);
      } else {
        refresh_times_[refreshes_ % part_.refresh_rows] = now;
      }
      ++refreshes_;
      refresh_until_ = now + cycles(part_.trfc);
      break;
    case 0: {  // mode register
      need(precharged_all_ && refreshes_ >= part_.power_up_refreshes,
           "mode register before precharge and refreshes");
      for (const Bank& bank : banks_) need(!bank.open, "mode register with an open bank");
      const unsigned length = pins.a & 7U;
      need(length <= 3, "burst length that is not used");
      burst_ = 1U << length;
      need((pins.a & 8U) == 0, "interleaved bursts");
      cas_ = (pins.a >> 4U) & 7U;
      need(cas_ == 2 || cas_ == 3, "CAS latency");
      need((pins.a >> 7U) == 0 && pins.ba == 0, "reserved bits of the mode register");
      need(clock_ns_ >= (cas_ == 2 ? part_.tck2 : part_.tck3) - 1e-9,
           "the clock is too fast for the CAS latency");
      mode_set_ = true;
      mode_until_ = now + part_.tmrd_cycles;
      break;
    }
    case 6:
      fault("burst stop, which is not used");
      break;
    default:
      break;
  }
  // Refreshes on average: never further behind than the rows that the window leaves.
  if (mode_set_ && !refresh_times_.empty()) {
    const double interval = part_.refresh_window / part_.refresh_rows;
    const std::int64_t last = refresh_times_[(refreshes_ - 1) % part_.refresh_rows];
    need(static_cast<double>(now - last) * clock_ns_ <= 10 * interval, "refresh: ten intervals without one");
  }

  // ---- data
  driving_ = false;
  bool writing = false;
  if (transfer_.active) {
    Transfer& t = transfer_;
    if (t.done < burst_) {
      std::uint32_t& place = word(t.bank, t.row, t.column + t.done);
      Bank& bank = banks_[t.bank];
      if (t.write) {
        writing = true;
        need(pins.drive, "a written word that nobody drives");
        for (unsigned i = 0; i < part_.data_bits / 8; ++i) {
          if ((pins.dqm >> i & 1U) != 0) continue;
          const std::uint32_t mask = 0xffU << (8 * i);
          place = (place & ~mask) | (pins.dq & mask);
        }
        bank.write_end = now;
        ++words_written_;
      } else {
        out_.push_back({now + cas_ - 1, place});  // driven from this edge on, valid at the next
        ++words_read_;
      }
      if (++t.done == burst_) t.active = false;
    }
  }
  for (auto it = out_.begin(); it != out_.end();) {
    if (it->at == now) {
      // DQM of two cycles before the word masks it.
      const unsigned mask = dqm_[1];
      need(mask == 0, "a word that is read is masked");
      dq_ = it->value;
      driving_ = true;
      it = out_.erase(it);
    } else {
      ++it;
    }
  }
  if (pins.drive) {
    need(writing, "the controller drives data outside a write");
    need(!driving_, "both sides drive the data pins");
  }
  ++cycle_;
  return driving_;
}

}  // namespace luoshu
