| memset, memcmp and bcmp.

    .equ BLOCK, 32
    .equ BULK, 2*BLOCK

#include "routine.h"

    ROUTINE memset
    movea.l 4(%sp),%a0
    moveq   #0,%d0
    move.b  11(%sp),%d0
    mulu.l  #0x01010101,%d0             | the byte in all four places
    move.l  12(%sp),%d1
    cmp.l   #BULK,%d1
    bcs.s   3f

    move.l  %d2,-(%sp)                  | align the destination
    .cfi_adjust_cfa_offset 4
    move.l  %a0,%d2
    neg.l   %d2
    and.l   #3,%d2
    sub.l   %d2,%d1
    bra.s   2f
1:  move.b  %d0,(%a0)+
2:  dbra    %d2,1b
    move.l  (%sp)+,%d2
    .cfi_adjust_cfa_offset -4

    sub.l   #BLOCK,%d1
1:  move.l  %d0,(%a0)+
    move.l  %d0,(%a0)+
    move.l  %d0,(%a0)+
    move.l  %d0,(%a0)+
    move.l  %d0,(%a0)+
    move.l  %d0,(%a0)+
    move.l  %d0,(%a0)+
    move.l  %d0,(%a0)+
    sub.l   #BLOCK,%d1
    bcc.s   1b
    add.l   #BLOCK,%d1

3:  bra.s   2f                          | fewer than BULK bytes are left
1:  move.b  %d0,(%a0)+
2:  dbra    %d1,1b
    move.l  4(%sp),%d0
    movea.l %d0,%a0
    rts
    END_ROUTINE memset

| int memcmp(const void *a, const void *b, size_t length). Longs are big-endian,
| so that the order of two longs as numbers is the order of their bytes.
    ROUTINE memcmp
    ALSO    bcmp
    movea.l 4(%sp),%a0
    movea.l 8(%sp),%a1
    move.l  12(%sp),%d1
    move.l  %d1,%d0
    lsr.l   #2,%d0
    bra.s   2f
1:  cmpm.l  (%a1)+,(%a0)+
    bne.s   different
    subq.l  #1,%d0
2:  tst.l   %d0
    bne.s   1b
    moveq   #3,%d0
    and.l   %d0,%d1
    bra.s   2f
1:  cmpm.b  (%a1)+,(%a0)+
    bne.s   different
2:  dbra    %d1,1b
    moveq   #0,%d0
    rts
different:
    bhi.s   1f
    moveq   #-1,%d0
    rts
1:  moveq   #1,%d0
    rts
    END_ROUTINE memcmp
