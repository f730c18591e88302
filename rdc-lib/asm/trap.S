| The trap into the kernel, one function of C for each number of arguments: the number of
| the call, then its arguments; they return what the kernel leaves in %d0. The kernel keeps
| all registers but those that a function may change anyway. Rust declares them in trap.rs.

#include "routine.h"

    ROUTINE rdc_trap0
    move.l  4(%sp),%d0
    trap    #0
    rts
    END_ROUTINE rdc_trap0

    ROUTINE rdc_trap1
    movem.l 4(%sp),%d0-%d1
    trap    #0
    rts
    END_ROUTINE rdc_trap1

    ROUTINE rdc_trap2
    movem.l 4(%sp),%d0-%d1/%a0
    trap    #0
    rts
    END_ROUTINE rdc_trap2

    ROUTINE rdc_trap3
    movem.l 4(%sp),%d0-%d1/%a0-%a1
    trap    #0
    rts
    END_ROUTINE rdc_trap3

    ROUTINE rdc_trap4
    move.l  %d2,-(%sp)
    .cfi_adjust_cfa_offset 4
    movem.l 8(%sp),%d0-%d1/%a0-%a1
    move.l  24(%sp),%d2
    trap    #0
    move.l  (%sp)+,%d2
    .cfi_adjust_cfa_offset -4
    rts
    END_ROUTINE rdc_trap4

    ROUTINE rdc_trap5
    movem.l %d2-%d3,-(%sp)
    .cfi_adjust_cfa_offset 8
    movem.l 12(%sp),%d0-%d1/%a0-%a1
    movem.l 28(%sp),%d2-%d3
    trap    #0
    movem.l (%sp)+,%d2-%d3
    .cfi_adjust_cfa_offset -8
    rts
    END_ROUTINE rdc_trap5
