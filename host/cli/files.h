// SPDX-License-Identifier: Apache-2.0
// What verbs read and write besides models: texts, JSON, NumPy arrays, stdout; and Ctrl-C.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace luoshu::cli {

// Gives the descriptors 0 to 2 that are closed something harmless, so that no file or socket of ours gets
// their numbers: reading stdin and writing stdout then fail, stderr takes everything. Call it first.
void reserve_standard_streams();

// Reads a whole file, stdin for "-"; throws InputError.
std::string read_text(const std::string& path);
// read_text for texts of people: without a UTF-8 byte order mark, lines end in \n alone.
std::string read_prose(const std::string& path);

// A file that a verb writes at its end. That it can be written is tried at once; a file that is there is
// removed, so that what an earlier run left is never taken for this one's. Until commit() what is written
// lies beside it as FILE.tmp-PID, which goes when it is not committed. Devices and pipes are written in
// place.
class OutputFile {
 public:
  OutputFile() = default;
  // Nothing for an empty path. Throws InputError, also for a GGUF file: models are not written over.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  explicit operator bool() const { return !path_.empty(); }
  // Where to write.
  const std::string& scratch() const { return scratch_; }
  // Gives the file its name. Throws Error.
  void commit();

 private:
  std::string path_, target_, scratch_;
  bool in_place_ = false;
};

// Where --json goes: a file, stdout for "-", or nowhere for an empty path.
class JsonOutput {
 public:
  explicit JsonOutput(const std::string& path)
      : stdout_(path == "-"), file_(stdout_ ? std::string() : path) {}
  explicit operator bool() const { return stdout_ || file_; }
  bool to_stdout() const { return stdout_; }
  // Throws Error when it cannot be written.
  void write(const nlohmann::json& value);

 private:
  const bool stdout_;
  OutputFile file_;
};

// Writes to stdout and flushes it; throws Error when that fails.
void write_stdout(std::string_view text);
// Throws Error when anything that went to stdout did not arrive.
void check_stdout();
// Writes a whole file. Throws Error when it cannot be written.
void write_text(const std::string& text, const std::string& path);
// Writes JSON to a file, or to stdout for "-". Throws InputError or Error when it cannot be written.
void write_json(const nlohmann::json& value, const std::string& path);
// Writes a float32 array [rows, columns] as .npy (NumPy format 1.0). Throws Error.
void write_npy(const std::vector<float>& values, std::size_t columns, const std::string& path);

// True once Ctrl-C was pressed; poll points throw InterruptedError from then on (luoshu/interrupt.h).
bool interrupted();
// Ctrl-C requests an interrupt, a second one ends the process at once; a closed pipe is an error of writing.
void catch_signals();

}  // namespace luoshu::cli
