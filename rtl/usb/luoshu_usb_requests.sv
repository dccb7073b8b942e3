// SPDX-License-Identifier: Apache-2.0
// What a SETUP packet asks for (USB 2.0 chapter 9, and the vendor request of MS OS 2.0).
// Combinational.
//
// good_o: the request is one that we have, in a state and with values that it allows; otherwise it
// is stalled. A request that reads is good with read_o: what luoshu_usb_descriptors finds for
// type_o, index_o, platform_o, status_o, at most bytes_o of it. The others are good with one of the
// actions, at once for all but SET_ADDRESS, which waits for the status stage. Refused:
// SET_DESCRIPTOR, SYNCH_FRAME, remote wake-up, test modes, data from the host, halts of endpoint 0,
// class requests, and the descriptors that only a high-speed device has.
`default_nettype none

module luoshu_usb_requests (
    input  wire  [7:0]  request_type_i,
    input  wire  [7:0]  request_i,
    input  wire  [15:0] value_i,
    input  wire  [15:0] index_i,
    input  wire  [15:0] length_i,
    input  wire         configured_i,
    input  wire         halt_out_i,
    input  wire         halt_in_i,
    input  wire         found_i,        // of the descriptor
    output logic        good_o,
    output logic        read_o,
    output logic        platform_o,
    output logic [1:0]  status_o,       // as luoshu_usb_descriptors has it
    output logic        one_byte_o,     // only the first of the two
    output logic        set_address_o,
    output logic        set_configuration_o,
    output logic        set_interface_o,
    output logic        clear_halt_o,   // of the endpoint in index_i
    output logic        set_halt_o
);
  localparam logic [7:0] GetStatus = 8'd0, ClearFeature = 8'd1, SetFeature = 8'd3,
      SetAddress = 8'd5, GetDescriptor = 8'd6, GetConfiguration = 8'd8, SetConfiguration = 8'd9,
      GetInterface = 8'd10, SetInterface = 8'd11;
  localparam logic [7:0] ReadPlatform = 8'h20;

  // Recipients that exist: interface 0 and endpoint 1 of the configuration, endpoint 0 always.
  logic interface_0, endpoint_0, endpoint_1, no_data, no_value, no_index, halted;
  logic address_good, configuration_good;
  assign no_data     = (length_i == 16'd0);
  assign no_value    = (value_i == 16'd0);
  assign no_index    = (index_i == 16'd0);
  assign halted      = endpoint_1 && (index_i[7] ? halt_in_i : halt_out_i);
  assign address_good       = no_data && no_index && (value_i[15:7] == 9'd0);
  assign configuration_good = no_data && no_index && (value_i[15:1] == 15'd0);
  assign interface_0 = configured_i && (index_i == 16'd0);
  assign endpoint_0  = ({index_i[15:8], index_i[6:0]} == 15'd0);
  assign endpoint_1  = configured_i && ({index_i[15:8], index_i[6:0]} == 15'd1);

  always_comb begin
    good_o              = 1'b0;
    read_o              = 1'b0;
    platform_o          = 1'b0;
    status_o            = 2'b00;
    one_byte_o          = 1'b0;
    set_address_o       = 1'b0;
    set_configuration_o = 1'b0;
    set_interface_o     = 1'b0;
    clear_halt_o        = 1'b0;
    set_halt_o          = 1'b0;
    case (request_type_i)
      8'h80: begin   // device to host
        read_o = 1'b1;
        case (request_i)
          GetStatus: begin
            status_o = 2'b10;
            good_o   = no_value && no_index;
          end
          GetDescriptor: good_o = found_i;
          GetConfiguration: begin
            status_o   = {1'b1, configured_i};
            one_byte_o = 1'b1;
            good_o     = no_value && no_index;
          end
          default: good_o = 1'b0;
        endcase
      end
      8'h81: begin   // interface to host
        read_o     = 1'b1;
        status_o   = 2'b10;
        one_byte_o = (request_i == GetInterface);
        good_o     = interface_0 && no_value &&
            (request_i == GetStatus || request_i == GetInterface);
      end
      8'h82: begin   // endpoint to host
        read_o   = 1'b1;
        status_o = {1'b1, halted};
        good_o   = (endpoint_0 || endpoint_1) && no_value && (request_i == GetStatus);
      end
      8'hC0: begin   // vendor: the descriptor set of MS OS 2.0
        read_o     = 1'b1;
        platform_o = 1'b1;
        good_o     = (request_i == ReadPlatform) && (index_i == 16'd7) && no_value;
      end
      8'h00: begin   // host to device
        set_address_o       = (request_i == SetAddress);
        set_configuration_o = (request_i == SetConfiguration);
        good_o = (set_address_o && address_good) || (set_configuration_o && configuration_good);
      end
      8'h01: begin   // host to interface
        set_interface_o = (request_i == SetInterface);
        good_o          = set_interface_o && interface_0 && no_value && no_data;
      end
      8'h02: begin   // host to endpoint; feature 0 is the halt
        clear_halt_o = (request_i == ClearFeature);
        set_halt_o   = (request_i == SetFeature);
        good_o       = no_value && no_data && ((clear_halt_o && endpoint_0) ||
            ((clear_halt_o || set_halt_o) && endpoint_1));
      end
      default: good_o = 1'b0;
    endcase
  end
endmodule

`default_nettype wire
