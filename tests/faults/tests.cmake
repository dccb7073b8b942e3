# SPDX-License-Identifier: Apache-2.0
# The program on files that are unusual in one way each, and on files that change under it.
luoshu_test(NAME faults_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/faults_test.cc ${CMAKE_CURRENT_LIST_DIR}/shrink_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/tiny_model.cc TIMEOUT 600 LIBRARIES luoshu_runtime luoshu_model_chip nlohmann_json::nlohmann_json)
target_compile_definitions(faults_test PRIVATE LUOSHU_SOURCE_ROOT="${CMAKE_SOURCE_DIR}" LUOSHU_PROGRAM="$<TARGET_FILE:luoshu_checked>")
add_dependencies(faults_test luoshu_checked)
