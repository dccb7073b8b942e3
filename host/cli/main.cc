// SPDX-License-Identifier: Apache-2.0
// The command line: parses flags, runs one verb, turns errors into one line and an exit code.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "cli/files.h"
#include "cli/verbs.h"
#include "gguf/file_guard.h"
#include "luoshu/error.h"
#include "luoshu/interrupt.h"

namespace {

constexpr int kFailed = 1;
constexpr int kBadInput = 2;
constexpr int kInterrupted = 130;

// The arguments with "--name=" as two, because CLI11 would take what follows as the value; "help" first means
// --help.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> all;
  bool flags = true;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    flags = flags && argument != "--";
    const bool empty_value = flags && argument.size() > 3 && argument.compare(0, 2, "--") == 0 &&
                             argument.find('=') == argument.size() - 1;
    if (empty_value) argument.pop_back();
    all.push_back(std::move(argument));
    if (empty_value) all.emplace_back();
  }
  if (!all.empty() && all.front() == "help") {
    all.erase(all.begin());
    all.emplace_back("--help");
  }
  return all;
}

// A first word that is no verb is named, with the verbs that there are.
void check_verb(const CLI::App& app, const std::vector<std::string>& arguments) {
  const auto first = std::find_if(arguments.begin(), arguments.end(),
                                  [](const std::string& a) { return a != "-q" && a != "--quiet"; });
  if (first == arguments.end() || (!first->empty() && first->front() == '-')) return;
  std::string verbs;
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (verb->get_name() == *first) return;
    verbs += (verbs.empty() ? "" : ", ") + verb->get_name();
  }
  throw luoshu::InputError("unknown verb '" + *first + "'; the verbs are " + verbs + ", see luoshu --help");
}

// An empty text is a value only where it can mean something: a prompt.
void check_empty_values(const CLI::App& app) {
  for (const CLI::App* verb : app.get_subcommands()) {
    for (const CLI::Option* option : verb->get_options()) {
      const std::vector<std::string>& values = option->results();
      if (option->count() == 0 || option->get_expected_min() == 0 || option->check_lname("prompt")) continue;
      if (std::find(values.begin(), values.end(), "") != values.end())
        throw luoshu::InputError(option->get_name() + " is empty; give a value or leave the flag out");
    }
  }
}

int report(const char* message, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "luoshu: error: %s\n", message);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  luoshu::cli::reserve_standard_streams();
  spdlog::set_default_logger(spdlog::stderr_color_mt("luoshu"));
  spdlog::set_pattern("luoshu: %^%v%$");
  luoshu::cli::catch_signals();
  luoshu::guard_mapped_files();
  CLI::App app("Luoshu: an open chip that runs language models, and everything around it", "luoshu");
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       std::string("luoshu ") + luoshu::cli::version() + " (" + luoshu::cli::commit() + ")");
  bool quiet = false;
  app.add_flag("-q,--quiet", quiet, "errors only on stderr");
  app.parse_complete_callback([&] {
    if (quiet) spdlog::set_level(spdlog::level::err);
    check_empty_values(app);
  });
  app.fallthrough();
  int exit_code = 0;
  luoshu::cli::add_generate(app, exit_code);
  luoshu::cli::add_chat(app, exit_code);
  luoshu::cli::add_perplexity(app, exit_code);
  luoshu::cli::add_tokenize(app, exit_code);
  luoshu::cli::add_detokenize(app, exit_code);
  luoshu::cli::add_examine(app, exit_code);
  luoshu::cli::add_configs(app, exit_code);
  luoshu::cli::add_devices(app, exit_code);
  luoshu::cli::add_install_udev(app, exit_code);
  luoshu::cli::add_simulator(app, exit_code);
  luoshu::cli::add_soak(app, exit_code);
  luoshu::cli::add_area(app, exit_code);
  luoshu::cli::add_bench(app, exit_code);
  try {
    std::vector<std::string> given = arguments(argc, argv);
    check_verb(app, given);
    std::reverse(given.begin(), given.end());  // as CLI11 wants them
    try {
      app.parse(std::move(given));
    } catch (const CLI::Success& e) {
      app.exit(e);  // --help, --version
    }
    luoshu::cli::check_stdout();
  } catch (const CLI::ParseError& e) {
    return report((std::string(e.what()) + "; see luoshu --help").c_str(), kBadInput);
  } catch (const luoshu::InterruptedError&) {
    std::fputs("luoshu: interrupted\n", stderr);
    return kInterrupted;
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
