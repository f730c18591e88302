| memcpy and memmove: forwards or backwards, 64 bytes a round by MOVEM.
|
| The bulk loop starts where the destination is aligned to 4; the source may
| then still be at any address, which the 68020 and later allow. A half block is
| loaded whole before it is stored, so the forward loop is right for any overlap
| with destination below source, and the backward loop for the opposite.
| Pointers return in %a0 for C on m68k Linux, and in %d0 for everything else.

    .equ HALF, 32                       | d0 d2-d7 a2: QEMU spills more than 8
    .equ BLOCK, 2*HALF
    .equ BULK, 2*BLOCK                  | from here on saving 7 registers pays

#include "routine.h"

    ROUTINE memmove
    move.l  4(%sp),%d0
    sub.l   8(%sp),%d0
    cmp.l   12(%sp),%d0
    bcs     copy_backward               | source < destination < source + length
    ALSO    memcpy
    movea.l 4(%sp),%a0
    movea.l 8(%sp),%a1
    move.l  12(%sp),%d1
    cmp.l   #BULK,%d1
    bcs.s   forward_longs

    move.l  %a0,%d0                     | align the destination
    neg.l   %d0
    and.l   #3,%d0
    sub.l   %d0,%d1
    bra.s   2f
1:  move.b  (%a1)+,(%a0)+
2:  dbra    %d0,1b

    movem.l %d2-%d7/%a2,-(%sp)
    .cfi_adjust_cfa_offset 28
    sub.l   #BLOCK,%d1
1:  movem.l (%a1)+,%d0/%d2-%d7/%a2
    movem.l %d0/%d2-%d7/%a2,(%a0)
    movem.l (%a1)+,%d0/%d2-%d7/%a2
    movem.l %d0/%d2-%d7/%a2,HALF(%a0)
    lea     BLOCK(%a0),%a0
    sub.l   #BLOCK,%d1
    bcc.s   1b
    add.l   #BLOCK,%d1
    movem.l (%sp)+,%d2-%d7/%a2
    .cfi_adjust_cfa_offset -28

forward_longs:                          | fewer than BULK bytes are left
    move.l  %d1,%d0
    lsr.l   #2,%d0
    bra.s   2f
1:  move.l  (%a1)+,(%a0)+
2:  dbra    %d0,1b
    moveq   #3,%d0
    and.l   %d0,%d1
    bra.s   2f
1:  move.b  (%a1)+,(%a0)+
2:  dbra    %d1,1b
    bra.s   return_destination

copy_backward:
    movea.l 4(%sp),%a0
    movea.l 8(%sp),%a1
    move.l  12(%sp),%d1
    adda.l  %d1,%a0
    adda.l  %d1,%a1
    cmp.l   #BULK,%d1
    bcs.s   backward_longs

    move.l  %a0,%d0                     | align the destination's end
    and.l   #3,%d0
    sub.l   %d0,%d1
    bra.s   2f
1:  move.b  -(%a1),-(%a0)
2:  dbra    %d0,1b

    movem.l %d2-%d7/%a2,-(%sp)
    .cfi_adjust_cfa_offset 28
    sub.l   #BLOCK,%d1
1:  lea     -BLOCK(%a1),%a1
    movem.l HALF(%a1),%d0/%d2-%d7/%a2
    movem.l %d0/%d2-%d7/%a2,-(%a0)
    movem.l (%a1),%d0/%d2-%d7/%a2
    movem.l %d0/%d2-%d7/%a2,-(%a0)
    sub.l   #BLOCK,%d1
    bcc.s   1b
    add.l   #BLOCK,%d1
    movem.l (%sp)+,%d2-%d7/%a2
    .cfi_adjust_cfa_offset -28

backward_longs:
    move.l  %d1,%d0
    lsr.l   #2,%d0
    bra.s   2f
1:  move.l  -(%a1),-(%a0)
2:  dbra    %d0,1b
    moveq   #3,%d0
    and.l   %d0,%d1
    bra.s   2f
1:  move.b  -(%a1),-(%a0)
2:  dbra    %d1,1b

return_destination:
    move.l  4(%sp),%d0
    movea.l %d0,%a0
    rts
    END_ROUTINE memmove
