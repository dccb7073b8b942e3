# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME program_test SOURCES ${CMAKE_SOURCE_DIR}/tests/program/image_test.cc LIBRARIES luoshu_program)
