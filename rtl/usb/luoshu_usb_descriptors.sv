// SPDX-License-Identifier: Apache-2.0
// All descriptors, the one place where they are written down, and the answers of two bytes that
// never change.
//
// find: type_i and index_i (wValue of GET_DESCRIPTOR) -> found_o, at_o, bytes_o, combinational.
// platform_i asks for the MS OS 2.0 descriptor set instead, status_i for a word: {0, status_i[0]}.
// read: data_o is the byte at raddr_i, one cycle later. The serial number string is serial_i as 16
// hexadecimal digits. Vendor and product are 1209:0001, an identifier of pid.codes for tests only;
// a product needs its own.
`default_nettype none

module luoshu_usb_descriptors (
    input  wire         clk_i,
    input  wire  [63:0] serial_i,     // constant after reset
    input  wire  [7:0]  type_i,
    input  wire  [7:0]  index_i,
    input  wire         platform_i,
    input  wire  [1:0]  status_i,     // bit 1: the status word of bit 0 is asked for
    output logic        found_o,
    output logic [8:0]  at_o,
    output logic [7:0]  bytes_o,
    input  wire  [8:0]  raddr_i,
    output logic [7:0]  data_o
);
  // ---------------------------------------------------------------- the text; first byte first
  localparam int DeviceBytes = 18;
  localparam logic [8*DeviceBytes-1:0] Device = {
      8'd18, 8'd1,            // length, type
      8'h01, 8'h02,           // USB 2.01: has a BOS descriptor
      8'h00, 8'h00, 8'h00,    // class, subclass, protocol: told by the interface
      8'd64,                  // largest packet of endpoint 0
      8'h09, 8'h12,           // vendor 1209
      8'h01, 8'h00,           // product 0001
      8'h00, 8'h01,           // release 1.00
      8'd1, 8'd2, 8'd3,       // strings: manufacturer, product, serial number
      8'd1                    // configurations
  };
  localparam int ConfigurationBytes = 32;
  localparam logic [8*ConfigurationBytes-1:0] Configuration = {
      8'd9, 8'd2,             // length, type
      8'd32, 8'd0,            // bytes in all
      8'd1, 8'd1, 8'd0,       // interfaces, number of this configuration, no string
      8'h80, 8'd250,          // powered by the bus, no remote wake-up; 500 mA
      8'd9, 8'd4,             // length, type: interface
      8'd0, 8'd0, 8'd2,       // number, alternate setting, endpoints
      8'hFF, 8'h00, 8'h00,    // vendor class
      8'd0,                   // no string
      8'd7, 8'd5,             // length, type: endpoint
      8'h01, 8'h02,           // OUT 1, bulk
      8'd64, 8'd0, 8'd0,      // largest packet, no interval
      8'd7, 8'd5,
      8'h81, 8'h02,           // IN 1, bulk
      8'd64, 8'd0, 8'd0
  };
  localparam int BosBytes = 40;
  localparam logic [8*BosBytes-1:0] Bos = {
      8'd5, 8'd15,            // length, type
      8'd40, 8'd0, 8'd2,      // bytes in all, capabilities
      8'd7, 8'd16, 8'd2,      // length, type, USB 2.0 extension:
      32'h0,                  // no link power management
      8'd28, 8'd16, 8'd5,     // length, type, platform
      8'd0,
      32'hDF60DDD8, 16'h8945, 16'hC74C, 16'h9CD2, 48'h659D9E648A9F,   // MS OS 2.0
      32'h00000306,           // Windows 8.1 and later
      8'd162, 8'd0,           // bytes of the set
      8'h20, 8'd0             // vendor request that reads it; no alternate enumeration
  };
  localparam int PlatformBytes = 162;
  localparam logic [8*PlatformBytes-1:0] Platform = {
      8'd10, 8'd0, 16'h0000,  // length, set header
      32'h00000306,           // Windows 8.1 and later
      8'd162, 8'd0,           // bytes in all
      8'd20, 8'd0, 16'h0300,  // length, compatible id
      "WINUSB", 16'd0, 64'd0,
      8'd132, 8'd0, 16'h0400, // length, registry property
      16'h0700,               // several strings
      8'd42, 8'd0,            // bytes of the name
      "D", 8'd0, "e", 8'd0, "v", 8'd0, "i", 8'd0, "c", 8'd0, "e", 8'd0, "I", 8'd0, "n", 8'd0, "t",
      8'd0, "e", 8'd0, "r", 8'd0, "f", 8'd0, "a", 8'd0, "c", 8'd0, "e", 8'd0, "G", 8'd0, "U", 8'd0,
      "I", 8'd0, "D", 8'd0, "s", 8'd0,
      16'd0,
      8'd80, 8'd0,            // bytes of the strings
      "{", 8'd0, "9", 8'd0, "A", 8'd0, "3", 8'd0, "D", 8'd0, "5", 8'd0, "F", 8'd0, "0", 8'd0, "E",
      8'd0, "-", 8'd0, "6", 8'd0, "C", 8'd0, "4", 8'd0, "1", 8'd0, "-", 8'd0, "4", 8'd0, "B", 8'd0,
      "7", 8'd0, "E", 8'd0, "-", 8'd0, "9", 8'd0, "D", 8'd0, "2", 8'd0, "A", 8'd0, "-", 8'd0, "5",
      8'd0, "E", 8'd0, "0", 8'd0, "B", 8'd0, "7", 8'd0, "C", 8'd0, "1", 8'd0, "F", 8'd0, "4", 8'd0,
      "E", 8'd0, "8", 8'd0, "3", 8'd0, "}", 8'd0,
      32'd0
  };
  localparam int LanguagesBytes = 4;
  localparam logic [8*LanguagesBytes-1:0] Languages = {8'd4, 8'd3, 8'h09, 8'h04};   // English
  localparam int ManufacturerBytes = 14;
  localparam logic [8*ManufacturerBytes-1:0] Manufacturer = {
      8'd14, 8'd3,
      "L", 8'd0, "u", 8'd0, "o", 8'd0, "s", 8'd0, "h", 8'd0, "u", 8'd0
  };
  localparam int ProductBytes = 24;
  localparam logic [8*ProductBytes-1:0] Product = {
      8'd24, 8'd3,
      "L", 8'd0, "u", 8'd0, "o", 8'd0, "s", 8'd0, "h", 8'd0, "u", 8'd0, " ", 8'd0, "c", 8'd0, "h",
      8'd0, "i", 8'd0, "p", 8'd0
  };
  localparam int StatusBytes = 4;
  localparam logic [8*StatusBytes-1:0] Status = {16'h0000, 16'h0100};
  localparam int SerialBytes = 34;

  // ---------------------------------------------------------------- where it lies
  localparam int DeviceAt        = 0;
  localparam int ConfigurationAt = DeviceAt + DeviceBytes;
  localparam int BosAt           = ConfigurationAt + ConfigurationBytes;
  localparam int PlatformAt      = BosAt + BosBytes;
  localparam int LanguagesAt     = PlatformAt + PlatformBytes;
  localparam int ManufacturerAt  = LanguagesAt + LanguagesBytes;
  localparam int ProductAt       = ManufacturerAt + ManufacturerBytes;
  localparam int StatusAt        = ProductAt + ProductBytes;
  localparam int RomBytes        = StatusAt + StatusBytes;
  localparam int SerialAt        = 448;    // 64 bytes of their own
  localparam logic [8*RomBytes-1:0] Rom = {
      Device, Configuration, Bos, Platform, Languages, Manufacturer, Product, Status
  };

  logic status_wanted, status_one;
  assign {status_wanted, status_one} = status_i;
  always_comb begin
    found_o = 1'b1;
    at_o    = 9'(DeviceAt);
    bytes_o = 8'(DeviceBytes);
    if (platform_i) begin
      at_o    = 9'(PlatformAt);
      bytes_o = 8'(PlatformBytes);
    end else if (status_wanted) begin
      at_o    = status_one ? 9'(StatusAt + 2) : 9'(StatusAt);
      bytes_o = 8'd2;
    end else begin
      case ({type_i, index_i})
        16'h0100: bytes_o = 8'(DeviceBytes);
        16'h0200: begin
          at_o    = 9'(ConfigurationAt);
          bytes_o = 8'(ConfigurationBytes);
        end
        16'h0300: begin
          at_o    = 9'(LanguagesAt);
          bytes_o = 8'(LanguagesBytes);
        end
        16'h0301: begin
          at_o    = 9'(ManufacturerAt);
          bytes_o = 8'(ManufacturerBytes);
        end
        16'h0302: begin
          at_o    = 9'(ProductAt);
          bytes_o = 8'(ProductBytes);
        end
        16'h0303: begin
          at_o    = 9'(SerialAt);
          bytes_o = 8'(SerialBytes);
        end
        16'h0F00: begin
          at_o    = 9'(BosAt);
          bytes_o = 8'(BosBytes);
        end
        default: found_o = 1'b0;
      endcase
    end
  end

  // ---------------------------------------------------------------- reading
  logic [7:0] rom [0:511];
  initial begin
    for (int i = 0; i < 512; i++) rom[i] = (i < RomBytes) ? Rom[8*(RomBytes-1-i) +: 8] : 8'd0;
  end
  logic [7:0] rom_q;
  logic [8:0] raddr_q;
  logic [3:0] digit;
  always_ff @(posedge clk_i) begin
    rom_q   <= rom[raddr_i];
    raddr_q <= raddr_i;
  end
  logic in_serial, length_byte, zero_byte;   // where raddr_q points in the serial number string
  assign in_serial   = (raddr_q[8:6] == 3'(SerialAt / 64));
  assign length_byte = (raddr_q[5:1] == 5'd0);
  assign zero_byte   = raddr_q[0];
  assign digit       = serial_i[{4'd0 - raddr_q[4:1], 2'b00} +: 4];   // byte 2: bits 63:60
  always_comb begin
    data_o = rom_q;
    if (in_serial) begin
      if (length_byte) data_o = zero_byte ? 8'd3 : 8'(SerialBytes);
      else if (zero_byte) data_o = 8'd0;
      else data_o = ((digit < 4'd10) ? 8'h30 : 8'h37) + 8'(digit);
    end
  end
endmodule

`default_nettype wire
