| Into user mode and back, as a function call: context.rs.

#include "routine.h"

| u32 user_run(struct Context *context): why user mode was left. The first word of
| the context is the address of the saved registers; the frame lies behind them.
    ROUTINE user_run
    movea.l 4(%sp),%a0
    movem.l %d2-%d7/%a2-%a6,-(%sp)
    .cfi_adjust_cfa_offset 44
    move.l  %sp,kernel_sp
    movea.l (%a0),%sp
    movea.l (%sp)+,%a0
    move.l  %a0,%usp
    movem.l (%sp)+,%d0-%d7/%a0-%a6
    rte

    .globl  user_left
user_left:                              | %d0 says why, %sp is the saved registers
    move.l  %sp,%d1
    movea.l kernel_sp,%sp
    movea.l 48(%sp),%a0                 | user_run's argument
    move.l  %d1,(%a0)
    movem.l (%sp)+,%d2-%d7/%a2-%a6
    .cfi_adjust_cfa_offset -44
    rts
    END_ROUTINE user_run

    .section .bss.kernel_sp,"aw",@nobits
    .balign 4
kernel_sp:
    .skip   4
