# SPDX-License-Identifier: Apache-2.0
# The control side of the chip. Whole chip: what a decode loop, a stop, a reset or an error leaves behind.
if(verilator_FOUND)
  luoshu_test(NAME control_chip_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/control_chip_test.cc TIMEOUT 300
    LIBRARIES luoshu_runtime luoshu_model_chip luoshu_simulated_chip ARGS --gtest_filter=*lab*)
  foreach(config nano wide)
    add_test(NAME control_chip_test_${config} COMMAND control_chip_test --gtest_filter=*${config}* WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(control_chip_test_${config} PROPERTIES TIMEOUT 300)
  endforeach()
endif()
