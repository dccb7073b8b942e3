# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME memory_test SOURCES ${CMAKE_SOURCE_DIR}/tests/memory/memory_test.cc LIBRARIES luoshu_memory)
