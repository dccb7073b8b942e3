# SPDX-License-Identifier: Apache-2.0
# Reset entry at address 0: stack, trap vector, zeroed bss, then main. A trap is an error: it is reported and the core stops.
    .section .text.start
    .global _start
_start:
    la sp, _stack_top
    la t0, trap
    csrw mtvec, t0
    la t0, _bss_start
    la t1, _bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  call main
    j halt

    .balign 4
trap:
    csrr a0, mcause
    csrr a1, mepc
    call report_trap
halt:
    csrw mie, zero
1:  wfi
    j 1b
