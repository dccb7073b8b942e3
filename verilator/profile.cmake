# SPDX-License-Identifier: Apache-2.0
# Profile-guided compilation of the verilated code: a copy of it that counts its branches runs a short text, and the library is
# compiled with what it counted. Without clang's profile runtime or llvm-profdata (package llvm) it is compiled without.
option(LUOSHU_PROFILE "Compile the verilated chip with a profile of its own run" ON)
if(LUOSHU_PROFILE)
  find_program(LLVM_PROFDATA NAMES llvm-profdata llvm-profdata-14)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_FLAGS -fprofile-generate)
  check_cxx_source_compiles("int main() { return 0; }" LUOSHU_HAS_PROFILE)
  unset(CMAKE_REQUIRED_FLAGS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang OR NOT LLVM_PROFDATA OR NOT LUOSHU_HAS_PROFILE OR LUOSHU_SANITIZE)
    message(STATUS "verilated code is compiled without a profile; clang, llvm and libclang-rt give one")
    set(LUOSHU_PROFILE OFF)
  endif()
endif()

# luoshu_profile(LIBRARY NAME FILES...): compiles LIBRARY, made of FILES, the verilated configuration NAME, with a profile.
function(luoshu_profile library name)
  if(name STREQUAL nano)  # its passes are long
    set(PASSES 4)
  else()
    set(PASSES 24)
  endif()
  set(NAME ${name})
  set(profiled ${CMAKE_CURRENT_BINARY_DIR}/profile_${name}.cc)
  configure_file(profile.cc.in ${profiled} @ONLY)
  get_target_property(includes ${library} INCLUDE_DIRECTORIES)
  add_library(profiled_${name} STATIC EXCLUDE_FROM_ALL ${ARGN})
  target_include_directories(profiled_${name} PRIVATE ${includes})
  target_compile_options(profiled_${name} PRIVATE -O2 -fPIC -fprofile-generate)
  target_link_libraries(profiled_${name} PRIVATE luoshu_memory verilated)
  set_target_properties(profiled_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  add_executable(profile_${name} EXCLUDE_FROM_ALL ${profiled} simulated_chip.cc)
  target_include_directories(profile_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_options(profile_${name} PRIVATE -fprofile-generate)
  target_link_libraries(profile_${name} PRIVATE luoshu_runtime luoshu_link_chip luoshu_memory profiled_${name})
  set(profile ${CMAKE_CURRENT_BINARY_DIR}/${name}.profdata)
  set(model ${CMAKE_SOURCE_DIR}/models/bundled/luoshu-stories.gguf)
  add_custom_command(OUTPUT ${profile}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/profile.sh $<TARGET_FILE:profile_${name}> ${model} ${LLVM_PROFDATA} ${profile}
    DEPENDS profile_${name} ${model} ${CMAKE_CURRENT_SOURCE_DIR}/profile.sh
    COMMENT "Profile of the verilated configuration ${name}" VERBATIM)
  target_compile_options(${library} PRIVATE -fprofile-use=${profile} -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date)
  # Both have the same sources, so a new profile means that the library is compiled anyway: the order is all that is missing.
  add_custom_target(profile_data_${name} DEPENDS ${profile})
  add_dependencies(${library} profile_data_${name})
endfunction()
