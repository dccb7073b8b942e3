// SPDX-License-Identifier: Apache-2.0
// The parameters of luoshu: what is allowed of each, alone and together. Anything else ends the run
// with a message that names the parameter (luoshu_require.svh). No ports, no logic.
`include "luoshu_require.svh"
`default_nettype none

module luoshu_check #(
    parameter int Lanes       = 32,
    parameter int Columns     = 4,
    parameter int Groups      = 2,
    parameter int VectorLanes = 4,
    parameter int MaxD        = 2048,
    parameter int ActBlocks   = 256,
    parameter int MaxHeads    = 32,
    parameter int QElements   = 2048,
    parameter int HeadWords   = 64,
    parameter int TcmBytes    = 16384,
    parameter int ValueDepth  = 256,
    parameter int MemoryMib   = 1024,
    parameter int ClockKhz    = 50000
);
  // A function call in a generate condition is beyond some of the tools: x is a power of two when x
  // & (x - 1) is 0 and x > 0.
  `LUOSHU_REQUIRE(gen_lanes, Lanes == 8 || Lanes == 32 || Lanes == 128,
      "luoshu: Lanes must be 8, 32 or 128")
  `LUOSHU_REQUIRE(gen_columns, Columns >= 2 && (Columns & (Columns - 1)) == 0,
      "luoshu: Columns must be a power of two, at least 2")
  `LUOSHU_REQUIRE(gen_groups, Groups >= 1 && (Groups & (Groups - 1)) == 0,
      "luoshu: Groups must be a power of two, at least 1")
  // Token numbers have 6 bits.
  `LUOSHU_REQUIRE(gen_tokens, Columns < 1 || Groups <= 64 / Columns,
      "luoshu: Columns x Groups, the tokens of a pass, must be at most 64")
  // A beat holds Lanes / 4 words of 32 bits; luoshu_vector_act quantises up to 16 values at once.
  `LUOSHU_REQUIRE(gen_vector_lanes, VectorLanes >= 1 && VectorLanes <= 16
      && (VectorLanes & (VectorLanes - 1)) == 0 && 4 * VectorLanes <= Lanes,
      "luoshu: VectorLanes must be a power of two, at most 16 and at most Lanes / 4")
  // Vectors have lengths of 16 bits in the commands.
  `LUOSHU_REQUIRE(gen_max_d, MaxD >= 32 && MaxD < 65536 && MaxD % 32 == 0,
      "luoshu: MaxD must be a multiple of 32, from 32 to 65504")
  `LUOSHU_REQUIRE(gen_act_blocks, ActBlocks > MaxD / 32 && ActBlocks <= 32768
      && (ActBlocks & (ActBlocks - 1)) == 0,
      "luoshu: ActBlocks must be a power of two, more than MaxD / 32 and at most 32768")
  // Heads are numbered with token and head side by side in an address; a head's number has 9 bits
  // at most.
  `LUOSHU_REQUIRE(gen_max_heads, MaxHeads >= 2 && MaxHeads <= 256
      && (MaxHeads & (MaxHeads - 1)) == 0,
      "luoshu: MaxHeads must be a power of two, from 2 to 256")
  // One head of the largest size fits; an element's number within a token has 16 bits.
  `LUOSHU_REQUIRE(gen_q_elements, QElements >= 256 && QElements <= 65536
      && (QElements & (QElements - 1)) == 0,
      "luoshu: QElements must be a power of two, from 256 to 65536")
  // The head buffer also holds the block buffer of the vector unit; 512 elements hold any split of
  // 256 into padded pairs.
  `LUOSHU_REQUIRE(gen_head_words, HeadWords >= 4 && HeadWords * VectorLanes >= 32
      && HeadWords * VectorLanes <= 512 && (HeadWords & (HeadWords - 1)) == 0,
      "luoshu: HeadWords must be a power of two, at least 4, HeadWords x VectorLanes 32 to 512")
  // The registers begin at 0x80000000, the window onto memory at 0x40000000. Firmware of 1 KiB is
  // the smallest that would be of use; today's needs 2 KiB (firmware/link.ld).
  `LUOSHU_REQUIRE(gen_tcm_bytes, TcmBytes >= 1024 && TcmBytes <= 1048576
      && (TcmBytes & (TcmBytes - 1)) == 0,
      "luoshu: TcmBytes must be a power of two, from 1024 to 1048576")
  // A request of the weight stream waits for room for up to 32 beats; its credits have 11 bits.
  `LUOSHU_REQUIRE(gen_value_depth, ValueDepth >= 32 && ValueDepth <= 1024
      && (ValueDepth & (ValueDepth - 1)) == 0,
      "luoshu: ValueDepth must be a power of two, from 32 to 1024")
  // Byte addresses have 32 bits; with 8 lanes the counters of the link have 30.
  `LUOSHU_REQUIRE(gen_memory, MemoryMib >= 1 && MemoryMib <= ((Lanes < 32) ? 1024 : 4096),
      "luoshu: MemoryMib must be from 1 to 4096, with Lanes = 8 from 1 to 1024")
  `LUOSHU_REQUIRE(gen_clock, ClockKhz >= 1, "luoshu: ClockKhz must be at least 1")
endmodule
`default_nettype wire
