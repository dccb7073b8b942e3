// SPDX-License-Identifier: Apache-2.0
// Runs the program on a model file and looks at everything that comes out.
#pragma once
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace luoshu::testing_support {

struct Outcome {
  int code = -1;
  std::string out, err;
  std::vector<std::string> errors;  // lines of stderr that say "luoshu: error: "
};

// An empty folder that goes with the object.
class RunFolder {
 public:
  RunFolder() : path_(testing::TempDir() + "luoshu_faults_" + std::to_string(getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~RunFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& data) const {
    std::ofstream(path(name), std::ios::binary) << data;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  // luoshu with these arguments (quoted for a shell).
  Outcome run(const std::string& arguments) const {
    const std::string command =
        std::string(LUOSHU_PROGRAM) + " " + arguments + " >" + path("out") + " 2>" + path("err");
    const int status = std::system(command.c_str());  // NOLINT: the arguments are the test's own
    return finished(status);
  }
  Outcome finished(int status) const {
    Outcome run;
    if (WIFEXITED(status)) run.code = WEXITSTATUS(status);
    run.out = read("out");
    run.err = read("err");
    std::istringstream lines(run.err);
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("luoshu: error: ", 0) == 0) run.errors.push_back(line);
    }
    return run;
  }
  // Six greedy tokens behind "Once upon".
  Outcome generate(const std::string& model, const std::string& device) const {
    return run("generate --device " + device + " -m " + model + " -p 'Once upon' -n 6 --temp 0 --json -");
  }

 private:
  std::string path_;
};

// The run was refused: exit code 2, nothing on stdout, one line of error with advice that contains `part`.
inline void expect_refused(const Outcome& run, const std::string& part, const std::string& what) {
  EXPECT_EQ(run.code, 2) << what << ": " << run.out << run.err;
  EXPECT_EQ(run.out, "") << what;
  ASSERT_EQ(run.errors.size(), 1u) << what << ": " << run.err;
  EXPECT_NE(run.errors[0].find("; "), std::string::npos) << what << ", no advice: " << run.errors[0];
  EXPECT_NE(run.errors[0].find(part), std::string::npos)
      << what << ", expected '" << part << "': " << run.errors[0];
  EXPECT_EQ(run.err.substr(run.err.size() - run.errors[0].size() - 1), run.errors[0] + "\n")
      << what << ": the error is not the last line";
}

// The run gave these ids.
inline void expect_text(const Outcome& run, const std::vector<std::int32_t>& prompt,
                        const std::vector<std::int32_t>& tokens, const std::string& stop,
                        const std::string& what) {
  ASSERT_EQ(run.code, 0) << what << ": " << run.err;
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["prompt_tokens"].get<std::vector<std::int32_t>>(), prompt) << what;
  EXPECT_EQ(json["tokens"].get<std::vector<std::int32_t>>(), tokens) << what;
  EXPECT_EQ(json["stop"], stop) << what;
}

}  // namespace luoshu::testing_support
