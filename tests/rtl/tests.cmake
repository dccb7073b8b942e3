# SPDX-License-Identifier: Apache-2.0
# The whole RTL in three tools: Verilator's lint per configuration, elaboration in Yosys and in Icarus; fresh tables.
include(${CMAKE_SOURCE_DIR}/verilator/configurations.cmake)
luoshu_rtl_files(chip_rtl ${CMAKE_SOURCE_DIR}/rtl/luoshu.f)
set(chip_include -I${CMAKE_SOURCE_DIR}/rtl/prim)
find_program(VERILATOR_PROGRAM verilator)
find_program(YOSYS yosys)
find_program(IVERILOG iverilog)
luoshu_configuration_count(last_configuration)
foreach(index RANGE ${last_configuration})
  luoshu_configuration_values(${index} name lanes parameters)
  if(VERILATOR_PROGRAM)
    list(TRANSFORM parameters PREPEND -G OUTPUT_VARIABLE lint_parameters)
    add_test(NAME lint_${name} COMMAND ${VERILATOR_PROGRAM} --lint-only -Wall ${chip_include} ${lint_parameters} --top-module luoshu
      ${CMAKE_SOURCE_DIR}/rtl/lint.vlt ${chip_rtl})
  endif()
  if(YOSYS)
    string(REPLACE ";" " " files "${chip_rtl}")
    set(chparams)
    foreach(parameter ${parameters})
      string(REPLACE "=" " " pair ${parameter})
      string(APPEND chparams " -chparam ${pair}")
    endforeach()
    add_test(NAME yosys_${name} COMMAND ${YOSYS} -q -p
      "read_verilog -sv ${chip_include} ${files}; hierarchy -check -top luoshu${chparams}; proc; check -assert")
    set_tests_properties(yosys_${name} PROPERTIES TIMEOUT 600)
  endif()
  if(IVERILOG)
    list(TRANSFORM parameters PREPEND -Pluoshu. OUTPUT_VARIABLE icarus_parameters)
    add_test(NAME icarus_${name} COMMAND ${IVERILOG} -g2012 ${chip_include} -s luoshu ${icarus_parameters} -t null ${chip_rtl})
  endif()
endforeach()

# The lists name every file of rtl/, each once.
add_test(NAME rtl_lists COMMAND ${CMAKE_CURRENT_LIST_DIR}/rtl_lists.sh ${CMAKE_SOURCE_DIR})

# Illegal parameters of the chip end with a message.
if(IVERILOG)
  add_test(NAME parameters_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/parameters_test.sh ${CMAKE_CURRENT_BINARY_DIR}/parameters_test)
  set_tests_properties(parameters_test PROPERTIES TIMEOUT 300)
  add_test(NAME area_test COMMAND ${CMAKE_CURRENT_LIST_DIR}/area_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR}
    ${CMAKE_CURRENT_BINARY_DIR}/area_test)
endif()

add_executable(generate_tables ${CMAKE_SOURCE_DIR}/models/numerics/generate_tables.cc)
target_link_libraries(generate_tables PRIVATE luoshu_warnings)
add_test(NAME tables_fresh COMMAND sh -c "./generate_tables fresh_tables.sv fresh_tables.h &&
  cmp fresh_tables.sv ${CMAKE_SOURCE_DIR}/rtl/luoshu_tables_pkg.sv && cmp fresh_tables.h ${CMAKE_SOURCE_DIR}/models/numerics/tables.h"
  WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
