| The plain loops that memcpy is measured against; see copy_loops.rs. The length
| is a multiple of 32 and not zero.

#include "routine.h"

    ROUTINE copy_loop_long
    movea.l 4(%sp),%a0
    movea.l 8(%sp),%a1
    move.l  12(%sp),%d0
    lsr.l   #2,%d0
1:  move.l  (%a1)+,(%a0)+
    subq.l  #1,%d0
    bne.s   1b
    rts
    END_ROUTINE copy_loop_long

    ROUTINE copy_loop_movem
    movea.l 4(%sp),%a0
    movea.l 8(%sp),%a1
    move.l  12(%sp),%d1
    lsr.l   #5,%d1
    movem.l %d2-%d7/%a2,-(%sp)
    .cfi_adjust_cfa_offset 28
1:  movem.l (%a1)+,%d0/%d2-%d7/%a2
    movem.l %d0/%d2-%d7/%a2,(%a0)
    lea     32(%a0),%a0
    subq.l  #1,%d1
    bne.s   1b
    movem.l (%sp)+,%d2-%d7/%a2
    .cfi_adjust_cfa_offset -28
    rts
    END_ROUTINE copy_loop_movem
