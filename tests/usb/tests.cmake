# SPDX-License-Identifier: Apache-2.0
# The USB device, lint and elaboration of it in the three tools, and the clock crossings.
set(usb_dir ${CMAKE_SOURCE_DIR}/tests/usb)
luoshu_rtl_test(NAME usb_test TOP luoshu_usb PREFIX Vusb RTL usb/luoshu_usb.sv SOURCES ${usb_dir}/usb_host.cc
  ${usb_dir}/enumeration_test.cc ${usb_dir}/requests_test.cc ${usb_dir}/pitfalls_test.cc ${usb_dir}/line_test.cc
  ${usb_dir}/bulk_test.cc ${usb_dir}/random_test.cc TIMEOUT 600)
luoshu_rtl_test(NAME cdc_fifo_test TOP luoshu_cdc_fifo PREFIX Vcdc RTL cdc/luoshu_cdc_fifo.sv
  SOURCES ${usb_dir}/cdc_fifo_test.cc)
luoshu_rtl_test(NAME cdc_fifo_unsettled_test TOP luoshu_cdc_fifo PREFIX Vcdc
  RTL cdc/luoshu_cdc_fifo.sv ${usb_dir}/unsettled/luoshu_cdc_bits.sv
  SOURCES ${usb_dir}/cdc_fifo_test.cc DEFINITIONS CDC_UNSETTLED)
luoshu_rtl_test(NAME cdc_reset_test TOP luoshu_cdc_reset PREFIX Vreset RTL cdc/luoshu_cdc_reset.sv
  SOURCES ${usb_dir}/cdc_reset_test.cc)

file(GLOB usb_rtl CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/rtl/usb/*.sv ${CMAKE_SOURCE_DIR}/rtl/cdc/*.sv)
list(APPEND usb_rtl ${CMAKE_SOURCE_DIR}/rtl/prim/luoshu_ram_1r1w.sv ${CMAKE_SOURCE_DIR}/rtl/prim/luoshu_ram_small.sv)
set(usb_include -I${CMAKE_SOURCE_DIR}/rtl/prim)
find_program(VERILATOR_PROGRAM verilator)
find_program(YOSYS yosys)
find_program(IVERILOG iverilog)
if(VERILATOR_PROGRAM)
  add_test(NAME usb_lint COMMAND ${VERILATOR_PROGRAM} --lint-only -Wall ${usb_include} --top-module luoshu_usb
    ${CMAKE_SOURCE_DIR}/rtl/lint.vlt ${usb_rtl})
endif()
if(YOSYS)
  string(REPLACE ";" " " usb_files "${usb_rtl}")
  add_test(NAME usb_yosys COMMAND ${YOSYS} -q -p
    "read_verilog -sv ${usb_include} ${usb_files}; hierarchy -check -top luoshu_usb; proc; check -assert")
endif()
if(IVERILOG)
  add_test(NAME usb_icarus COMMAND ${IVERILOG} -g2012 ${usb_include} -s luoshu_usb -t null ${usb_rtl})
endif()
