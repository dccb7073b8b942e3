# SPDX-License-Identifier: Apache-2.0
# The control side of the chip. Whole chip: what a decode loop, a stop, a reset or an error leaves behind.
if(verilator_FOUND)
  luoshu_test(NAME control_chip_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/control_chip_test.cc TIMEOUT 300
    LIBRARIES luoshu_runtime luoshu_model_chip luoshu_simulated_chip ARGS --gtest_filter=*lab*)
  target_include_directories(control_chip_test PRIVATE ${CMAKE_SOURCE_DIR}/driver)
  foreach(config nano wide)
    add_test(NAME control_chip_test_${config} COMMAND control_chip_test --gtest_filter=*${config}* WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(control_chip_test_${config} PROPERTIES TIMEOUT 300)
  endforeach()
endif()

# The sequencer by itself: nano's, which moves commands beat by beat, lab's and wide's.
foreach(lanes 8 32 128)
  luoshu_rtl_test(NAME sequencer_${lanes} TOP luoshu_sequencer PREFIX Vsequencer RTL ctrl/luoshu_sequencer.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/ctrl/sequencer_test.cc PARAMETERS -GLanes=${lanes} DEFINITIONS BENCH_LANES=${lanes}
    LIBRARIES luoshu_driver)
endforeach()
# The pass context: a copy for each reader, and nano's one memory.
foreach(shared 0 1)
  luoshu_rtl_test(NAME context_shared_${shared} TOP luoshu_context PREFIX Vcontext RTL ctrl/luoshu_context.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/ctrl/context_test.cc PARAMETERS -GMaxTokens=8 -GReaders=3 -GShared=${shared} LIBRARIES luoshu_driver)
endforeach()
# The bus with nano's firmware memory.
luoshu_rtl_test(NAME bus_test TOP luoshu_bus PREFIX Vbus RTL ctrl/luoshu_bus.sv SOURCES ${CMAKE_SOURCE_DIR}/tests/ctrl/bus_test.cc
  PARAMETERS -GTcmBytes=2048 DEFINITIONS BENCH_TCM_BYTES=2048)
# The whole control side behind the driver, with the firmware: nano's serial core and link, lab's.
function(control_test lanes columns groups tcm)
  luoshu_rtl_test(NAME control_${lanes} TOP luoshu_control PREFIX Vcontrol RTL ctrl/luoshu_control.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/ctrl/control_test.cc LIBRARIES luoshu_link_chip
    PARAMETERS -GLanes=${lanes} -GColumns=${columns} -GGroups=${groups} -GTcmBytes=${tcm} -GMemoryMib=1 -GClockKhz=54321 -GMaxD=768
      -GActBlocks=128 -GMaxHeads=16 -GQElements=1024 -GVectorLanes=3 -GHeadWords=256
    DEFINITIONS BENCH_LANES=${lanes} BENCH_COLUMNS=${columns} BENCH_GROUPS=${groups} BENCH_TCM_BYTES=${tcm} BENCH_MEMORY_MIB=1)
endfunction()
control_test(8 2 1 2048)
control_test(32 4 2 16384)
# The control registers at their bus, as nano and lab have them.
function(registers_test lanes columns groups)
  luoshu_rtl_test(NAME registers_${lanes} TOP luoshu_registers PREFIX Vregisters RTL ctrl/luoshu_registers.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/ctrl/registers_test.cc PARAMETERS -GLanes=${lanes} -GColumns=${columns} -GGroups=${groups}
    DEFINITIONS BENCH_LANES=${lanes} LIBRARIES luoshu_driver)
endfunction()
registers_test(8 2 1)
registers_test(32 4 2)
# The queue of messages beside the core's registers: nano's depth, and the largest.
foreach(depth 64 128)
  luoshu_rtl_test(NAME message_store_${depth} TOP luoshu_message_store PREFIX Vstore RTL ctrl/luoshu_message_store.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/ctrl/message_store_test.cc PARAMETERS -GDepth=${depth} DEFINITIONS STORE_DEPTH=${depth})
endforeach()
