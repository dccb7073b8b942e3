# SPDX-License-Identifier: Apache-2.0
add_executable(jinja_render_cases ${CMAKE_CURRENT_LIST_DIR}/render_cases.cc)
target_include_directories(jinja_render_cases PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(jinja_render_cases PRIVATE luoshu_jinja luoshu_warnings)
