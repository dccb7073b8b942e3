# SPDX-License-Identifier: Apache-2.0
luoshu_rtl_test(NAME fp_test TOP luoshu_fp_bench PREFIX Vfp RTL ${CMAKE_SOURCE_DIR}/tests/fp/luoshu_fp_bench.sv
  SOURCES ${CMAKE_SOURCE_DIR}/tests/fp/fp_test.cc LIBRARIES luoshu_numerics)
