# SPDX-License-Identifier: Apache-2.0
add_executable(bad_files ${CMAKE_CURRENT_LIST_DIR}/bad_files.cc)
target_include_directories(bad_files PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(bad_files PRIVATE luoshu_gguf)
add_test(NAME bad_input_test
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/bad_input_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:bad_files>)
add_test(NAME checkpoint_cli_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/checkpoint_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
if(verilator_FOUND)
  add_test(NAME cli_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/cli_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
  set_tests_properties(cli_test PROPERTIES TIMEOUT 600)
endif()
