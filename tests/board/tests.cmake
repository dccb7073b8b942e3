# SPDX-License-Identifier: Apache-2.0
# The serial port at the boards' rates: 8 1/3 and 9 cycles a bit, and 217; at the least cycles that it may have, 4.
function(uart_test name khz baud)
  luoshu_rtl_test(NAME ${name} TOP luoshu_uart PREFIX Vuart RTL link/luoshu_uart.sv SOURCES ${CMAKE_SOURCE_DIR}/tests/board/uart_test.cc
    PARAMETERS -GClockKhz=${khz} -GBaudHz=${baud} DEFINITIONS UART_KHZ=${khz} UART_BAUD=${baud})
endfunction()
uart_test(uart_25_3000 25000 3000000)
uart_test(uart_27_3000 27000 3000000)
uart_test(uart_25_115 25000 115200)
uart_test(uart_25_6250 25000 6250000)
# A board from the pins of its serial bridge and of its USB socket to those of its memory, small models, every logit bit.
set(board_tests board_test.cc usb_board_test.cc board_job.cc)
list(TRANSFORM board_tests PREPEND ${CMAKE_SOURCE_DIR}/tests/board/)
luoshu_rtl_test(NAME board_ulx3s_test TOP luoshu_board PREFIX Vboard RTL ${CMAKE_SOURCE_DIR}/fpga/boards/common/luoshu_board.sv
  SOURCES ${board_tests} ${CMAKE_SOURCE_DIR}/tests/usb/usb_host.cc
  LIBRARIES luoshu_sdram_model luoshu_runtime luoshu_model_chip luoshu_link_chip TIMEOUT 900)
# The board on a socket, USB without its bits, with the bundled model.
if(verilator_FOUND AND (NOT LUOSHU_ONLY OR nano IN_LIST LUOSHU_ONLY))
  add_test(NAME board_simulator_test COMMAND ${CMAKE_SOURCE_DIR}/tests/board/simulator_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR})
  set_tests_properties(board_simulator_test PROPERTIES TIMEOUT 300)
endif()
# The board's RTL without warnings in Verilator, and in Icarus.
luoshu_rtl_files(board_files ${CMAKE_SOURCE_DIR}/rtl/luoshu.f ${CMAKE_SOURCE_DIR}/rtl/board.f)
list(APPEND board_files ${CMAKE_SOURCE_DIR}/fpga/boards/common/luoshu_board.sv)
find_program(VERILATOR_PROGRAM verilator)
find_program(IVERILOG iverilog)
if(VERILATOR_PROGRAM)
  add_test(NAME board_lint COMMAND ${VERILATOR_PROGRAM} --lint-only -Wall -I${CMAKE_SOURCE_DIR}/rtl/prim --top-module luoshu_board
    ${CMAKE_SOURCE_DIR}/rtl/lint.vlt ${board_files})
endif()
if(IVERILOG)
  add_test(NAME board_icarus COMMAND ${IVERILOG} -g2012 -I${CMAKE_SOURCE_DIR}/rtl/prim -s luoshu_board -t null ${board_files})
endif()
