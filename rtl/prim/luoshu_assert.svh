// SPDX-License-Identifier: Apache-2.0
// Assertion macros: live under Verilator and in formal runs (FORMAL), empty elsewhere. They use the
// enclosing module's clk_i and rst_ni and hold only while rst_ni is high.
//
//   `LUOSHU_ASSERT(name, expr)
//       expr holds in every cycle. Under FORMAL (Yosys) it must be a plain expression: write
//       !a || b, not a |-> b.
//   `LUOSHU_ASSERT_NEXT(name, before, after)
//       if before held in the last cycle, after holds in this one
//   `LUOSHU_STREAM_STABLE(name, valid, ready, data)
//       a stalled transfer stays valid with the same data
// name labels the assertion and must be unique in the module.
`ifndef LUOSHU_ASSERT_SVH
`define LUOSHU_ASSERT_SVH

`ifdef VERILATOR

`define LUOSHU_ASSERT(name, expr) \
  name : assert property (@(posedge clk_i) disable iff (!rst_ni) (expr)) \
    else $error("assertion failed");

`define LUOSHU_ASSERT_NEXT(name, before, after) \
  name : assert property (@(posedge clk_i) disable iff (!rst_ni) (rst_ni && (before)) |=> (after)) \
    else $error("assertion failed");

`define LUOSHU_STREAM_STABLE(name, valid, ready, data) \
  name : assert property (@(posedge clk_i) disable iff (!rst_ni) \
      (rst_ni && (valid) && !(ready)) |=> ((valid) && $stable(data))) \
    else $error("stalled stream changed");

`elsif FORMAL

// Of the cycle itself, not of a register: a proof by induction then needs no step more.
`define LUOSHU_ASSERT(name, expr) \
  always_comb if (rst_ni) begin name : assert (expr); end

`define LUOSHU_ASSERT_NEXT(name, before, after) \
  reg name``_past = 1'b0; \
  always @(posedge clk_i) begin \
    name``_past <= rst_ni && (before); \
    if (rst_ni && name``_past) begin name : assert (after); end \
  end

`define LUOSHU_STREAM_STABLE(name, valid, ready, data) \
  `LUOSHU_ASSERT_NEXT(name, (valid) && !(ready), (valid) && $stable(data))

`else

`define LUOSHU_ASSERT(name, expr)
`define LUOSHU_ASSERT_NEXT(name, before, after)
`define LUOSHU_STREAM_STABLE(name, valid, ready, data)

`endif
`endif
