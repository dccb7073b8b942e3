# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME serial_test SOURCES ${CMAKE_SOURCE_DIR}/tests/serial/serial_test.cc LIBRARIES luoshu_driver util)
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND verilator_FOUND)
  add_test(NAME serial_cli_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/serial_cli_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
  set_tests_properties(serial_cli_test PROPERTIES TIMEOUT 600)
endif()
