# SPDX-License-Identifier: Apache-2.0
luoshu_rtl_test(NAME prim_ram_1r1w_word TOP luoshu_ram_1r1w PREFIX Vram RTL prim/luoshu_ram_1r1w.sv
  SOURCES ${CMAKE_SOURCE_DIR}/tests/prim/ram_1r1w_test.cc PARAMETERS -GWidth=20 -GDepth=48
  DEFINITIONS RAM_WIDTH=20 RAM_DEPTH=48 RAM_BYTES=0)
luoshu_rtl_test(NAME prim_ram_1r1w_byte TOP luoshu_ram_1r1w PREFIX Vram RTL prim/luoshu_ram_1r1w.sv
  SOURCES ${CMAKE_SOURCE_DIR}/tests/prim/ram_1r1w_test.cc PARAMETERS -GWidth=32 -GDepth=64 -GByteWrite=1
  DEFINITIONS RAM_WIDTH=32 RAM_DEPTH=64 RAM_BYTES=1)
luoshu_rtl_test(NAME prim_ram_1rw TOP luoshu_ram_1rw PREFIX Vram RTL prim/luoshu_ram_1rw.sv
  SOURCES ${CMAKE_SOURCE_DIR}/tests/prim/ram_1rw_test.cc PARAMETERS -GWidth=32 -GDepth=64)
# The stream test runs on each queue; STREAM_* tell it what the header promises.
function(prim_stream_test name top depth latency)
  set(definitions STREAM_DEPTH=${depth} STREAM_LATENCY=${latency})
  if(top STREQUAL luoshu_fifo)
    list(APPEND definitions STREAM_COUNT)
  endif()
  luoshu_rtl_test(NAME ${name} TOP ${top} PREFIX Vstream SOURCES ${CMAKE_SOURCE_DIR}/tests/prim/stream_test.cc
    RTL prim/${top}.sv prim/luoshu_ram_1r1w.sv PARAMETERS -GWidth=32 ${ARGN} DEFINITIONS ${definitions})
endfunction()
prim_stream_test(prim_fifo_ram luoshu_fifo 16 2 -GDepth=16 -GUseRam=1)
prim_stream_test(prim_fifo_ram_2 luoshu_fifo 2 2 -GDepth=2 -GUseRam=1)
prim_stream_test(prim_fifo_flops luoshu_fifo 4 1 -GDepth=4 -GUseRam=0)
prim_stream_test(prim_fifo_flops_2 luoshu_fifo 2 1 -GDepth=2 -GUseRam=0)
prim_stream_test(prim_skid luoshu_skid 2 1)
