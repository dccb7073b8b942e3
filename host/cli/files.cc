// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "luoshu/error.h"

namespace luoshu::cli {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char buffer[65536];
  while (in && (in.read(buffer, sizeof buffer), in.gcount() > 0))
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
  if (!in.eof() || in.bad()) throw InputError("cannot read '" + path + "'; check the path");
  return text;
}

void write_text(const std::string& text, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw InputError("cannot write '" + path + "'; check the path and the free space");
}

void write_json(const nlohmann::json& value, const std::string& path) {
  const std::string text = value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  if (path != "-") return write_text(text, path);
  std::cout << text << std::flush;
}

void write_npy(const std::vector<float>& values, std::size_t columns, const std::string& path) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(values.size() / columns) + ", " + std::to_string(columns) + "), }";
  constexpr std::size_t kPreamble = 10;
  header.append(63 - (kPreamble + header.size()) % 64, ' ');
  header += '\n';
  std::ofstream out(path, std::ios::binary);
  const char preamble[kPreamble] = {'\x93',
                                    'N',
                                    'U',
                                    'M',
                                    'P',
                                    'Y',
                                    1,
                                    0,
                                    static_cast<char>(header.size() & 255),
                                    static_cast<char>(header.size() >> 8)};
  out.write(preamble, kPreamble);
  out << header;
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  out.close();
  if (!out) throw InputError("cannot write '" + path + "'; check the path and the free space");
}

bool interrupted() {
  return interrupt_seen != 0;
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt_seen = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second Ctrl-C ends the process at once
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace luoshu::cli
