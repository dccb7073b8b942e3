// SPDX-License-Identifier: Apache-2.0
// The tokenizer.ggml.* arrays of a GGUF file as the tokenizer's vocabulary.
#pragma once
#include "gguf/gguf.h"
#include "tokenizer/tokenizer.h"

namespace luoshu {

// `vocab`: rows of the embedding, which the tokens must not exceed. Throws InputError naming the key.
Vocabulary vocabulary_of(const gguf::File& file, std::uint32_t vocab);

}  // namespace luoshu
