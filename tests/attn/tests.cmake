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
# The shifts of the merge (old sums, new sums) and of the logits.
function(attn_shift_test name width left out)
  luoshu_rtl_test(NAME ${name} TOP luoshu_attn_shift PREFIX Vattn_shift RTL attn/luoshu_attn_shift.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/attn/attn_shift_test.cc
    PARAMETERS -GWidth=${width} -GLeft=${left} -GOut=${out} -GSoft=0 DEFINITIONS SHIFT_WIDTH=${width} SHIFT_LEFT=${left} SHIFT_OUT=${out})
endfunction()
attn_shift_test(attn_shift_old 48 0 48)
attn_shift_test(attn_shift_new 29 6 35)
attn_shift_test(attn_shift_logit 32 31 32)
# The sums and their merge, in the shapes of the three configurations.
function(attn_sums_test name lanes heads)
  luoshu_rtl_test(NAME ${name} TOP luoshu_attn_sums PREFIX Vattn_sums RTL attn/luoshu_attn_sums.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/attn/attn_sums_test.cc LIBRARIES luoshu_model_chip
    PARAMETERS -GLanes=${lanes} -GHeads=${heads} -GSoft=0 DEFINITIONS SUMS_LANES=${lanes} SUMS_HEADS=${heads})
endfunction()
attn_sums_test(attn_sums_nano 8 2)
attn_sums_test(attn_sums_lab 32 1)
attn_sums_test(attn_sums_wide 128 1)
