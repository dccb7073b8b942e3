# SPDX-License-Identifier: Apache-2.0
set(link_dir ${CMAKE_SOURCE_DIR}/tests/link)
luoshu_test(NAME link_host_test SOURCES ${link_dir}/host_test.cc ${link_dir}/traffic.cc LIBRARIES luoshu_driver ZLIB::ZLIB TIMEOUT 120)
target_include_directories(link_host_test PRIVATE ${CMAKE_SOURCE_DIR}/driver ${CMAKE_SOURCE_DIR}/tests)
luoshu_rtl_test(NAME link_rtl_test TOP luoshu_link PREFIX Vlink RTL link/luoshu_link.sv PARAMETERS -GMemoryMib=1
  SOURCES ${link_dir}/rtl_test.cc ${link_dir}/traffic.cc LIBRARIES luoshu_driver ZLIB::ZLIB TIMEOUT 300)
if(TARGET link_rtl_test)
  target_include_directories(link_rtl_test PRIVATE ${CMAKE_SOURCE_DIR}/driver)
endif()
