// SPDX-License-Identifier: Apache-2.0
#include "bench/table.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace luoshu::bench {
namespace {

using nlohmann::json;

double ratio(double a, double b) {
  return b == 0 ? 0.0 : a / b;
}
double ratio(std::uint64_t a, std::uint64_t b) {
  return ratio(static_cast<double>(a), static_cast<double>(b));
}

json unit_json(const ChipCounters::Unit& u) {
  return {{"busy", u.busy}, {"memory_stall", u.memory_stall}, {"dependency_stall", u.dependency_stall}};
}

// One column of the tables.
struct Column {
  const char* name;
  bool number;
  std::string (*text)(const json& row);
};

std::string percent(const json& share) {
  return fmt::format("{:.1f}", 100 * share.get<double>());
}

// A unit's busy cycles in per cent of all; attention alone counts only the attention unit's.
std::string busy(const json& row, const char* unit) {
  if (row["test"].get<std::string>().compare(0, 2, "at") == 0) return "-";
  return fmt::format("{:.1f}", 100 * ratio(row["units"][unit]["busy"].get<std::uint64_t>(),
                                           row["cycles"].get<std::uint64_t>()));
}

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"model", false, [](const json& r) { return r["model"].get<std::string>(); }},
      {"type", false, [](const json& r) { return r["type"].get<std::string>(); }},
      {"config", false, [](const json& r) { return r["config"].get<std::string>(); }},
      {"memory", false, [](const json& r) { return r["memory"].get<std::string>(); }},
      {"test", false, [](const json& r) { return r["test"].get<std::string>(); }},
      {"batch", true, [](const json& r) { return r["batch"].dump(); }},
      {"cycles/pass", true,
       [](const json& r) { return fmt::format("{:.0f}", r["cycles_per_pass"].get<double>()); }},
      {"t/s at clock", true,
       [](const json& r) {
         return fmt::format("{:.2f} at {:g} MHz", r["tokens_per_s"].get<double>(),
                            r["clock_hz"].get<double>() / 1e6);
       }},
      {"MB/pass", true,
       [](const json& r) {
         std::uint64_t bytes = 0;
         for (const json& part : r["bytes"]) bytes += part.get<std::uint64_t>();
         return fmt::format("{:.3f}", ratio(bytes, r["passes"].get<std::uint64_t>()) / 1e6);
       }},
      {"roofline %", true, [](const json& r) { return percent(r["roofline_share"]); }},
      {"MACs %", true, [](const json& r) { return percent(r["mac_share"]); }},
      {"attention %", true, [](const json& r) { return percent(r["attention"]["share"]); }},
      {"array busy %", true, [](const json& r) { return busy(r, "array"); }},
      {"attention busy %", true, [](const json& r) { return busy(r, "attention"); }},
      {"vector busy %", true, [](const json& r) { return busy(r, "vector"); }},
      {"sim kcycle/s", true,
       [](const json& r) { return fmt::format("{:.0f}", r["sim_kcycles_per_s"].get<double>()); }},
      {"t/s here", true,
       [](const json& r) { return fmt::format("{:.2f}", r["wall_tokens_per_s"].get<double>()); }},
      {"label", false,
       [](const json& r) {
         auto label = r["label"].get<std::string>();
         if (r["stop"] == "interrupted") return label + ", interrupted";
         if (!r["extrapolated"].get<bool>()) return label;
         return label + fmt::format(", extrapolated from {} and {} layers", r["extrapolated_from"][0].dump(),
                                    r["extrapolated_from"][1].dump());
       }},
  };
  return all;
}

// A CSV field; quoted where it must be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// "a.b.c" of nested objects as flat columns.
void flatten(const json& value, const std::string& name,
             std::vector<std::pair<std::string, std::string>>& out) {
  if (!value.is_object()) {
    out.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    return;
  }
  for (const auto& item : value.items())
    flatten(item.value(), name.empty() ? item.key() : name + "." + item.key(), out);
}

}  // namespace

json as_json(const Setting& s, const Measurement& m, const Capabilities& chip) {
  const std::uint64_t multipliers = std::uint64_t{chip.lanes} * chip.columns;
  const ChipCounters& c = m.counters;
  const double seconds = ratio(static_cast<double>(m.cycles), static_cast<double>(s.clock_hz));
  const auto tokens = static_cast<double>(m.tokens);
  const bool whole = m.from_layers == 0;
  return {{"schema", s.schema},
          {"version", s.version},
          {"commit", s.commit},
          {"date", s.date},
          {"machine", s.machine},
          {"model", s.model},
          {"type", s.type},
          {"device", s.device},
          {"config", s.config},
          {"memory", s.memory},
          {"test", m.test.name()},
          {"batch", m.batch},
          {"clock_hz", s.clock_hz},
          {"cycles", m.cycles},
          {"passes", m.passes},
          {"cycles_per_pass", ratio(m.cycles, m.passes)},
          {"tokens", m.tokens},
          {"tokens_per_s", ratio(tokens, seconds)},
          {"bytes",
           {{"weights_read", c.weights_read},
            {"kv_read", c.kv_read},
            {"kv_written", c.kv_written},
            {"other", c.other}}},
          {"least_bytes", m.work.bytes},
          {"macs", m.work.macs},
          {"roofline_cycles", m.roofline_cycles},
          {"roofline_share", ratio(m.roofline_cycles, m.cycles)},
          {"mac_share", ratio(m.work.macs, multipliers * m.cycles)},
          {"attention",
           {{"cycles", c.attention.busy},
            {"bound_cycles", m.attention_bound},
            {"share", ratio(m.attention_bound, c.attention.busy)}}},
          {"units",
           {{"array", unit_json(c.array)},
            {"attention", unit_json(c.attention)},
            {"vector", unit_json(c.vector)},
            {"control", unit_json(c.control)}}},
          {"sim_kcycles_per_s", whole ? ratio(static_cast<double>(m.cycles) / 1000, m.wall_seconds) : 0.0},
          {"wall_s", m.wall_seconds},
          {"wall_tokens_per_s", whole ? ratio(tokens, m.wall_seconds) : 0.0},
          {"host_us_per_token", whole ? ratio(m.host_seconds * 1e6, tokens) : 0.0},
          {"extrapolated", m.from_layers != 0},
          {"extrapolated_from", m.from_layers == 0 ? json::array() : json{m.from_layers, m.to_layers}},
          {"load_s", m.load_seconds},
          {"stop", m.interrupted ? "interrupted" : "end"},
          {"label", s.label}};
}

std::string markdown(const json& rows) {
  std::vector<std::vector<std::string>> cells(columns().size());
  for (std::size_t c = 0; c < columns().size(); ++c) {
    cells[c].emplace_back(columns()[c].name);
    for (const json& row : rows) cells[c].push_back(columns()[c].text(row));
  }
  std::string out;
  for (std::size_t r = 0; r <= rows.size(); ++r) {
    std::string rule = "|";
    out += '|';
    for (std::size_t c = 0; c < cells.size(); ++c) {
      std::size_t width = 3;
      for (const std::string& cell : cells[c]) width = std::max(width, cell.size());
      const bool right = columns()[c].number;
      const std::string space(width - cells[c][r].size(), ' ');
      out += ' ' + (right ? space + cells[c][r] : cells[c][r] + space) + " |";
      rule += ' ' + std::string(width - (right ? 1 : 0), '-') + (right ? ": |" : " |");
    }
    out += '\n';
    if (r == 0) out += rule + '\n';
  }
  return out;
}

std::string csv(const json& rows) {
  std::string out;
  for (const json& row : rows) {
    std::vector<std::pair<std::string, std::string>> fields;
    flatten(row, "", fields);
    std::string names;
    std::string values;
    for (const auto& [name, value] : fields) {
      names += (names.empty() ? "" : ",") + field(name);
      values += (values.empty() ? "" : ",") + field(value);
    }
    if (out.empty()) out = names + '\n';
    out += values + '\n';
  }
  return out;
}

}  // namespace luoshu::bench
