# SPDX-License-Identifier: Apache-2.0
foreach(unit random sampler)
  luoshu_test(NAME sampler_${unit} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${unit}_test.cc LIBRARIES luoshu_sampler)
endforeach()
