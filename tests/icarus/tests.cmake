# SPDX-License-Identifier: Apache-2.0
# A short job of the whole chip in four-state simulation: the pins as Verilator had them, replayed in Icarus.
find_program(IVERILOG iverilog)
find_program(VVP vvp)
if(verilator_FOUND AND IVERILOG AND VVP)
  add_executable(record_job ${CMAKE_CURRENT_LIST_DIR}/record_job.cc)
  target_include_directories(record_job PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(record_job PRIVATE luoshu_warnings luoshu_runtime luoshu_model_chip luoshu_simulated_chip)

  include(${CMAKE_SOURCE_DIR}/verilator/configurations.cmake)
  luoshu_configuration_count(last_configuration)
  foreach(index RANGE ${last_configuration})
    luoshu_configuration_values(${index} name lanes parameters)
    if(name STREQUAL "wide")
      continue()   # 1,024 multipliers: minutes
    endif()
    list(TRANSFORM parameters PREPEND -Pluoshu_pins_tb.)
    add_test(NAME icarus_job_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/job.sh $<TARGET_FILE:record_job> ${name}
      ${CMAKE_CURRENT_BINARY_DIR}/icarus_job_${name} ${parameters})
    set_tests_properties(icarus_job_${name} PROPERTIES TIMEOUT 240)
  endforeach()
endif()
