// SPDX-License-Identifier: Apache-2.0
// What verbs read and write besides models: texts, JSON, NumPy arrays; and Ctrl-C.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace luoshu::cli {

// Reads a whole text file; throws InputError.
std::string read_text(const std::string& path);
// Writes a whole file. Throws InputError when it cannot be written.
void write_text(const std::string& text, const std::string& path);
// Writes JSON to a file, or to stdout for "-". Throws InputError when the file cannot be written.
void write_json(const nlohmann::json& value, const std::string& path);
// Writes a float32 array [rows, columns] as .npy (NumPy format 1.0). Throws InputError.
void write_npy(const std::vector<float>& values, std::size_t columns, const std::string& path);
// True once Ctrl-C was pressed; verbs finish the current token and exit with 130.
bool interrupted();
void catch_interrupts();

}  // namespace luoshu::cli
