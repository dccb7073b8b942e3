# SPDX-License-Identifier: Apache-2.0
# The USB transport with a fake in place of libusb.
set(usb_host_dir ${CMAKE_SOURCE_DIR}/tests/usb_host)
luoshu_test(NAME usb_host_test TIMEOUT 120 LIBRARIES luoshu_usb luoshu_driver ZLIB::ZLIB
  SOURCES ${usb_host_dir}/discovery_test.cc ${usb_host_dir}/transport_test.cc ${usb_host_dir}/fake_libusb.cc ${CMAKE_SOURCE_DIR}/tests/link/traffic.cc)
target_include_directories(usb_host_test PRIVATE ${CMAKE_SOURCE_DIR}/driver)
target_include_directories(usb_host_test SYSTEM PRIVATE ${LIBUSB_INCLUDE_DIRS})
# The command line with it.
add_executable(luoshu_fake_usb ${usb_host_dir}/usb_cli.cc ${usb_host_dir}/fake_libusb.cc)
target_include_directories(luoshu_fake_usb PRIVATE ${CMAKE_SOURCE_DIR}/tests)
set_target_properties(luoshu_fake_usb PROPERTIES LUOSHU_CHECKED_CHIPS ON)
target_link_libraries(luoshu_fake_usb PRIVATE luoshu_main luoshu_warnings)
target_compile_options(luoshu_fake_usb PRIVATE -O1)
set(usb_simulator)
if(verilator_FOUND)
  set(usb_simulator $<TARGET_FILE:luoshu_checked>)
endif()
add_test(NAME usb_cli_test COMMAND ${usb_host_dir}/usb_cli_test.sh $<TARGET_FILE:luoshu_fake_usb> ${CMAKE_SOURCE_DIR} ${usb_simulator})
set_tests_properties(usb_cli_test PROPERTIES TIMEOUT 600)

# The stock libusb in front of a mock device; not where the sanitizers' library must be loaded first.
pkg_check_modules(UMOCKDEV IMPORTED_TARGET umockdev-1.0)
find_program(UMOCKDEV_WRAPPER umockdev-wrapper)
if(UMOCKDEV_FOUND AND UMOCKDEV_WRAPPER AND NOT LUOSHU_SANITIZE)
  add_executable(umockdev_board ${usb_host_dir}/umockdev_board.cc ${usb_host_dir}/mock_device.cc ${usb_host_dir}/urb_target.cc)
  target_include_directories(umockdev_board PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/driver)
  target_link_libraries(umockdev_board PRIVATE luoshu_usb luoshu_driver luoshu_warnings PkgConfig::LIBUSB PkgConfig::UMOCKDEV
    ZLIB::ZLIB Threads::Threads)
  target_compile_options(umockdev_board PRIVATE -O1)
  add_test(NAME usb_umockdev_test COMMAND ${usb_host_dir}/umockdev_test.sh $<TARGET_FILE:umockdev_board> $<TARGET_FILE:luoshu_checked>
    ${CMAKE_SOURCE_DIR} ${usb_simulator})
  set_tests_properties(usb_umockdev_test PROPERTIES TIMEOUT 600)
else()
  add_test(NAME usb_umockdev_test COMMAND ${CMAKE_COMMAND} -E echo "left out: needs the packages umockdev and libumockdev-dev")
  set_tests_properties(usb_umockdev_test PROPERTIES SKIP_REGULAR_EXPRESSION "left out")
endif()
