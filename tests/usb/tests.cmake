# SPDX-License-Identifier: Apache-2.0
# The USB device, lint and elaboration of it in the three tools, and the clock crossings.
set(usb_dir ${CMAKE_SOURCE_DIR}/tests/usb)
set(usb_tests enumeration_test.cc requests_test.cc pitfalls_test.cc line_test.cc bulk_test.cc random_test.cc)
list(TRANSFORM usb_tests PREPEND ${usb_dir}/)
luoshu_rtl_test(NAME usb_test TOP luoshu_usb PREFIX Vusb RTL usb/luoshu_usb.sv
  SOURCES ${usb_dir}/usb_host.cc ${usb_tests} TIMEOUT 600)
# Here the time goes into the host.
set_source_files_properties(${usb_dir}/usb_host.cc PROPERTIES COMPILE_OPTIONS -O3)
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

# Proofs (tests/usb/formal), each with a broken twin that must fail: the CRCs for every value, by SAT; sender against
# receiver for all bytes of the first cycles, bounded.
find_program(YOSYS_ABC yosys-abc)
if(YOSYS AND YOSYS_ABC)
  foreach(broken 0 1)
    set(crc_goal -verify)
    set(stuff_goal "No output asserted in 130 frames")
    if(broken)
      set(crc_goal -falsify)
      set(stuff_goal "was asserted in frame")
    endif()
    add_test(NAME usb_crc_proof_${broken} COMMAND ${YOSYS} -q -p
      "read_verilog -sv -formal ${usb_dir}/formal/usb_crc_proof.sv ${CMAKE_SOURCE_DIR}/rtl/usb/luoshu_usb_crc5.sv \
       ${CMAKE_SOURCE_DIR}/rtl/usb/luoshu_usb_crc16.sv; hierarchy -check -top usb_crc_proof -chparam Broken ${broken}; \
       proc; flatten; opt; sat ${crc_goal} -prove-asserts")
    set(usb_aiger ${CMAKE_CURRENT_BINARY_DIR}/usb_stuff_proof_${broken}.aig)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/usb_stuff_proof_${broken}.sh
      "set -e\n${YOSYS} -q -p 'read_verilog -sv -formal ${usb_include} ${usb_dir}/formal/usb_stuff_proof.sv \
${CMAKE_SOURCE_DIR}/rtl/usb/luoshu_usb_tx.sv ${CMAKE_SOURCE_DIR}/rtl/usb/luoshu_usb_rx.sv \
${CMAKE_SOURCE_DIR}/rtl/usb/luoshu_usb_line.sv ${CMAKE_SOURCE_DIR}/rtl/cdc/luoshu_cdc_bits.sv; \
hierarchy -check -top usb_stuff_proof -chparam Broken ${broken}; proc; flatten; opt -full; async2sync; memory; \
techmap; opt -full; dffunmap; abc -g AND -fast; opt_clean; write_aiger -I -B -zinit ${usb_aiger}'\n\
${YOSYS_ABC} -c 'read_aiger ${usb_aiger}; fold; strash; scorr; bmc3 -F 130'\n")
    add_test(NAME usb_stuff_proof_${broken} COMMAND sh ${CMAKE_CURRENT_BINARY_DIR}/usb_stuff_proof_${broken}.sh)
    set_tests_properties(usb_stuff_proof_${broken} PROPERTIES PASS_REGULAR_EXPRESSION "${stuff_goal}")
  endforeach()
endif()
