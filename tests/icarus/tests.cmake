# SPDX-License-Identifier: Apache-2.0
# What a short job of the whole chip in four-state simulation needs: job.sh records pins with record_job and replays them in Icarus.
find_program(IVERILOG iverilog)
find_program(VVP vvp)
if(verilator_FOUND AND IVERILOG AND VVP)
  add_executable(record_job ${CMAKE_CURRENT_LIST_DIR}/record_job.cc)
  set_target_properties(record_job PROPERTIES LUOSHU_CHECKED_CHIPS ON)
  target_include_directories(record_job PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(record_job PRIVATE luoshu_warnings luoshu_runtime luoshu_model_chip luoshu_simulated_chip)
endif()
