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
    END_ROUTINE user_run

    .section .bss.kernel_sp,"aw",@nobits
    .balign 4
    .globl  kernel_sp
kernel_sp:
    .skip   4
