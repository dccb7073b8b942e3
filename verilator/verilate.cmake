# SPDX-License-Identifier: Apache-2.0
# Verilator as a step of the build. The function that comes with Verilator runs it while CMake configures, one module after the other, and
# compiles Verilator's own library anew for each.
set(luoshu_verilate_script ${CMAKE_CURRENT_LIST_DIR}/verilate.sh)

# What every verilated program needs of Verilator, compiled once: `verilated`, and `verilated_fst` for one that writes waveforms.
if(verilator_FOUND AND NOT TARGET verilated)
  set(include ${VERILATOR_ROOT}/include)
  add_library(verilated STATIC ${include}/verilated.cpp ${include}/verilated_dpi.cpp ${include}/verilated_threads.cpp)
  target_include_directories(verilated SYSTEM PUBLIC ${include} ${include}/vltstd)
  target_link_libraries(verilated PUBLIC Threads::Threads atomic)
  add_library(verilated_fst STATIC EXCLUDE_FROM_ALL ${include}/verilated_fst_c.cpp)
  target_link_libraries(verilated_fst PUBLIC verilated ZLIB::ZLIB)
  set_target_properties(verilated verilated_fst PROPERTIES POSITION_INDEPENDENT_CODE ON)
  foreach(library verilated verilated_fst)
    target_compile_options(${library} PRIVATE -w -O1)
  endforeach()
  target_compile_definitions(verilated PUBLIC VM_COVERAGE=0 VM_SC=0)
endif()

# luoshu_rtl_files(OUT list...): the files that lists of RTL name (rtl/luoshu.f), in their order.
function(luoshu_rtl_files out)
  set(files)
  foreach(list ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
    file(STRINGS ${list} lines REGEX "^rtl/")
    list(TRANSFORM lines PREPEND ${CMAKE_SOURCE_DIR}/)
    list(APPEND files ${lines})
  endforeach()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# luoshu_verilated_code(OUT folder PREFIX V<name> PARTS n SOURCES file... ARGUMENTS argument...): the code of the first module, as the
# class PREFIX, is written into `folder` when it is needed, and again when a file changes that Verilator has read. OUT gets the names of
# the C++ files: PARTS of them with what runs in every cycle, the last with the rest; with PARTS 0 one file.
function(luoshu_verilated_code out folder)
  cmake_parse_arguments(V "" "PREFIX;PARTS" "SOURCES;ARGUMENTS" ${ARGN})
  set(files ${folder}/${V_PREFIX}__Rest.cpp)
  if(V_PARTS GREATER 0)
    math(EXPR last "${V_PARTS} - 1")
    foreach(i RANGE ${last})
      list(APPEND files ${folder}/${V_PREFIX}__Part${i}.cpp)
    endforeach()
  endif()
  string(TOLOWER ${CMAKE_CXX_COMPILER_ID} compiler)
  if(NOT compiler STREQUAL clang)
    set(compiler gcc)
  endif()
  file(RELATIVE_PATH name ${CMAKE_BINARY_DIR} ${folder})
  add_custom_command(OUTPUT ${files} ${folder}/${V_PREFIX}.h
    COMMAND ${luoshu_verilate_script} ${folder} ${V_PREFIX} ${V_PARTS} ${VERILATOR_BIN} --cc --compiler ${compiler} ${V_ARGUMENTS} ${V_SOURCES}
    DEPENDS ${luoshu_verilate_script} ${V_SOURCES} DEPFILE ${folder}/${V_PREFIX}.d
    COMMENT "Verilating ${name}" VERBATIM)
  # Verilator's code is not ours: no warnings from it.
  set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS -w)
  set(${out} ${files} PARENT_SCOPE)
endfunction()
