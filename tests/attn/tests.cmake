# SPDX-License-Identifier: Apache-2.0
# The attention unit in the shapes of the three configurations.
function(attn_test name lanes columns vector_lanes tokens step)
  luoshu_rtl_test(NAME ${name} TOP luoshu_attn_bench PREFIX Vattn RTL ${CMAKE_SOURCE_DIR}/tests/attn/luoshu_attn_bench.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/attn/attn_test.cc LIBRARIES luoshu_model_chip luoshu_program
    PARAMETERS -GLanes=${lanes} -GColumns=${columns} -GVectorLanes=${vector_lanes} -GMaxTokens=${tokens} -GStep=${step})
  if(TARGET ${name})
    target_compile_definitions(${name} PRIVATE BENCH_LANES=${lanes} BENCH_VL=${vector_lanes} BENCH_TOKENS=${tokens})
  endif()
endfunction()
attn_test(attn_nano 8 2 1 2 1)
attn_test(attn_lab 32 4 4 8 2)
attn_test(attn_wide 128 8 16 8 2)
