# SPDX-License-Identifier: Apache-2.0
# Unbounded proofs, one test each, with a broken twin that must fail: prove.sh, proofs.txt.
find_program(YOSYS yosys)
find_program(YOSYS_ABC yosys-abc)
if(YOSYS AND YOSYS_ABC)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/proofs.txt)
  file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/proofs.txt proofs REGEX "^[a-z]")
  foreach(proof ${proofs})
    string(REGEX MATCH "^[a-z_0-9]+" name "${proof}")
    add_test(NAME prove_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/prove.sh ${name})
    set_tests_properties(prove_${name} PROPERTIES TIMEOUT 600)
  endforeach()
endif()
