# SPDX-License-Identifier: Apache-2.0
# The SDRAM controller with a part of a board behind it, per clock and width. sdram_test(NAME part clock in kHz, clock of the
# core, parameters...)
function(sdram_test name part mem_khz core_khz)
  luoshu_rtl_test(NAME ${name} TOP luoshu_sdram PREFIX Vsdram RTL mem/sdram/luoshu_sdram.sv
    SOURCES ${CMAKE_SOURCE_DIR}/tests/sdram/sdram_test.cc LIBRARIES luoshu_sdram_model
    PARAMETERS -GClockKhz=${mem_khz} ${ARGN} DEFINITIONS SDRAM_PART=${part} SDRAM_KHZ=${mem_khz} CORE_KHZ=${core_khz})
endfunction()
sdram_test(sdram_ulx3s_50 is42s16160g_7 50000 25000)
sdram_test(sdram_tang_54 em638325gd_6 54000 27000 -GDataBits=32 -GRowBits=11 -GColBits=8 -GBeatBytes=4 -GRefiNs=15600)
luoshu_test(NAME sdram_model_test SOURCES ${CMAKE_SOURCE_DIR}/tests/sdram/sdram_model_test.cc LIBRARIES luoshu_sdram_model)
