# SPDX-License-Identifier: Apache-2.0
# Everything that reads bytes from outside, once more with the address and undefined-behaviour sanitizers: a second build of all but
# the RTL (a folder of its own, so that it can also be used alone: cmake --preset sanitize).
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_FLAGS -fsanitize=address,undefined)
check_cxx_source_compiles("int main() { return 0; }" LUOSHU_HAS_SANITIZERS)
unset(CMAKE_REQUIRED_FLAGS)
if(LUOSHU_SANITIZE OR NOT LUOSHU_HAS_SANITIZERS)
  return()
endif()
include(ExternalProject)
set(sanitized ${CMAKE_BINARY_DIR}/sanitize)
set(sanitized_tests gguf_test gguf_mutation faults_test program_test link_host_test link_socket_test sampler_random sampler_sampler tokenizer_utf8
  tokenizer_pretokenizer tokenizer_byte_bpe tokenizer_sentencepiece tokenizer_tokenizer jinja_errors jinja_expectations jinja_fuzz_corpus jinja_marks
  chat_template usb_host_test)
ExternalProject_Add(sanitized SOURCE_DIR ${CMAKE_SOURCE_DIR} BINARY_DIR ${sanitized}
  CMAKE_ARGS -DCMAKE_BUILD_TYPE=Debug -DLUOSHU_SANITIZE=ON -DLUOSHU_RTL=OFF
    -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
  BUILD_COMMAND ${CMAKE_COMMAND} --build ${sanitized} --parallel 2 --target luoshu bad_files reference_test ${sanitized_tests}
  BUILD_ALWAYS ON INSTALL_COMMAND "" STEP_TARGETS build)
set(environment UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=1)
foreach(name ${sanitized_tests})
  add_test(NAME sanitize_${name} COMMAND ${sanitized}/tests/${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(sanitize_${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "${environment}")
endforeach()
add_test(NAME sanitize_reference_test COMMAND ${sanitized}/tests/reference_test --gtest_filter=Reference.RandomFamilies
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME sanitize_bad_input_test
  COMMAND ${CMAKE_SOURCE_DIR}/tests/cli/bad_input_test.sh ${sanitized}/host/luoshu ${CMAKE_SOURCE_DIR} ${sanitized}/tests/bad_files)
set_tests_properties(sanitize_reference_test sanitize_bad_input_test PROPERTIES TIMEOUT 600 ENVIRONMENT "${environment}")
