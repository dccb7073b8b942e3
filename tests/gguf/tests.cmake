# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME gguf_test SOURCES ${CMAKE_SOURCE_DIR}/tests/gguf/gguf_test.cc LIBRARIES luoshu_gguf)
luoshu_test(NAME gguf_mutation SOURCES ${CMAKE_SOURCE_DIR}/tests/gguf/mutation_test.cc
  ${CMAKE_SOURCE_DIR}/tests/faults/tiny_model.cc LIBRARIES luoshu_runtime luoshu_model_chip)
