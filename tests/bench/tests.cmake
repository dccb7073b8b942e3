# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME bench_test
  SOURCES ${CMAKE_SOURCE_DIR}/tests/bench/spec_test.cc ${CMAKE_SOURCE_DIR}/tests/bench/synthetic_test.cc
    ${CMAKE_SOURCE_DIR}/tests/bench/runner_test.cc ${CMAKE_SOURCE_DIR}/tests/bench/roofline_test.cc
    ${CMAKE_SOURCE_DIR}/tests/bench/table_test.cc ${CMAKE_SOURCE_DIR}/tests/bench/plot_test.cc
  LIBRARIES luoshu_bench)
