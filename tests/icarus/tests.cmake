# SPDX-License-Identifier: Apache-2.0
# A short job of the whole chip in four-state simulation: job.sh records pins with record_job and replays them in Icarus.
include(${CMAKE_SOURCE_DIR}/verilator/configurations.cmake)
find_program(IVERILOG iverilog)
find_program(VVP vvp)
if(verilator_FOUND AND IVERILOG AND VVP)
  add_executable(record_job ${CMAKE_CURRENT_LIST_DIR}/record_job.cc)
  set_target_properties(record_job PROPERTIES LUOSHU_CHECKED_CHIPS ON)
  target_include_directories(record_job PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(record_job PRIVATE luoshu_warnings luoshu_runtime luoshu_model_chip luoshu_simulated_chip GTest::gtest)
  luoshu_configuration_count(last_configuration)
  foreach(index RANGE ${last_configuration})
    luoshu_configuration_values(${index} name lanes parameters)
    if(NOT name MATCHES "^(nano|lab)$")
      continue()   # Icarus needs minutes for a larger chip
    endif()
    list(TRANSFORM parameters PREPEND -Pluoshu_pins_tb.)
    add_test(NAME icarus_job_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/job.sh $<TARGET_FILE:record_job> ${name}
      ${CMAKE_CURRENT_BINARY_DIR}/icarus_job_${name} ${parameters})
    set_tests_properties(icarus_job_${name} PROPERTIES TIMEOUT 600)
  endforeach()
endif()
