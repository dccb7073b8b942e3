// SPDX-License-Identifier: Apache-2.0
#include "chat/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>
#include <filesystem>
#include <iostream>

#include "luoshu/interrupt.h"

namespace luoshu {

struct LineEditor::Editor {
  struct EndHistory {
    void operator()(History* history) const { history_end(history); }
  };
  struct EndLine {
    void operator()(EditLine* line) const { el_end(line); }
  };

  explicit Editor(const std::string& file) : history_file(file) {
    std::setlocale(LC_CTYPE, "");  // characters of more than one byte, as the terminal has them
    history.reset(history_init());
    HistEvent event;
    ::history(history.get(), &event, H_SETSIZE, 1000);
    ::history(history.get(), &event, H_SETUNIQUE, 1);
    if (!file.empty()) ::history(history.get(), &event, H_LOAD, file.c_str());
    line.reset(el_init("luoshu", stdin, stdout, stderr));
    el_set(line.get(), EL_CLIENTDATA, this);
    el_set(line.get(), EL_PROMPT, &Editor::prompt_of);
    el_set(line.get(), EL_EDITOR, "emacs");
    el_set(line.get(), EL_HIST, ::history, history.get());
    el_set(line.get(), EL_GETCFN, &Editor::get_character);
  }
  ~Editor() {
    if (history_file.empty()) return;
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(history_file).parent_path(), ignored);
    HistEvent event;
    ::history(history.get(), &event, H_SAVE, history_file.c_str());
  }

  static char* prompt_of(EditLine* line) {
    Editor* self = nullptr;
    el_get(line, EL_CLIENTDATA, &self);
    return self->prompt.data();
  }
  // One character; -1 when a signal asks to stop, which libedit's own reader does not tell.
  static int get_character(EditLine*, wchar_t* out) {
    std::mbstate_t state{};
    for (;;) {
      // A signal may come right before the wait, which it then does not end.
      pollfd wait{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&wait, 1, 100);
      if (interrupt_requested()) return -1;
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      char byte = 0;
      const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
      if (n == 0) return 0;
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return -1;
      const std::size_t used = std::mbrtowc(out, &byte, 1, &state);
      if (used == static_cast<std::size_t>(-2)) continue;  // more bytes to come
      if (used == static_cast<std::size_t>(-1)) {          // no character
        state = {};
        *out = L'?';
      }
      return 1;
    }
  }

  std::string history_file, prompt;
  std::unique_ptr<History, EndHistory> history;
  std::unique_ptr<EditLine, EndLine> line;
};

LineEditor::LineEditor(const std::string& history) {
  if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) editor_ = std::make_unique<Editor>(history);
}

LineEditor::~LineEditor() = default;

std::optional<std::string> LineEditor::read(const std::string& prompt) {
  std::string text;
  if (!editor_) {
    if (!std::getline(std::cin, text)) return std::nullopt;
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
  }
  editor_->prompt = prompt;
  int length = 0;
  const char* line = el_gets(editor_->line.get(), &length);
  if (interrupt_requested()) {
    el_set(editor_->line.get(), EL_PREP_TERM, 0);
    std::fputs("\n", stdout);
    std::fflush(stdout);
    return std::string();
  }
  if (line == nullptr || length <= 0) return std::nullopt;
  text.assign(line, static_cast<std::size_t>(length));
  if (text.back() == '\n') text.pop_back();
  HistEvent event;
  if (!text.empty()) ::history(editor_->history.get(), &event, H_ENTER, text.c_str());
  return text;
}

}  // namespace luoshu
