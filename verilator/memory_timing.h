// SPDX-License-Identifier: Apache-2.0
// What --memory names: how fast the simulated memory behind the port answers. The port is as wide as a beat.
//
// A board's model is that of its memory seen from a configuration's clock and port:
//   share   = peak MB/s / (port bytes x clock MHz), at most 1;   cycles = ns x clock MHz / 1000, rounded up.
// Peak is data pins x transfers per second: Tang Nano 20K 32 bits SDR at 100 MHz, 400 MB/s; ULX3S 16 bits SDR
// at 133 MHz, 266 MB/s; ECPIX-5 16 bits DDR3 at 400 MT/s, 800 MB/s; Tang Primer 20K 16 bits DDR3 at 800 MT/s,
// 1600 MB/s; Tang Mega 138K 32 bits DDR3 at 800 MT/s, 3200 MB/s. The times are round figures of such parts'
// data sheets and a simple controller, not measured on the boards: SDR first beat 100 ns, row change 40 ns,
// refresh of 70 ns every 7.8 us (Tang Nano 15.6 us), 4 banks with rows of 1 KiB; DDR3 150 ns, 30 ns, 260 ns
// every 7.8 us, 8 banks with rows of 2 KiB (4 KiB at 32 bits). Nothing is prefetched: every row change stops
// the data bus.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "luoshu/configuration.h"

namespace luoshu {

struct MemoryTiming {
  std::string name;
  unsigned latency = 0;  // cycles from an accepted read address to its first beat, and from the last write
                         // beat to its response
  double share = 1;      // of one beat per cycle, reads and writes together; 1: one each way
  unsigned refresh_interval = 0, refresh_cycles = 0;  // every so many cycles no beat for so many, rows close
  unsigned row_bytes = 0, banks = 0;                  // each bank keeps one row open; 0: no rows
  unsigned row_miss = 0;                              // cycles without a beat when a row is opened
  double stalls = 0;                                  // share of cycles in which no beat comes, at random
};

// The names that --memory takes.
const std::vector<std::string>& memory_names();
// "NAME" or "NAME,key=value,...": latency, share, refresh_interval, refresh_cycles, row_bytes, banks,
// row_miss, stalls. Throws InputError.
MemoryTiming memory_timing(const std::string& text, const Configuration& chip);

}  // namespace luoshu
