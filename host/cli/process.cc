// SPDX-License-Identifier: Apache-2.0
#include "cli/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <thread>

#include "cli/files.h"
#include "luoshu/error.h"
#include "luoshu/interrupt.h"

namespace luoshu::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{50};

struct DestroyActions {
  void operator()(posix_spawn_file_actions_t* actions) const { posix_spawn_file_actions_destroy(actions); }
};

struct DestroyAttributes {
  void operator()(posix_spawnattr_t* attributes) const { posix_spawnattr_destroy(attributes); }
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

int run_child(const std::vector<std::string>& arguments, const ChildOptions& options) {
  posix_spawn_file_actions_t storage;
  if (posix_spawn_file_actions_init(&storage) != 0)
    throw Error("no memory for a child process; end other programs");
  const std::unique_ptr<posix_spawn_file_actions_t, DestroyActions> actions(&storage);
  posix_spawn_file_actions_addopen(&storage, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (options.show) {
    posix_spawn_file_actions_adddup2(&storage, STDERR_FILENO, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&storage, STDOUT_FILENO,
                                     options.log.empty() ? "/dev/null" : options.log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&storage, STDOUT_FILENO, STDERR_FILENO);
  }
  if (!options.folder.empty()) posix_spawn_file_actions_addchdir_np(&storage, options.folder.c_str());

  std::vector<std::string> argument_copy = arguments;
  std::vector<std::string> environment = options.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& ours : options.environment)
      replaced = replaced || ours.compare(0, name.size(), name) == 0;
    if (!replaced) environment.push_back(text);
  }
  // Signals that this program ignores are the child's own business.
  posix_spawnattr_t attribute_storage;
  if (posix_spawnattr_init(&attribute_storage) != 0)
    throw Error("no memory for a child process; end other programs");
  const std::unique_ptr<posix_spawnattr_t, DestroyAttributes> attributes(&attribute_storage);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attribute_storage, &signals);
  posix_spawnattr_setflags(&attribute_storage, POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  if (posix_spawnp(&child, arguments.at(0).c_str(), &storage, &attribute_storage,
                   pointers(argument_copy).data(), pointers(environment).data()) != 0)
    return 127;

  const auto deadline = std::chrono::steady_clock::now() + options.limit;
  int status = 0;
  const InterruptHold hold;  // the child is ended first
  for (;;) {
    poll_interrupt();
    const pid_t done = waitpid(child, &status, WNOHANG);
    if (done == child) break;
    if (done < 0 && errno != EINTR) throw Error("lost the child process '" + arguments[0] + "'; try again");
    const bool late = std::chrono::steady_clock::now() > deadline;
    if (late || interrupted()) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      if (late)
        throw TimeoutError("'" + arguments[0] + "' did not end within " +
                           std::to_string(options.limit.count()) + " s; see " + options.log);
      return 128 + SIGINT;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace luoshu::cli
