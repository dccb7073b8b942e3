# SPDX-License-Identifier: Apache-2.0
add_test(NAME cli_test COMMAND ${CMAKE_SOURCE_DIR}/tests/cli/cli_test.sh $<TARGET_FILE:luoshu> ${CMAKE_SOURCE_DIR})
set_tests_properties(cli_test PROPERTIES TIMEOUT 600)
