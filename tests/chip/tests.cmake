# SPDX-License-Identifier: Apache-2.0
# The whole chip, with the assertions of its RTL: one process per configuration, so that they run side by side.
if(verilator_FOUND)
  luoshu_test(NAME chip_test SOURCES ${CMAKE_SOURCE_DIR}/tests/chip/chip_test.cc TIMEOUT 600
    LIBRARIES luoshu_runtime luoshu_model_chip luoshu_simulated_chip ARGS --gtest_filter=*lab*:ChipModel*)
  target_compile_definitions(chip_test PRIVATE LUOSHU_SOURCE_ROOT="${CMAKE_SOURCE_DIR}")
  foreach(config nano wide)
    add_test(NAME chip_test_${config} COMMAND chip_test --gtest_filter=*${config}* WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(chip_test_${config} PROPERTIES TIMEOUT 600)
  endforeach()
  if(TARGET chip_nano_checked)  # its code, not the library: the test drives a pin that no simulation drives
    luoshu_test(NAME assertion_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/assertion_test.cc LIBRARIES luoshu_memory chip_nano_checked_code)
  endif()
  if(NOT LUOSHU_ONLY)
    add_test(NAME assertion_sites COMMAND ${CMAKE_CURRENT_LIST_DIR}/assertion_sites.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  endif()
  luoshu_test(NAME batch_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/batch_test.cc
    LIBRARIES luoshu_runtime luoshu_model_chip luoshu_simulated_chip)
  luoshu_test(NAME checkpoint_chip_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/checkpoint_chip_test.cc
    LIBRARIES luoshu_runtime luoshu_simulated_chip)
  luoshu_test(NAME bench_chip_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/bench_chip_test.cc
    LIBRARIES luoshu_bench luoshu_simulated_chip)
  luoshu_test(NAME cycles_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/cycles_test.cc TIMEOUT 600
    LIBRARIES luoshu_runtime luoshu_simulated_chip nlohmann_json::nlohmann_json)
  target_compile_definitions(cycles_test PRIVATE LUOSHU_SOURCE_ROOT="${CMAKE_SOURCE_DIR}")
  # One text from 20 greedy runs under random stalls and initial states, and with the model uploaded over the stalling link.
  add_test(NAME soak_20 COMMAND luoshu_checked soak --runs 20 -n 12)
  add_test(NAME soak_link COMMAND luoshu_checked soak --runs 1 --first-seed 100 -n 4 --upload link --verify)
  set_tests_properties(soak_20 soak_link PROPERTIES TIMEOUT 600 ENVIRONMENT LUOSHU_ROOT=${CMAKE_SOURCE_DIR})
  # Runs that are stopped, reset, starved, damaged or given bus errors in random cycles, each followed by a job with the model's bits.
  foreach(config nano lab)
    add_test(NAME soak_faults_${config} COMMAND luoshu_checked soak --faults --runs 50 --config ${config})
    set_tests_properties(soak_faults_${config} PROPERTIES TIMEOUT 900 ENVIRONMENT LUOSHU_ROOT=${CMAKE_SOURCE_DIR})
  endforeach()
endif()
