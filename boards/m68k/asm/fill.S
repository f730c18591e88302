| memset, memcmp and bcmp.
|
| What is longer is filled by MOVEM from where it is aligned to 4, what is short by
| a row of moves that is entered in the middle.

    .equ PART, 32                       | 8 registers
    .equ ROUND, 256
    .equ BULK, 128                      | from here on saving 7 registers pays

#include "routine.h"

    ROUTINE memset
    movea.l 4(%sp),%a0
    moveq   #0,%d0
    move.b  11(%sp),%d0
    mulu.l  #0x01010101,%d0             | the byte in all four places
    move.l  12(%sp),%d1
    cmp.l   #BULK,%d1
    bcc.s   fill_bulk

fill_longs:                             | fewer than BULK bytes are left
    movea.l %d1,%a1
    lsr.l   #2,%d1
    neg.l   %d1
    jmp     (1f,%pc,%d1.l*2)
    .rept   BULK/4-1
    move.l  %d0,(%a0)+
    .endr
1:  move.l  %a1,%d1
    btst    #1,%d1
    beq.s   2f
    move.w  %d0,(%a0)+
2:  btst    #0,%d1
    beq.s   3f
    move.b  %d0,(%a0)+
3:  move.l  4(%sp),%d0
    movea.l %d0,%a0
    rts

fill_bulk:
    movem.l %d2-%d7/%a2,-(%sp)
    .cfi_adjust_cfa_offset 28
    move.l  %a0,%d2                     | align the destination
    neg.l   %d2
    and.l   #3,%d2
    sub.l   %d2,%d1
    bra.s   2f
1:  move.b  %d0,(%a0)+
2:  dbra    %d2,1b
    move.l  %d0,%d2
    move.l  %d0,%d3
    move.l  %d0,%d4
    move.l  %d0,%d5
    move.l  %d0,%d6
    move.l  %d0,%d7
    movea.l %d0,%a2
    sub.l   #ROUND,%d1
    bcs.s   2f
1:  .set    offset, 0
    .rept   ROUND/PART
    movem.l %d0/%d2-%d7/%a2,offset(%a0)
    .set    offset, offset+PART
    .endr
    lea     ROUND(%a0),%a0
    sub.l   #ROUND,%d1
    bcc.s   1b
2:  add.l   #ROUND-PART,%d1
    bmi.s   4f
3:  movem.l %d0/%d2-%d7/%a2,(%a0)
    lea     PART(%a0),%a0
    sub.l   #PART,%d1
    bpl.s   3b
4:  add.l   #PART,%d1
    movem.l (%sp)+,%d2-%d7/%a2
    .cfi_adjust_cfa_offset -28
    bra     fill_longs
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
