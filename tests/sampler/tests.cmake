# SPDX-License-Identifier: Apache-2.0
if(NOT TARGET luoshu_sampler)
  add_subdirectory(${CMAKE_SOURCE_DIR}/host/sampler ${CMAKE_BINARY_DIR}/host/sampler)
endif()
foreach(unit random sampler)
  luoshu_test(NAME sampler_${unit} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${unit}_test.cc LIBRARIES luoshu_sampler)
endforeach()
