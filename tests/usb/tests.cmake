# SPDX-License-Identifier: Apache-2.0
set(usb_dir ${CMAKE_SOURCE_DIR}/tests/usb)
luoshu_rtl_test(NAME usb_test TOP luoshu_usb PREFIX Vusb RTL usb/luoshu_usb.sv SOURCES ${usb_dir}/usb_host.cc
  ${usb_dir}/enumeration_test.cc TIMEOUT 600)
