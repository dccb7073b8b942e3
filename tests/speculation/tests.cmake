# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME speculation_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/speculation_test.cc LIBRARIES luoshu_runtime luoshu_model_chip)
target_compile_definitions(speculation_test PRIVATE LUOSHU_SOURCE_ROOT="${CMAKE_SOURCE_DIR}")
if(verilator_FOUND)
  luoshu_test(NAME speculation_chip_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/speculation_chip_test.cc TIMEOUT 600
    LIBRARIES luoshu_runtime luoshu_simulated_chip)
  target_compile_definitions(speculation_chip_test PRIVATE LUOSHU_SOURCE_ROOT="${CMAKE_SOURCE_DIR}")
endif()
