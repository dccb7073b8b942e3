// SPDX-License-Identifier: Apache-2.0
// Model files and checkpoints are mapped into memory. Where one is truncated meanwhile, the system has no
// page to give and raises SIGBUS: here it becomes the one line that every error is.
#pragma once

namespace luoshu {

// From now on a SIGBUS at a page of a mapped file writes "luoshu: error: ..." with the file's name to stderr
// and ends the process with code 1, without destructors; any other SIGBUS does what it did. For main(), once;
// libraries do not call it. What was cut off within one page reads as zeros and raises nothing: see
// gguf::File::check_unchanged().
void guard_mapped_files();

}  // namespace luoshu
