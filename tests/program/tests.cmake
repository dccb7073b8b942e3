# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME program_test
  SOURCES ${CMAKE_SOURCE_DIR}/tests/program/image_test.cc ${CMAKE_SOURCE_DIR}/tests/program/checkpoint_test.cc
  LIBRARIES luoshu_runtime luoshu_model_chip)
