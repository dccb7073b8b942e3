# SPDX-License-Identifier: Apache-2.0
set(link_dir ${CMAKE_SOURCE_DIR}/tests/link)
luoshu_test(NAME link_host_test SOURCES ${link_dir}/host_test.cc ${link_dir}/traffic.cc LIBRARIES luoshu_driver ZLIB::ZLIB TIMEOUT 120)
target_include_directories(link_host_test PRIVATE ${CMAKE_SOURCE_DIR}/driver ${CMAKE_SOURCE_DIR}/tests)
