# SPDX-License-Identifier: Apache-2.0
if(NOT TARGET luoshu_iss)
  add_subdirectory(${CMAKE_SOURCE_DIR}/models/iss ${CMAKE_BINARY_DIR}/models/iss)
endif()
include(${CMAKE_SOURCE_DIR}/tests/prim/verilated.cmake)
set(core_rtl ctrl/core/luoshu_core.sv ctrl/core/luoshu_core_decode.sv ctrl/core/luoshu_core_alu.sv
  ctrl/core/luoshu_core_align.sv ctrl/core/luoshu_core_csr.sv prim/luoshu_ram_1r1w.sv)
set(core_tests core_bench.cc random_program.cc core_lockstep_test.cc)
list(TRANSFORM core_tests PREPEND ${CMAKE_SOURCE_DIR}/tests/core/)
luoshu_rtl_test(NAME core_test TOP luoshu_core RTL ${core_rtl} SOURCES ${core_tests}
  PARAMETERS -I${CMAKE_SOURCE_DIR}/rtl/prim LIBRARIES luoshu_iss)
luoshu_verilated_is_foreign(core_test)
