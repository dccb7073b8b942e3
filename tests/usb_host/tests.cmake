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
add_test(NAME usb_cli_test COMMAND ${usb_host_dir}/usb_cli_test.sh $<TARGET_FILE:luoshu_fake_usb> ${CMAKE_SOURCE_DIR})
