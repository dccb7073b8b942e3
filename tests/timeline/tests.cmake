# SPDX-License-Identifier: Apache-2.0
if(verilator_FOUND)
  luoshu_test(NAME timeline_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/timeline_test.cc LIBRARIES luoshu_cli)
endif()
