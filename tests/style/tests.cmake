# SPDX-License-Identifier: Apache-2.0
# C++ as .clang-format and .clang-tidy want it. Generated files are left out.
find_program(CLANG_FORMAT clang-format)
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy run-clang-tidy-14)
set(style_files)
foreach(folder driver firmware host models tests verilator)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc ${CMAKE_SOURCE_DIR}/${folder}/*.h
    ${CMAKE_SOURCE_DIR}/${folder}/*.c)
  list(APPEND style_files ${found})
endforeach()
list(REMOVE_ITEM style_files ${CMAKE_SOURCE_DIR}/driver/include/luoshu/defs.h ${CMAKE_SOURCE_DIR}/models/numerics/tables.h)
if(CLANG_FORMAT)
  add_test(NAME clang_format COMMAND ${CLANG_FORMAT} --dry-run -Werror ${style_files})
endif()
if(RUN_CLANG_TIDY)
  add_test(NAME clang_tidy COMMAND ${RUN_CLANG_TIDY} -quiet -p ${CMAKE_BINARY_DIR} -j 2
    # Not the board simulation, which includes verilated code that is there only once a board was asked for.
    "^${CMAKE_SOURCE_DIR}/(driver|host|models|verilator)/(?!board_simulation)")
  set_tests_properties(clang_tidy PROPERTIES TIMEOUT 900 PROCESSORS 2)
endif()
add_test(NAME rtl_lines COMMAND ${CMAKE_CURRENT_LIST_DIR}/rtl_lines.sh ${CMAKE_SOURCE_DIR}/rtl ${CMAKE_SOURCE_DIR}/tests
  ${CMAKE_SOURCE_DIR}/fpga)
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME rtl_readme_fresh COMMAND sh -c "'${Python3_EXECUTABLE}' tests/style/rtl_readme.py . | diff -u rtl/README.md - ||
    { echo 'rtl/README.md is not what the headers say: tests/style/rtl_readme.py . >rtl/README.md' >&2; exit 1; }"
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  # What documents name in back-ticks exists, their links lead somewhere; and the check finds what does not.
  add_test(NAME docs_names COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/docs_names.py ${CMAKE_SOURCE_DIR})
  add_test(NAME docs_names_test COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/docs_names_test.py
    ${CMAKE_CURRENT_BINARY_DIR}/docs_names_test)
endif()
