// SPDX-License-Identifier: Apache-2.0
#include "memory_timing.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "luoshu/error.h"
#include "luoshu/printable.h"

namespace luoshu {
namespace {

struct BoardMemory {
  const char* name;
  double peak_mb_s;
  double latency_ns, row_miss_ns, refresh_interval_ns, refresh_ns;
  unsigned row_bytes, banks;
};

constexpr BoardMemory kBoards[] = {
    {"tang-nano-20k", 400, 100, 40, 15600, 70, 1024, 4},
    {"ulx3s-85f", 266, 100, 40, 7800, 70, 1024, 4},
    {"ecpix5-85f", 800, 150, 30, 7800, 260, 2048, 8},
    {"tang-primer-20k", 1600, 150, 30, 7800, 260, 2048, 8},
    {"tang-mega-138k", 3200, 150, 30, 7800, 260, 4096, 8},
};

MemoryTiming board_timing(const BoardMemory& board, const Configuration& chip) {
  const double mhz = chip.clock_khz / 1000.0;
  const auto cycles = [&](double ns) { return static_cast<unsigned>(std::ceil(ns * mhz / 1000)); };
  MemoryTiming t;
  t.name = board.name;
  t.latency = cycles(board.latency_ns);
  t.share = std::min(1.0, board.peak_mb_s / (chip.lanes * mhz));
  t.refresh_interval = cycles(board.refresh_interval_ns);
  t.refresh_cycles = cycles(board.refresh_ns);
  t.row_bytes = board.row_bytes;
  t.banks = board.banks;
  t.row_miss = cycles(board.row_miss_ns);
  return t;
}

MemoryTiming named(const std::string& name, const Configuration& chip) {
  MemoryTiming t;
  t.name = name;
  t.latency = name == "latency30" ? 30 : 1;
  if (name == "ideal" || name == "latency30") return t;
  for (const BoardMemory& board : kBoards) {
    if (board.name == name) return board_timing(board, chip);
  }
  std::string names;
  for (const std::string& n : memory_names()) names += n + ", ";
  throw InputError("unknown memory model '" + printable(name) + "'; --memory takes " + names +
                   "each with changes or without (latency30,share=0.8)");
}

[[noreturn]] void refuse(const std::string& part, const std::string& range) {
  throw InputError("--memory holds '" + printable(part) + "'; give " + range);
}

// Applies one "key=value".
void change(const std::string& part, MemoryTiming& t) {
  const std::size_t equals = part.find('=');
  const std::string key = part.substr(0, equals);
  std::istringstream in(equals == std::string::npos ? std::string() : part.substr(equals + 1));
  double value = 0;
  char more = 0;
  const bool number = (in >> value) && !(in >> more) && std::isfinite(value);
  if (key == "share") {
    if (!number || value < 0.001 || value > 1) refuse(part, "a share from 0.001 to 1");
    t.share = value;
    return;
  }
  if (key == "stalls") {
    if (!number || value < 0 || value > 0.99) refuse(part, "a share of cycles from 0 to 0.99");
    t.stalls = value;
    return;
  }
  const std::pair<const char*, unsigned*> counts[] = {
      {"latency", &t.latency},     {"refresh_interval", &t.refresh_interval},
      {"row_miss", &t.row_miss},   {"refresh_cycles", &t.refresh_cycles},
      {"row_bytes", &t.row_bytes}, {"banks", &t.banks}};
  for (const auto& [name, field] : counts) {
    if (key != name) continue;
    if (!number || value < 0 || value > 1e6 || value != std::floor(value))
      refuse(part, "a whole number up to 1000000");
    *field = static_cast<unsigned>(value);
    return;
  }
  refuse(part, "latency, share, refresh_interval, refresh_cycles, row_bytes, banks, row_miss or stalls");
}

}  // namespace

const std::vector<std::string>& memory_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = {"ideal", "latency30"};
    for (const BoardMemory& board : kBoards) all.emplace_back(board.name);
    return all;
  }();
  return names;
}

MemoryTiming memory_timing(const std::string& text, const Configuration& chip) {
  std::size_t end = std::min(text.find(','), text.size());
  MemoryTiming t = named(text.substr(0, end), chip);
  while (end < text.size()) {
    const std::size_t start = end + 1;
    end = std::min(text.find(',', start), text.size());
    change(text.substr(start, end - start), t);
  }
  if (t.row_bytes != 0 && t.banks == 0) t.banks = 1;
  if (t.latency == 0) refuse(text, "a latency of at least 1 cycle");
  if (t.refresh_cycles != 0 && t.refresh_cycles >= t.refresh_interval)
    refuse(text, "a refresh_interval above refresh_cycles");
  t.name = text;
  return t;
}

}  // namespace luoshu
