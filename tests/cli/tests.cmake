# SPDX-License-Identifier: Apache-2.0
add_executable(bad_files ${CMAKE_CURRENT_LIST_DIR}/bad_files.cc)
target_include_directories(bad_files PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(bad_files PRIVATE luoshu_gguf)
add_test(NAME bad_input_test
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/bad_input_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:bad_files>)
add_test(NAME cli_flags_test
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/flags_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:bad_files>)
add_test(NAME cli_tokenize_test
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/tokenize_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:bad_files>)
add_test(NAME cli_output_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/output_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
add_test(NAME cli_interrupt_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/interrupt_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR} model)
add_test(NAME launcher_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/launcher_test.sh ${CMAKE_SOURCE_DIR} $<TARGET_FILE:luoshu>)
add_test(NAME help_fresh COMMAND ${CMAKE_CURRENT_LIST_DIR}/help_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
add_test(NAME checkpoint_cli_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/checkpoint_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME cli_slow_reader COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/slow_reader.py $<TARGET_FILE:luoshu_checked>)
  set_tests_properties(cli_slow_reader PROPERTIES ENVIRONMENT LUOSHU_ROOT=${CMAKE_SOURCE_DIR} TIMEOUT 120)
endif()
if(verilator_FOUND)
  add_test(NAME cli_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/cli_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
  add_test(NAME cli_interrupt_sim_test
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/interrupt_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR} sim)
  set_tests_properties(cli_test cli_interrupt_sim_test PROPERTIES TIMEOUT 600)
endif()
