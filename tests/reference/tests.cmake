# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME reference_test SOURCES ${CMAKE_SOURCE_DIR}/tests/reference/reference_test.cc
  LIBRARIES luoshu_runtime luoshu_model_chip nlohmann_json::nlohmann_json)
target_compile_definitions(reference_test PRIVATE LUOSHU_SOURCE_ROOT="${CMAKE_SOURCE_DIR}")
