# SPDX-License-Identifier: Apache-2.0
luoshu_rtl_test(NAME prim_ram_1r1w_word TOP luoshu_ram_1r1w PREFIX Vram RTL prim/luoshu_ram_1r1w.sv
  SOURCES ${CMAKE_SOURCE_DIR}/tests/prim/ram_1r1w_test.cc PARAMETERS -GWidth=20 -GDepth=48
  DEFINITIONS RAM_WIDTH=20 RAM_DEPTH=48 RAM_BYTES=0)
luoshu_rtl_test(NAME prim_ram_1r1w_byte TOP luoshu_ram_1r1w PREFIX Vram RTL prim/luoshu_ram_1r1w.sv
  SOURCES ${CMAKE_SOURCE_DIR}/tests/prim/ram_1r1w_test.cc PARAMETERS -GWidth=32 -GDepth=64 -GByteWrite=1
  DEFINITIONS RAM_WIDTH=32 RAM_DEPTH=64 RAM_BYTES=1)
# The stream test runs on each form of the queue; STREAM_* tell it what the header promises.
function(prim_stream_test name depth latency)
  luoshu_rtl_test(NAME ${name} TOP luoshu_fifo PREFIX Vstream SOURCES ${CMAKE_SOURCE_DIR}/tests/prim/stream_test.cc
    RTL prim/luoshu_fifo.sv prim/luoshu_ram_1r1w.sv PARAMETERS -GWidth=32 -GDepth=${depth} ${ARGN}
    DEFINITIONS STREAM_DEPTH=${depth} STREAM_LATENCY=${latency})
endfunction()
prim_stream_test(prim_fifo_ram 16 2 -GUseRam=1)
prim_stream_test(prim_fifo_ram_2 2 2 -GUseRam=1)
prim_stream_test(prim_fifo_flops 4 1 -GUseRam=0)
prim_stream_test(prim_fifo_flops_2 2 1 -GUseRam=0)
