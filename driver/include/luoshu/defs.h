/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from driver/defs/definitions.json by generate_defs; do not edit. C and C++. */
#ifndef LUOSHU_DEFS_H
#define LUOSHU_DEFS_H
#define LUOSHU_MAGIC 1280656212u /* 0x4C554354, 'LUCT' read as a big-endian word: the first identification register */
#define LUOSHU_VERSION 2u /* version of registers, commands and messages; host, firmware and hardware must agree */
#define LUOSHU_KEY_BLOCK 32u /* keys in one KV block */
#define LUOSHU_BLOCK 32u /* weights and activations that share one scale */
#define LUOSHU_TCM_BASE 0u /* firmware memory, bytes */
#define LUOSHU_REG_BASE 2147483648u /* control registers, bytes */
#define LUOSHU_MEMORY_WINDOW 1073741824u /* 1 GiB window of the control core onto device memory (from its address 0) */
#define LUOSHU_MAX_MESSAGE_WORDS 16u /* words of a message or event */
#define LUOSHU_STOP_IDS 4u /* token ids that end the decode loop in hardware */
#define LUOSHU_CONTEXT_STRIDE 16u /* bytes per token in a context bank */
#define LUOSHU_CONTEXT_BANK_STRIDE 2048u /* bytes between the context banks */
#define LUOSHU_MODE_INT8 0u /* int8 weights, fp16 scale per 32 */
#define LUOSHU_MODE_INT4 1u /* nibble - 8, fp16 scale per 32 */
#define LUOSHU_MODE_INT4M 2u /* nibble, fp16 scale and minimum per 32 */
#define LUOSHU_MODE_PLANES 3u /* 16-bit weights as a high and a low int8 plane */
#define LUOSHU_OP_EMBED 1u /* token ids of the context -> residual */
#define LUOSHU_OP_NORM 2u /* RMSNorm of the residual -> activations */
#define LUOSHU_OP_MATMUL 3u /* weight stream x activations -> result stream */
#define LUOSHU_OP_QKV 4u /* result stream -> bias, QK norm, RoPE -> q buffer and KV cache; its parameters, if any, are streamed by an Aux command before it */
#define LUOSHU_OP_ATTN 5u /* q buffer x KV cache -> activations */
#define LUOSHU_OP_RESID 6u /* result stream added to the residual */
#define LUOSHU_OP_SWIGLU 7u /* result stream (gate, up) -> activations */
#define LUOSHU_OP_LOGITS 8u /* result stream -> argmax, logits buffer */
#define LUOSHU_OP_ROPE 9u /* loads the RoPE step table */
#define LUOSHU_OP_AUX 10u /* streams parameters to the vector unit ahead of a Qkv */
#define LUOSHU_MSG_RUN 1u /* run a pass: word 1 flags (as SeqRun), 2 passes, 3 tokens T (1 to columns x groups; 1 in a decode loop), 4 program address (a multiple of lanes), 5 commands (1 to 65535); the host has written the context bank. Exactly these words, or one Error event (BadMessage, Capacity, Busy) and nothing else */
#define LUOSHU_MSG_STOP 2u /* end the decode loop that is at work with its next token, as SeqStop */
#define LUOSHU_MSG_SELF_TEST 3u /* word 1: bytes of device memory to test (from word 2), below 1 GiB */
#define LUOSHU_MSG_PING 4u /* answered by Pong with word 1 */
#define LUOSHU_EVT_READY 1u /* after boot: word 1 version, 2..5 memory self-test as SelfTestDone */
#define LUOSHU_EVT_TOKEN 2u /* word 1 token id, 2 token status register, 3 logit, 4 cycle of sampling */
#define LUOSHU_EVT_DONE 3u /* run finished: word 1 low word of the cycle; the tokens of the run were sent before, those of the next one come after; memory has answered every access of the run, none with an error */
#define LUOSHU_EVT_ERROR 4u /* word 1 Error register, 2 detail. BadOpcode, BusError, Watchdog: a soft reset has dropped every run and token that was not reported before; Trap: the core has stopped until it is started anew, 3 mcause; the others: only the message is refused */
#define LUOSHU_EVT_PONG 5u /* word 1 of Ping */
#define LUOSHU_EVT_SELF_TEST_DONE 6u /* word 1: 0 = passed, else the failing step, 2 address, 3 expected, 4 actual */
#define LUOSHU_ERR_NONE 0u /* no error */
#define LUOSHU_ERR_BAD_OPCODE 1u /* the sequencer fetched an unknown command */
#define LUOSHU_ERR_BUS_ERROR 2u /* device memory answered with an error */
#define LUOSHU_ERR_WATCHDOG 3u /* no progress within the watchdog's time */
#define LUOSHU_ERR_BAD_MESSAGE 4u /* the firmware does not know the message, or its words */
#define LUOSHU_ERR_BUSY 5u /* a run was asked for while two are there */
#define LUOSHU_ERR_TRAP 6u /* the control core trapped; detail = mepc */
#define LUOSHU_ERR_CAPACITY 7u /* a run exceeds the configuration */
/* command fields: word, first bit, width */
#define LUOSHU_CMD_OPCODE 0, 0, 8
#define LUOSHU_CMD_WAIT_A 0, 8, 4
#define LUOSHU_CMD_WAIT_B 0, 12, 4
#define LUOSHU_CMD_POST 0, 16, 4
#define LUOSHU_CMD_IF_LOGITS 0, 20, 1
#define LUOSHU_CMD_LAST 0, 21, 1
#define LUOSHU_CMD_BANK 0, 22, 1
#define LUOSHU_CMD_ADDRESS 1, 0, 32
#define LUOSHU_CMD_EMBED_D 2, 0, 16
#define LUOSHU_CMD_EMBED_KBLOCKS 3, 0, 16
#define LUOSHU_CMD_EMBED_MODE 3, 16, 3
#define LUOSHU_CMD_NORM_N 2, 0, 16
#define LUOSHU_CMD_ACT_JOINED 4, 2, 1
#define LUOSHU_CMD_ACT_VECTOR 4, 0, 2
#define LUOSHU_CMD_ACT_BLOCK 4, 16, 16
#define LUOSHU_CMD_NORM_INV_N 5, 0, 32
#define LUOSHU_CMD_NORM_EPS 6, 0, 32
#define LUOSHU_CMD_AUX_BYTES 7, 0, 32
#define LUOSHU_CMD_MATMUL_ROWS 2, 0, 20
#define LUOSHU_CMD_MATMUL_KBLOCKS 3, 0, 16
#define LUOSHU_CMD_MATMUL_MODE 3, 16, 3
#define LUOSHU_CMD_MATMUL_REF_EXPONENT 3, 24, 8
#define LUOSHU_CMD_MATMUL_SRC_BLOCK 4, 0, 16
#define LUOSHU_CMD_MATMUL_BEATS 5, 0, 32
#define LUOSHU_CMD_MATMUL_SRC_VECTOR 6, 0, 2
#define LUOSHU_CMD_QKV_HEADS 2, 0, 16
#define LUOSHU_CMD_QKV_KV_HEADS 2, 16, 16
#define LUOSHU_CMD_QKV_HEAD_DIM 3, 0, 9
#define LUOSHU_CMD_QKV_ROT 3, 16, 9
#define LUOSHU_CMD_QKV_HALVES 3, 25, 1
#define LUOSHU_CMD_QKV_BIAS 3, 26, 1
#define LUOSHU_CMD_QKV_QK_NORM 3, 27, 1
#define LUOSHU_CMD_QKV_INV_HEAD_DIM 4, 0, 32
#define LUOSHU_CMD_QKV_Q_SCALE 5, 0, 32
#define LUOSHU_CMD_QKV_EPS 6, 0, 32
#define LUOSHU_CMD_QKV_KV_BASE 7, 0, 32
#define LUOSHU_CMD_ATTN_HEADS 2, 0, 16
#define LUOSHU_CMD_ATTN_KV_HEADS 2, 16, 16
#define LUOSHU_CMD_ATTN_HEAD_DIM 3, 0, 9
#define LUOSHU_CMD_RESID_N 2, 0, 16
#define LUOSHU_CMD_SWIGLU_N 2, 0, 16
#define LUOSHU_CMD_LOGITS_VOCAB 2, 0, 20
#define LUOSHU_CMD_LOGITS_TOKEN_STRIDE 3, 0, 32
#define LUOSHU_CMD_ROPE_N 2, 0, 16
/* register byte offsets from LUOSHU_REG_BASE */
#define LUOSHU_REG_ID_MAGIC 0u /* Magic */
#define LUOSHU_REG_ID_VERSION 4u /* Version */
#define LUOSHU_REG_ID_LANES 8u /* lanes = bytes per beat */
#define LUOSHU_REG_ID_COLUMNS 12u /* columns */
#define LUOSHU_REG_ID_GROUPS 16u /* groups: tokens per pass = columns x groups */
#define LUOSHU_REG_ID_MAX_D 20u /* widest residual vector, elements */
#define LUOSHU_REG_ID_ACT_BLOCKS 24u /* activation blocks per token */
#define LUOSHU_REG_ID_MAX_HEADS 28u /* query heads */
#define LUOSHU_REG_ID_TCM_BYTES 32u /* firmware memory, bytes */
#define LUOSHU_REG_ID_MEMORY_MIB 36u /* device memory, MiB */
#define LUOSHU_REG_ID_CLOCK_KHZ 40u /* core clock (nominal in simulation) */
#define LUOSHU_REG_ID_Q_BYTES 44u /* q buffer: heads x padded head_dim per token, elements */
#define LUOSHU_REG_ID_VECTOR 48u /* vector unit: 15:0 elements per cycle, 31:16 words of a head */
#define LUOSHU_REG_CORE_CONTROL 64u /* bit 0: control core runs (0 holds it in reset) */
#define LUOSHU_REG_SOFT_RESET 68u /* write 1: sequencer, queues, streams and units return to idle; runs at work or queued, tokens, ends of runs and errors that wait are dropped and never reported; memory, context, messages, events and the RoPE steps stay. It lasts until memory has answered what was asked */
#define LUOSHU_REG_IRQ_PENDING 72u /* bit 0 message waiting, 1 token waiting, 2 run finished (the tokens before it were popped), 3 watchdog, 4 bus or command error */
#define LUOSHU_REG_IRQ_ENABLE 76u /* mask of IrqPending to the core's external interrupt */
#define LUOSHU_REG_IRQ_CLEAR 80u /* bit 2 drops the end of a run at the head of the token queue; bits 3 and 4 clear those of IrqPending */
#define LUOSHU_REG_ERROR 84u /* error code [7:0] of the first error since SoftReset, 0 = none; the other bits are 0 */
#define LUOSHU_REG_WATCHDOG 88u /* cycles without progress of a running program before the watchdog bit, 0 = off; waiting for room in the token queue is progress */
#define LUOSHU_REG_SCRATCH 92u /* no function in hardware, and the firmware leaves it alone: for tests of the bus */
#define LUOSHU_REG_SEQ_PROGRAM 128u /* address of the command program */
#define LUOSHU_REG_SEQ_COUNT 132u /* commands of the program, 1 to 65535 */
#define LUOSHU_REG_SEQ_PASSES 136u /* passes, at least 1; like all of a run it is taken with SeqRun */
#define LUOSHU_REG_SEQ_RUN 140u /* starts: [1:0] logits mode (0 none, 1 last, 2 all), [2] write logits to memory, [3] bank, [4] decode loop: token and position advance in hardware (one token, with logits); changes nothing while SeqStatus bit 1 is set */
#define LUOSHU_REG_SEQ_STATUS 144u /* bit 0 busy, bit 1: no room for another run (without bit 0: a soft reset lasts) */
#define LUOSHU_REG_SEQ_STOP 156u /* the next token of the decode loop at work is its last (TokenStatus bit 2); nothing where no loop is at work, a loop that is queued is not meant */
#define LUOSHU_REG_KV_HEAD_STRIDE 148u /* bytes between the KV blocks of two heads */
#define LUOSHU_REG_KV_BLOCK_BYTES 152u /* bytes of a KV block */
#define LUOSHU_REG_STOP_ID 160u /* token ids that end a decode loop, of every loop that samples while they are set; 0xffffffff = none */
#define LUOSHU_REG_CONTEXT_TOKENS 176u /* tokens T of a pass, per bank */
#define LUOSHU_REG_MESSAGE_DATA 192u /* pops a word of the host's message */
#define LUOSHU_REG_MESSAGE_STATUS 196u /* bit 0: a word is waiting, bit 1: it is the last of its message */
#define LUOSHU_REG_EVENT_DATA 200u /* a word of an event to the host */
#define LUOSHU_REG_EVENT_LAST 204u /* the last word of an event */
#define LUOSHU_REG_EVENT_STATUS 208u /* bit 0: a word can be written */
#define LUOSHU_REG_TOKEN_STATUS 212u /* [0] valid, [1] stop id, [2] last of its decode loop, [13:8] token index in the pass */
#define LUOSHU_REG_TOKEN_ID 216u /* sampled token (argmax) */
#define LUOSHU_REG_TOKEN_LOGIT 220u /* its logit, fp32 */
#define LUOSHU_REG_TOKEN_CYCLE 224u /* low word of the cycle of its sampling, or of the end of a run at the head */
#define LUOSHU_REG_TOKEN_POP 228u /* drops the token at the head */
#define LUOSHU_REG_CYCLE_LOW 256u /* cycles since reset */
#define LUOSHU_REG_CYCLE_HIGH 260u /* high word, latched by reading CycleLow */
#define LUOSHU_REG_COUNTER_CLEAR 264u /* clears the counters below */
#define LUOSHU_REG_COUNTER_ARRAY 272u /* busy, stalled on memory, stalled on dependency (cycles, 32 bits) */
#define LUOSHU_REG_COUNTER_ATTENTION 284u /* the same */
#define LUOSHU_REG_COUNTER_VECTOR 296u /* the same */
#define LUOSHU_REG_COUNTER_CONTROL 308u /* core awake, -, sequencer waiting for a full queue */
#define LUOSHU_REG_COUNTER_BYTES 320u /* beats read for weights, beats read for KV, beats written for KV, other beats */
#define LUOSHU_REG_CONTEXT 4096u /* per token (ContextStride) and bank (ContextBankStride): token id, position, kv_seq_offset, kv_block_offset */
/* X(name, lanes, columns, groups, vector_lanes, max_d, act_blocks, max_heads, q_elements, head_words, tcm_bytes, value_depth, memory_mib, clock_khz) for each named configuration */
#define LUOSHU_CONFIGURATIONS(X) \
  X(nano, 8u, 2u, 1u, 1u, 768u, 128u, 16u, 1024u, 256u, 2048u, 512u, 1024u, 54000u) \
  X(lab, 32u, 4u, 2u, 4u, 2048u, 256u, 32u, 2048u, 128u, 16384u, 256u, 1024u, 50000u) \
  X(wide, 128u, 8u, 4u, 16u, 4096u, 1024u, 64u, 8192u, 32u, 16384u, 512u, 4096u, 100000u)
#endif
