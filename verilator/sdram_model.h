// SPDX-License-Identifier: Apache-2.0
// A single-data-rate SDRAM as its data sheet has it: contents, and a check of every timing and rule on the
// pins.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace luoshu {

// Times of a speed grade in ns (cycles where the data sheet counts cycles).
struct SdramPart {
  std::string name;
  unsigned data_bits, row_bits, col_bits;  // four banks
  double tck2, tck3;                       // shortest clock at CAS latency 2 and 3
  double trcd, trp, tras, tras_max, trc, trrd, trfc, twr;
  unsigned twr_cycles, tmrd_cycles;
  double refresh_window;  // in which every row must be refreshed
  unsigned refresh_rows;  // refreshes in that window
  double power_up;        // ns of stable clock before the first command
  unsigned power_up_refreshes;
};

// The parts that the boards carry, from their data sheets.
const SdramPart& is42s16160g_7();  // ULX3S: ISSI, 16 bits, 32 MB, 143 MHz
const SdramPart& w9825g6kh_6();    // ULX3S, other lots: Winbond, 16 bits, 32 MB, 166 MHz
const SdramPart& as4c32m16sb_7();  // ULX3S, 64 MB lots: Alliance, 16 bits, 143 MHz
const SdramPart& em638325gd_6();   // in the GW2AR-18 of the Tang Nano 20K: Etron, 32 bits, 8 MB, 166 MHz

// What the controller drives in one cycle.
struct SdramPins {
  bool cke, cs_n, ras_n, cas_n, we_n;
  unsigned ba, a, dqm;
  std::uint32_t dq;
  bool drive;  // the controller drives dq
};

class SdramModel {
 public:
  SdramModel(const SdramPart& part, double clock_ns);
  // One rising edge of the SDRAM's clock with these pins. Returns true when the SDRAM drives dq() until the
  // next edge.
  bool edge(const SdramPins& pins);
  std::uint32_t dq() const { return dq_; }
  // Violations so far, each once with the cycle of its first occurrence; empty when all is well.
  const std::vector<std::string>& faults() const { return faults_; }
  std::uint64_t cycle() const { return cycle_; }
  std::uint64_t words_read() const { return words_read_; }
  std::uint64_t words_written() const { return words_written_; }
  std::uint64_t refreshes() const { return refreshes_; }
  bool initialised() const { return mode_set_; }

 private:
  struct Bank {
    bool open = false;
    unsigned row = 0;
    std::int64_t activated = -1000000, precharged = -1000000, read_end = -1000000, write_end = -1000000;
  };
  void fault(const std::string& what);
  void need(bool ok, const std::string& what);
  void precharge(unsigned bank);
  unsigned cycles(double ns) const;
  std::uint32_t& word(unsigned bank, unsigned row, unsigned column);

  const SdramPart part_;
  const double clock_ns_;
  std::array<Bank, 4> banks_;
  std::unordered_map<std::uint64_t, std::uint32_t> words_;
  std::vector<std::string> faults_;
  std::uint64_t cycle_ = 0, words_read_ = 0, words_written_ = 0, refreshes_ = 0;
  std::int64_t last_activate_ = -1000000, refresh_until_ = 0, mode_until_ = 0;
  std::vector<std::int64_t> refresh_times_;  // ring of the last refresh_rows
  bool mode_set_ = false, precharged_all_ = false, moved_ = false;
  unsigned burst_ = 1, cas_ = 2;
  // the burst on the data pins
  struct Transfer {
    bool active = false, write = false;
    unsigned bank = 0, row = 0, column = 0, done = 0;
    std::int64_t start = 0;
  };
  Transfer transfer_;
  struct Out {
    std::int64_t at;
    std::uint32_t value;
  };
  std::vector<Out> out_;  // words on their way out
  std::array<unsigned, 3> dqm_{};
  std::uint32_t dq_ = 0;
  bool driving_ = false;
};

}  // namespace luoshu
