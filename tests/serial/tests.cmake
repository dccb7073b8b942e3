# SPDX-License-Identifier: Apache-2.0
luoshu_test(NAME serial_test SOURCES ${CMAKE_SOURCE_DIR}/tests/serial/serial_test.cc LIBRARIES luoshu_driver util)
