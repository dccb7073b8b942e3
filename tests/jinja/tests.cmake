# SPDX-License-Identifier: Apache-2.0
add_executable(jinja_render_cases ${CMAKE_CURRENT_LIST_DIR}/render_cases.cc)
target_include_directories(jinja_render_cases PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(jinja_render_cases PRIVATE luoshu_jinja luoshu_warnings)
foreach(unit errors expectations limits marks)
  luoshu_test(NAME jinja_${unit} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${unit}_test.cc LIBRARIES luoshu_jinja)
endforeach()
# Skips where Python has no jinja2.
add_test(NAME jinja_expectations_fresh COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/make_expectations.py --check)
set_tests_properties(jinja_expectations_fresh PROPERTIES SKIP_RETURN_CODE 77)
luoshu_test(NAME chat_template SOURCES ${CMAKE_CURRENT_LIST_DIR}/chat_template_test.cc LIBRARIES luoshu_chat)
target_compile_definitions(chat_template PRIVATE LUOSHU_SOURCE_ROOT="${CMAKE_SOURCE_DIR}")
luoshu_test(NAME jinja_fuzz_corpus LIBRARIES luoshu_jinja
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_corpus_test.cc ${CMAKE_CURRENT_LIST_DIR}/fuzz_template.cc)
# The sources of the interpreter once more, with what libFuzzer watches.
option(LUOSHU_FUZZ "Build the libFuzzer targets; clang only" OFF)
if(LUOSHU_FUZZ)
  get_target_property(jinja_sources luoshu_jinja SOURCES)
  list(TRANSFORM jinja_sources PREPEND ${CMAKE_SOURCE_DIR}/host/jinja/)
  add_executable(fuzz_template EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/fuzz_template.cc ${jinja_sources}
    ${CMAKE_SOURCE_DIR}/host/tokenizer/utf8.cc)
  target_include_directories(fuzz_template PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/host)
  target_link_libraries(fuzz_template PRIVATE luoshu_base nlohmann_json::nlohmann_json)
  target_compile_options(fuzz_template PRIVATE -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
  target_link_options(fuzz_template PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
