# SPDX-License-Identifier: Apache-2.0
# `luoshu fpga` with tools of straw. Real synthesis, place and route take 25 minutes and are no part of the tests.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME fpga_build_test COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/build_test.py ${CMAKE_SOURCE_DIR}
    ${CMAKE_CURRENT_BINARY_DIR}/fpga_build_test)
endif()
