// SPDX-License-Identifier: Apache-2.0
// luoshu install-udev: the rule that lets users open boards on the USB without root.
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include "cli/files.h"
#include "cli/process.h"
#include "cli/verbs.h"
#include "luoshu/error.h"
#include "luoshu/usb_transport.h"

namespace luoshu::cli {
namespace {

constexpr std::chrono::seconds kLimit{30};
constexpr int kNotStarted = 127;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void write_rule(const std::string& path) {
  errno = 0;
  std::ofstream file(path);
  file << udev_rule() << std::flush;
  if (file) return;
  const int error = errno;
  if (error == EACCES || error == EPERM)
    throw Error("writing " + path + " needs root; run `sudo ./luoshu install-udev`");
  throw Error("cannot write " + path + ": " + std::generic_category().message(error) +
              "; is udev installed? `luoshu install-udev --print` shows the rule");
}

void run(bool print, const std::string& folder) {
  if (print) return write_stdout(udev_rule());
  const std::string path = folder + "/" + kUdevFile;
  write_rule(path);
  std::printf("wrote %s:\n%s", path.c_str(), udev_rule().c_str());
  for (const auto& command : udev_commands()) {
    ChildOptions options;
    options.limit = kLimit;
    const int status = run_child(command, options);
    if (status == kNotStarted) {
      std::printf("udevadm is not here: restart the computer, or run where udev is: %s\n",
                  joined(command).c_str());
      continue;
    }
    if (status != 0) {
      throw Error("the rule is written, but `" + joined(command) + "` ended with status " +
                  std::to_string(status) +
                  "; unplug the board and plug it in again, or restart the computer");
    }
    std::printf("ran %s\n", joined(command).c_str());
  }
  std::printf(
      "`luoshu devices` shows whether it worked; over ssh nobody sits at the computer, see "
      "docs/usb-host.md\n");
}

}  // namespace

void add_install_udev(CLI::App& app, int&) {
  auto print = std::make_shared<bool>(false);
  auto folder = std::make_shared<std::string>(kUdevFolder);
  CLI::App* verb = app.add_subcommand("install-udev", "let users open boards on the USB without root");
  verb->add_flag("--print", *print, "only show the rule");
  verb->add_option("--folder", *folder, "where rules are kept")->capture_default_str();
  verb->callback([print, folder] { run(*print, *folder); });
}

}  // namespace luoshu::cli
