// What boards put around the chip, beside rtl/luoshu.f: serial port, USB device, SDRAM controller,
// clock crossings.
rtl/cdc/luoshu_cdc_bits.sv
rtl/cdc/luoshu_cdc_fifo.sv
rtl/cdc/luoshu_cdc_ram_fifo.sv
rtl/cdc/luoshu_cdc_reset.sv
rtl/cdc/luoshu_ram_2clk.sv
rtl/link/luoshu_uart.sv
rtl/mem/sdram/luoshu_sdram.sv
rtl/mem/sdram/luoshu_sdram_axi.sv
rtl/mem/sdram/luoshu_sdram_ctrl.sv
rtl/usb/luoshu_usb.sv
rtl/usb/luoshu_usb_bus.sv
rtl/usb/luoshu_usb_control.sv
rtl/usb/luoshu_usb_crc16.sv
rtl/usb/luoshu_usb_crc5.sv
rtl/usb/luoshu_usb_descriptors.sv
rtl/usb/luoshu_usb_device.sv
rtl/usb/luoshu_usb_in_buffer.sv
rtl/usb/luoshu_usb_line.sv
rtl/usb/luoshu_usb_out_buffer.sv
rtl/usb/luoshu_usb_packet.sv
rtl/usb/luoshu_usb_phy.sv
rtl/usb/luoshu_usb_requests.sv
rtl/usb/luoshu_usb_rx.sv
rtl/usb/luoshu_usb_transaction.sv
rtl/usb/luoshu_usb_tx.sv
rtl/usb/luoshu_usb_unpack.sv
