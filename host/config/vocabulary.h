// SPDX-License-Identifier: Apache-2.0
// The tokenizer.ggml.* arrays of a GGUF file as the tokenizer's vocabulary.
#pragma once
#include "gguf/gguf.h"
#include "tokenizer/tokenizer.h"

namespace luoshu {

// `vocab`: rows of the embedding, one for each token. Keys that a file leaves out have the values that its
// kind of tokenizer gives them. Throws InputError naming the key.
Vocabulary vocabulary_of(const gguf::File& file, std::uint32_t vocab);

}  // namespace luoshu
