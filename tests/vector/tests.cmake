# SPDX-License-Identifier: Apache-2.0
# The vector unit and its KV writer in the shapes of the three configurations, and once with clock gates that pass the clock
# through, as on an FPGA: what a gate hides must not show. Further arguments: RTL that replaces modules.
function(vector_test name lanes vector_lanes head_words)
  luoshu_rtl_test(NAME ${name} TOP luoshu_vector_bench PREFIX Vvector RTL ${ARGN} ${CMAKE_SOURCE_DIR}/tests/vector/luoshu_vector_bench.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/vector/vector_test.cc LIBRARIES luoshu_model_chip luoshu_program
    PARAMETERS -GL=${lanes} -GVL=${vector_lanes} -GHeadWords=${head_words})
  if(TARGET ${name})
    target_compile_definitions(${name} PRIVATE BENCH_LANES=${lanes} BENCH_VL=${vector_lanes})
  endif()
endfunction()
vector_test(vector_nano 8 1 256)
vector_test(vector_lab 32 4 128)
vector_test(vector_wide 128 16 32)
vector_test(vector_ungated 32 4 128 ${CMAKE_SOURCE_DIR}/fpga/common/luoshu_clock_gate.sv)
