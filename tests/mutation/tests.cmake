# SPDX-License-Identifier: Apache-2.0
# The tool of `luoshu mutate` on a tiny module. The figures of the units take long and are no part of the tests.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND verilator_FOUND)
  add_test(NAME mutation_tool COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/mutation/mutate_test.py
    ${CMAKE_CURRENT_BINARY_DIR}/mutation_tool)
  set_tests_properties(mutation_tool PROPERTIES TIMEOUT 300)
endif()
