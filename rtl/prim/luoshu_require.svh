// SPDX-License-Identifier: Apache-2.0
// What must hold of a module's parameters: `LUOSHU_REQUIRE(name, expr, "message") in the module's
// body.
//
// Where expr, a constant, is 0, the message ends the run: Verilator says it when it reads the
// design and at time 0, Icarus at time 0 (where it finds no error of its own before), Yosys when it
// elaborates the module. name labels the block and must be unique in the module.
`ifndef LUOSHU_REQUIRE_SVH
`define LUOSHU_REQUIRE_SVH

`ifdef YOSYS

`define LUOSHU_REQUIRE(name, expr, message) \
  generate if (!(expr)) begin : name $error(message); end endgenerate

`elsif VERILATOR

`define LUOSHU_REQUIRE(name, expr, message) \
  generate if (!(expr)) begin : name $fatal(1, message); initial $fatal(1, message); end endgenerate

`else

`define LUOSHU_REQUIRE(name, expr, message) \
  generate if (!(expr)) begin : name initial $fatal(1, message); end endgenerate

`endif
`endif
