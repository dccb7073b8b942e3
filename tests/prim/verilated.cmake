# SPDX-License-Identifier: Apache-2.0
include_guard(GLOBAL)
# Verilator's headers and the code it writes are not ours: no warnings from them. Call after luoshu_rtl_test.
function(luoshu_verilated_is_foreign target)
  target_include_directories(${target} SYSTEM PRIVATE ${VERILATOR_ROOT}/include ${VERILATOR_ROOT}/include/vltstd)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "/V[^/]*\\.dir/|/verilated[^/]*\\.cpp$")
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -w)
endfunction()
