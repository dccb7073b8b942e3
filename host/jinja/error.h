// SPDX-License-Identifier: Apache-2.0
// What goes wrong with a template, in one line that names the construct and the line of the template.
#pragma once
#include <string>
#include <string_view>

#include "luoshu/error.h"

namespace luoshu::jinja {

// `text` as part of one line for people: no control characters, at most 300 bytes, whole characters.
std::string one_line(std::string_view text);

// The template or what it is given is bad, uses what this interpreter does not have, or goes over a limit.
class TemplateError : public InputError {
 public:
  // `line` counts from 1; 0 where the line is not known yet.
  explicit TemplateError(std::string_view what, int line = 0);
  int line() const { return line_; }
  const std::string& message() const { return message_; }  // without the line

 protected:
  TemplateError(std::string_view before, std::string_view what, int line);

 private:
  std::string message_;
  int line_;
};

// The template called raise_exception: it does not take this conversation. message() is the template's own.
class RaisedError : public TemplateError {
 public:
  explicit RaisedError(std::string_view what, int line = 0);
};

}  // namespace luoshu::jinja
