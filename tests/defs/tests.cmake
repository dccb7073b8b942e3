# The generated definitions are those of definitions.json.
add_executable(generate_defs ${CMAKE_SOURCE_DIR}/driver/defs/generate_defs.cc)
target_link_libraries(generate_defs PRIVATE luoshu_warnings nlohmann_json::nlohmann_json)
add_test(NAME defs_fresh COMMAND sh -c "
  ./generate_defs ${CMAKE_SOURCE_DIR}/driver/defs/definitions.json fresh.sv fresh.h fresh.md &&
  cmp fresh.sv ${CMAKE_SOURCE_DIR}/rtl/luoshu_defs_pkg.sv && cmp fresh.h ${CMAKE_SOURCE_DIR}/driver/include/luoshu/defs.h &&
  cmp fresh.md ${CMAKE_SOURCE_DIR}/docs/registers.md" WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
