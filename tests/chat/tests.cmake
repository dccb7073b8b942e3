# SPDX-License-Identifier: Apache-2.0
# Conversations: thinking, what a prompt is made of, luoshu chat from a pipe and on a terminal.
luoshu_test(NAME thinking_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/thinking_test.cc LIBRARIES luoshu_chat)
add_executable(chat_model ${CMAKE_CURRENT_LIST_DIR}/chat_model.cc)
target_include_directories(chat_model PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(chat_model PRIVATE luoshu_gguf)
add_test(NAME chat_test
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/chat_test.sh $<TARGET_FILE:luoshu_checked> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:chat_model>)
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME chat_pty_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/chat_pty.py $<TARGET_FILE:luoshu_checked> $<TARGET_FILE:chat_model>)
endif()
