# SPDX-License-Identifier: Apache-2.0
# The kernels of the bit-exact model: each against the definition, on every kind of machine that this one can act as.
luoshu_test(NAME model_kernels SOURCES ${CMAKE_SOURCE_DIR}/tests/kernels/panel_test.cc ${CMAKE_SOURCE_DIR}/tests/kernels/attention_test.cc
  LIBRARIES luoshu_model_chip)
