# SPDX-License-Identifier: Apache-2.0
set(link_dir ${CMAKE_SOURCE_DIR}/tests/link)
luoshu_test(NAME link_host_test SOURCES ${link_dir}/host_test.cc ${link_dir}/traffic.cc LIBRARIES luoshu_driver ZLIB::ZLIB TIMEOUT 120)
target_include_directories(link_host_test PRIVATE ${CMAKE_SOURCE_DIR}/driver ${CMAKE_SOURCE_DIR}/tests)
luoshu_test(NAME link_socket_test SOURCES ${link_dir}/socket_test.cc LIBRARIES luoshu_driver TIMEOUT 60)
# The endpoint that takes a word per cycle, and nano's, which takes a byte.
function(link_rtl_test name serial)
  luoshu_rtl_test(NAME ${name} TOP luoshu_link PREFIX Vlink RTL link/luoshu_link.sv PARAMETERS -GMemoryMib=1 -GSerial=${serial}
    SOURCES ${CMAKE_SOURCE_DIR}/tests/link/rtl_test.cc ${CMAKE_SOURCE_DIR}/tests/link/traffic.cc LIBRARIES luoshu_driver ZLIB::ZLIB
    DEFINITIONS LINK_SERIAL=${serial} TIMEOUT 300)
  if(TARGET ${name})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/driver)
  endif()
endfunction()
link_rtl_test(link_rtl_test 0)
link_rtl_test(link_rtl_serial_test 1)
# The same two against the C++ endpoint, frame by frame.
function(link_differential_test name serial)
  luoshu_rtl_test(NAME ${name} TOP luoshu_link PREFIX Vlink RTL link/luoshu_link.sv PARAMETERS -GMemoryMib=1 -GSerial=${serial}
    SOURCES ${CMAKE_SOURCE_DIR}/tests/link/differential_test.cc LIBRARIES luoshu_driver ZLIB::ZLIB)
  if(TARGET ${name})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/driver)
  endif()
endfunction()
link_differential_test(link_differential_test 0)
link_differential_test(link_differential_serial_test 1)
# The numbered events alone.
luoshu_rtl_test(NAME link_events_test TOP luoshu_link_events PREFIX Vevents RTL link/luoshu_link_events.sv
  SOURCES ${CMAKE_SOURCE_DIR}/tests/link/events_test.cc)
# Two transports in front of one link.
luoshu_rtl_test(NAME link_join_test TOP luoshu_link_join PREFIX Vjoin RTL link/luoshu_link_join.sv SOURCES ${link_dir}/join_test.cc)
