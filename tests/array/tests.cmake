# SPDX-License-Identifier: Apache-2.0
# The matrix engine in the shapes of the three configurations.
function(array_test name lanes columns groups)
  luoshu_rtl_test(NAME ${name} TOP luoshu_array_bench PREFIX Varray RTL ${CMAKE_SOURCE_DIR}/tests/array/luoshu_array_bench.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/array/array_test.cc LIBRARIES luoshu_model_chip luoshu_program
    PARAMETERS -GLanes=${lanes} -GColumns=${columns} -GGroups=${groups})
  if(TARGET ${name})
    target_compile_definitions(${name} PRIVATE ARRAY_LANES=${lanes} ARRAY_COLUMNS=${columns} ARRAY_GROUPS=${groups})
  endif()
endfunction()
array_test(array_nano 8 2 1)
array_test(array_lab 32 4 2)
array_test(array_wide 128 8 4)
