// SPDX-License-Identifier: Apache-2.0
// The command line: parses flags, runs one verb, turns errors into one line and an exit code.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <new>

#include "cli/files.h"
#include "cli/verbs.h"
#include "luoshu/error.h"

namespace {

constexpr int kFailed = 1;
constexpr int kBadInput = 2;
constexpr int kInterrupted = 130;

int report(const char* message, int code) {
  std::fflush(stdout);
  if (luoshu::cli::interrupted()) return kInterrupted;
  std::fprintf(stderr, "luoshu: error: %s\n", message);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("luoshu"));
  spdlog::set_pattern("luoshu: %^%v%$");
  luoshu::cli::catch_interrupts();
  CLI::App app("Luoshu: an open chip that runs language models, and everything around it", "luoshu");
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       std::string("luoshu ") + luoshu::cli::version() + " (" + luoshu::cli::commit() + ")");
  bool quiet = false;
  app.add_flag("-q,--quiet", quiet, "errors only on stderr");
  app.parse_complete_callback([&] {
    if (quiet) spdlog::set_level(spdlog::level::err);
  });
  app.fallthrough();
  int exit_code = 0;
  luoshu::cli::add_generate(app, exit_code);
  luoshu::cli::add_perplexity(app, exit_code);
  luoshu::cli::add_examine(app, exit_code);
  luoshu::cli::add_configs(app, exit_code);
  luoshu::cli::add_simulator(app, exit_code);
  luoshu::cli::add_soak(app, exit_code);
  luoshu::cli::add_area(app, exit_code);
  luoshu::cli::add_bench(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);  // --help, --version
  } catch (const CLI::ParseError& e) {
    return report((std::string(e.what()) + "; see luoshu --help").c_str(), kBadInput);
  } catch (const luoshu::InputError& e) {
    return report(e.what(), kBadInput);
  } catch (const luoshu::Error& e) {
    return report(e.what(), kFailed);
  } catch (const std::bad_alloc&) {
    return report("out of memory; choose a smaller model or a smaller -c", kFailed);
  } catch (const std::exception& e) {
    return report((std::string(e.what()) + "; report this with the command line").c_str(), kFailed);
  }
  return luoshu::cli::interrupted() ? kInterrupted : exit_code;
}
