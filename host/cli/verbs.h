// SPDX-License-Identifier: Apache-2.0
// The verbs of the command line. Each adds its subcommand and flags to the application; the callback runs it,
// throws luoshu::Error, and leaves an exit code other than 0 in `exit_code`.
#pragma once
#include <CLI/CLI.hpp>

namespace luoshu::cli {

void add_generate(CLI::App& app, int& exit_code);
void add_chat(CLI::App& app, int& exit_code);
void add_perplexity(CLI::App& app, int& exit_code);
void add_examine(CLI::App& app, int& exit_code);
void add_configs(CLI::App& app, int& exit_code);
void add_devices(CLI::App& app, int& exit_code);
void add_install_udev(CLI::App& app, int& exit_code);
void add_simulator(CLI::App& app, int& exit_code);
void add_soak(CLI::App& app, int& exit_code);
void add_area(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_tokenize(CLI::App& app, int& exit_code);
void add_detokenize(CLI::App& app, int& exit_code);

// What every JSON report starts with: schema, version, commit.
constexpr int kSchema = 1;
const char* version();
const char* commit();

}  // namespace luoshu::cli
