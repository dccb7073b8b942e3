# SPDX-License-Identifier: Apache-2.0
foreach(unit utf8 pretokenizer byte_bpe sentencepiece tokenizer)
  luoshu_test(NAME tokenizer_${unit} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${unit}_test.cc LIBRARIES luoshu_tokenizer)
endforeach()
