# SPDX-License-Identifier: Apache-2.0
# The memory side in the shapes of the three configurations.
function(mem_port_test name lanes request outstanding writes)
  luoshu_rtl_test(NAME ${name} TOP luoshu_mem_port PREFIX Vmem_port RTL mem/luoshu_mem_port.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/mem/mem_port_test.cc LIBRARIES luoshu_memory
    PARAMETERS -GLanes=${lanes} -GMaxRequest=${request} -GOutstanding=${outstanding} -GWrites=${writes}
    DEFINITIONS PORT_LANES=${lanes} PORT_MAX_REQUEST=${request})
endfunction()
mem_port_test(mem_port_nano 8 31 16 16)
mem_port_test(mem_port_lab 32 255 32 64)
mem_port_test(mem_port_wide 128 255 32 64)
function(narrow_port_test name lanes)
  luoshu_rtl_test(NAME ${name} TOP luoshu_narrow_port PREFIX Vnarrow RTL mem/luoshu_narrow_port.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/mem/narrow_port_test.cc PARAMETERS -GLanes=${lanes} DEFINITIONS NARROW_LANES=${lanes})
endfunction()
narrow_port_test(narrow_port_nano 8)
narrow_port_test(narrow_port_lab 32)
narrow_port_test(narrow_port_wide 128)
# Depth 1: luoshu_beat_reader, else luoshu_kv_reader.
function(reader_test name top folder lanes depth)
  set(parameters -GLanes=${lanes})
  if(depth GREATER 1)
    list(APPEND parameters -GDepth=${depth})
  endif()
  luoshu_rtl_test(NAME ${name} TOP ${top} PREFIX Vreader RTL ${folder}/${top}.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/mem/reader_test.cc PARAMETERS ${parameters}
    DEFINITIONS READER_LANES=${lanes} READER_DEPTH=${depth})
endfunction()
reader_test(beat_reader_nano luoshu_beat_reader mem 8 1)
reader_test(kv_reader_nano luoshu_kv_reader attn 8 16)
reader_test(kv_reader_lab luoshu_kv_reader attn 32 128)
reader_test(kv_reader_wide luoshu_kv_reader attn 128 32)
function(weight_stream_test name lanes values one scales aux requests)
  luoshu_rtl_test(NAME ${name} TOP luoshu_weight_stream PREFIX Vstream RTL mem/luoshu_weight_stream.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/mem/weight_stream_test.cc LIBRARIES luoshu_driver
    PARAMETERS -GLanes=${lanes} -GValueDepth=${values} -GOneQueue=${one} -GScaleDepth=${scales} -GAuxDepth=${aux}
      -GRequests=${requests}
    DEFINITIONS STREAM_LANES=${lanes} STREAM_VALUES=${values} STREAM_ONE_QUEUE=${one} STREAM_SCALES=${scales} STREAM_AUX=${aux}
      STREAM_REQUESTS=${requests})
endfunction()
weight_stream_test(weight_stream_nano 8 512 1 16 0 16)
weight_stream_test(weight_stream_lab 32 256 0 16 32 64)
weight_stream_test(weight_stream_wide 128 512 0 64 32 64)
if(verilator_FOUND)
  luoshu_test(NAME chip_errors_test SOURCES ${CMAKE_SOURCE_DIR}/tests/mem/chip_errors_test.cc
    LIBRARIES luoshu_runtime luoshu_simulated_chip)
endif()
