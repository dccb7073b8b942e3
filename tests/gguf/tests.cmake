# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME gguf_test SOURCES ${CMAKE_SOURCE_DIR}/tests/gguf/gguf_test.cc LIBRARIES luoshu_gguf)
