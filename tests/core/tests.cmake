# SPDX-License-Identifier: Apache-2.0
set(core_rtl ctrl/core/luoshu_core.sv ctrl/core/luoshu_core_decode.sv ctrl/core/luoshu_core_alu.sv
  ctrl/core/luoshu_core_align.sv ctrl/core/luoshu_core_csr.sv ctrl/core/luoshu_core_regs.sv prim/luoshu_ram_1r1w.sv prim/luoshu_add_sub.sv)
set(core_tests core_bench.cc random_program.cc core_directed_test.cc core_lockstep_test.cc core_checker_test.cc)
list(TRANSFORM core_tests PREPEND ${CMAKE_SOURCE_DIR}/tests/core/)
luoshu_rtl_test(NAME core_test TOP luoshu_core RTL ${core_rtl} SOURCES ${core_tests}
  LIBRARIES luoshu_iss)
# The core of small configurations, with the same tests.
set(core_serial_rtl ctrl/core/luoshu_core_serial.sv ctrl/core/luoshu_core_decode.sv prim/luoshu_ram_small.sv)
luoshu_rtl_test(NAME core_serial_test TOP luoshu_core_serial PREFIX Vluoshu_core RTL ${core_serial_rtl} SOURCES ${core_tests}
  LIBRARIES luoshu_iss DEFINITIONS LUOSHU_CORE_SERIAL)

# A second simulator reads the same RTL and runs a short program on it.
find_program(IVERILOG iverilog)
find_program(VVP vvp)
if(IVERILOG AND VVP)
  list(TRANSFORM core_rtl PREPEND ${CMAKE_SOURCE_DIR}/rtl/ OUTPUT_VARIABLE core_rtl_paths)
  set(core_smoke ${CMAKE_CURRENT_BINARY_DIR}/core_smoke.vvp)
  add_custom_command(OUTPUT ${core_smoke} DEPENDS ${core_rtl_paths} ${CMAKE_SOURCE_DIR}/tests/core/core_smoke_tb.sv
    COMMAND ${IVERILOG} -g2012 -I${CMAKE_SOURCE_DIR}/rtl/prim -s core_smoke_tb -o ${core_smoke}
            ${CMAKE_SOURCE_DIR}/tests/core/core_smoke_tb.sv ${core_rtl_paths} VERBATIM)
  add_custom_target(core_smoke ALL DEPENDS ${core_smoke})
  add_test(NAME core_smoke COMMAND ${VVP} -n ${core_smoke})
  set_tests_properties(core_smoke PROPERTIES PASS_REGULAR_EXPRESSION "PASS" FAIL_REGULAR_EXPRESSION "FAIL" TIMEOUT 60)
endif()
