// SPDX-License-Identifier: Apache-2.0
// Lines from a person: edited at a terminal, with a history (libedit), or read as they come from a file or a
// pipe.
#pragma once
#include <memory>
#include <optional>
#include <string>

namespace luoshu {

class LineEditor {
 public:
  // `history`: the file that keeps lines between calls, made where it is missing; empty: none. What goes
  // wrong with it does not stop anybody: the lines of this call are kept all the same.
  explicit LineEditor(const std::string& history);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // Whether a person is at the other end: stdin and stdout are terminals.
  bool interactive() const { return editor_ != nullptr; }
  // The next line without its end; nothing at the end of the input (Ctrl-D). An interrupt
  // (luoshu/interrupt.h) while it waits gives an empty line, the flag stays set.
  std::optional<std::string> read(const std::string& prompt);

 private:
  struct Editor;  // libedit's
  std::unique_ptr<Editor> editor_;
};

}  // namespace luoshu
