// SPDX-License-Identifier: Apache-2.0
// What goes wrong with a template, in one line that names the construct and the line of the template.
#pragma once
#include <string>

#include "luoshu/error.h"

namespace luoshu::jinja {

// The template or what it is given is bad, uses what this interpreter does not have, or goes over a limit.
class TemplateError : public InputError {
 public:
  // `line` counts from 1; 0 where the line is not known yet.
  explicit TemplateError(const std::string& what, int line = 0)
      : InputError(line == 0 ? what : "line " + std::to_string(line) + ": " + what),
        message_(what),
        line_(line) {}
  int line() const { return line_; }
  const std::string& message() const { return message_; }  // without the line

 private:
  std::string message_;
  int line_;
};

// The template called raise_exception: it does not take this conversation. message() is the template's own.
class RaisedError : public TemplateError {
 public:
  using TemplateError::TemplateError;
};

}  // namespace luoshu::jinja
