# SPDX-License-Identifier: Apache-2.0
add_executable(jinja_render_cases ${CMAKE_CURRENT_LIST_DIR}/render_cases.cc)
target_include_directories(jinja_render_cases PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(jinja_render_cases PRIVATE luoshu_jinja luoshu_warnings)
foreach(unit expectations)
  luoshu_test(NAME jinja_${unit} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${unit}_test.cc LIBRARIES luoshu_jinja)
endforeach()
# Skips where Python has no jinja2.
add_test(NAME jinja_expectations_fresh COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/make_expectations.py --check)
set_tests_properties(jinja_expectations_fresh PROPERTIES SKIP_RETURN_CODE 77)
