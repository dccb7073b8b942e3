// SPDX-License-Identifier: Apache-2.0
// Writes the SystemVerilog package, the C header and the document table from definitions.json.
// usage: generate_defs definitions.json OUT.sv OUT.h OUT.md
#include <cstdint>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

namespace {
using nlohmann::json;

// "KvHeads" -> "KV_HEADS": the C spelling of a name.
std::string upper(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (i > 0 && c >= 'A' && c <= 'Z') out += '_';
    out += (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

const char kNote[] = "Generated from driver/defs/definitions.json by generate_defs; do not edit.";

// The lists of plain name = value pairs: JSON key, prefix in SystemVerilog, prefix in C, heading.
const char* const kLists[][4] = {{"constants", "", "LUOSHU_", "Constants"},
                                 {"modes", "Mode", "LUOSHU_MODE_", "Weight modes"},
                                 {"opcodes", "Op", "LUOSHU_OP_", "Opcodes"},
                                 {"messages", "Msg", "LUOSHU_MSG_", "Messages, host to firmware (word 0)"},
                                 {"events", "Evt", "LUOSHU_EVT_", "Events, firmware to host (word 0)"},
                                 {"errors", "Err", "LUOSHU_ERR_", "Error codes"}};

void write_package(const json& d, std::ostream& o) {
  o << "// SPDX-License-Identifier: Apache-2.0\n// " << kNote
    << "\n`default_nettype none\npackage luoshu_defs_pkg;\n";
  for (const auto& list : kLists) {
    for (const auto& e : d[list[0]]) {
      o << "  localparam logic [31:0] " << list[1] << e["name"].get<std::string>() << " = 32'd"
        << e["value"].get<std::uint32_t>() << ";\n";
    }
  }
  o << "  // command fields: first bit and width in the 256-bit command\n";
  for (const auto& f : d["fields"]) {
    const std::string name = "Cmd" + f["op"].get<std::string>() + f["name"].get<std::string>();
    o << "  localparam int " << name << "Lsb = " << f["word"].get<int>() * 32 + f["lsb"].get<int>() << ";\n"
      << "  localparam int " << name << "Bits = " << f["bits"].get<int>() << ";\n";
  }
  o << "  // register byte offsets from RegBase\n";
  for (const auto& r : d["registers"]) {
    o << "  localparam logic [15:0] Reg" << r["name"].get<std::string>() << " = 16'd"
      << r["offset"].get<int>() << ";\n";
  }
  o << "endpackage\n`default_nettype wire\n";
}

void write_header(const json& d, std::ostream& o) {
  o << "/* SPDX-License-Identifier: Apache-2.0 */\n/* " << kNote
    << " C and C++. */\n#ifndef LUOSHU_DEFS_H\n#define LUOSHU_DEFS_H\n";
  for (const auto& list : kLists) {
    for (const auto& e : d[list[0]]) {
      o << "#define " << list[2] << upper(e["name"]) << " " << e["value"].get<std::uint32_t>() << "u /* "
        << e["doc"].get<std::string>() << " */\n";
    }
  }
  o << "/* command fields: word, first bit, width */\n";
  for (const auto& f : d["fields"]) {
    const std::string op = f["op"].get<std::string>();
    const std::string name = "LUOSHU_CMD_" + (op.empty() ? "" : upper(op) + "_") + upper(f["name"]);
    o << "#define " << name << " " << f["word"].get<int>() << ", " << f["lsb"].get<int>() << ", "
      << f["bits"].get<int>() << "\n";
  }
  o << "/* register byte offsets from LUOSHU_REG_BASE */\n";
  for (const auto& r : d["registers"]) {
    o << "#define LUOSHU_REG_" << upper(r["name"]) << " " << r["offset"].get<int>() << "u /* "
      << r["doc"].get<std::string>() << " */\n";
  }
  o << "/* X(name";
  for (const auto& f : d["configuration_fields"]) o << ", " << f["name"].get<std::string>();
  o << ") for each named configuration */\n#define LUOSHU_CONFIGURATIONS(X)";
  for (const auto& c : d["configurations"]) {
    o << " \\\n  X(" << c["name"].get<std::string>();
    for (const auto& v : c["values"]) o << ", " << v.get<std::uint64_t>() << "u";
    o << ")";
  }
  o << "\n#endif\n";
}

// One column for each configuration.
void write_configurations(const json& d, std::ostream& o) {
  o << "\n## Configurations\n\n|";
  for (const auto& c : d["configurations"]) o << " | " << c["name"].get<std::string>();
  o << " | meaning |\n|---|";
  for (std::size_t i = 0; i < d["configurations"].size(); ++i) o << "---|";
  o << "---|\n";
  for (std::size_t i = 0; i < d["configuration_fields"].size(); ++i) {
    const auto& f = d["configuration_fields"][i];
    o << "| " << f["name"].get<std::string>();
    for (const auto& c : d["configurations"]) o << " | " << c["values"].at(i).get<std::uint64_t>();
    o << " | " << f["doc"].get<std::string>() << " |\n";
  }
}

void write_document(const json& d, std::ostream& o) {
  o << "# Registers, commands and messages\n\n" << kNote << "\n";
  write_configurations(d, o);
  for (const auto& list : kLists) {
    o << "\n## " << list[3] << "\n\n| name | value | meaning |\n|---|---|---|\n";
    for (const auto& e : d[list[0]]) {
      o << "| " << e["name"].get<std::string>() << " | " << e["value"].get<std::uint32_t>() << " | "
        << (e.contains("queues") ? "(" + e["queues"].get<std::string>() + ") " : "")
        << e["doc"].get<std::string>() << " |\n";
    }
  }
  o << "\n## Command fields (eight little-endian words)\n\n| command | field | word | bits | meaning "
       "|\n|---|---|---|---|---|\n";
  for (const auto& f : d["fields"]) {
    const int lsb = f["lsb"];
    const int bits = f["bits"];
    o << "| " << (f["op"].get<std::string>().empty() ? "all" : f["op"].get<std::string>()) << " | "
      << f["name"].get<std::string>() << " | " << f["word"].get<int>() << " | " << lsb + bits - 1 << ":"
      << lsb << " | " << f["doc"].get<std::string>() << " |\n";
  }
  o << "\n## Registers (byte offset from RegBase)\n\n| register | offset | access | words | meaning "
       "|\n|---|---|---|---|---|\n";
  for (const auto& r : d["registers"]) {
    o << "| " << r["name"].get<std::string>() << " | " << r["offset"].get<int>() << " | "
      << r["access"].get<std::string>() << " | " << r.value("count", 1) << " | "
      << r["doc"].get<std::string>() << " |\n";
  }
}
}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::cerr << "usage: generate_defs definitions.json OUT.sv OUT.h OUT.md\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  const json d = json::parse(in);
  std::ofstream package(argv[2]);
  write_package(d, package);
  std::ofstream header(argv[3]);
  write_header(d, header);
  std::ofstream document(argv[4]);
  write_document(d, document);
  return package && header && document ? 0 : 1;
} catch (const std::exception& e) {
  std::cerr << "luoshu: error: " << e.what() << "; check definitions.json\n";
  return 1;
}
