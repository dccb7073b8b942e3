# SPDX-License-Identifier: Apache-2.0
if(NOT TARGET luoshu_tokenizer)
  add_subdirectory(${CMAKE_SOURCE_DIR}/host/tokenizer ${CMAKE_BINARY_DIR}/host/tokenizer)
endif()
