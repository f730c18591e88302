| memcpy and memmove, forwards or backwards.
|
| Forwards, what is longer goes by MOVE16 where both sides are equally far from a
| line of 16 bytes and the processor has it, else by MOVEM from where the
| destination is aligned to 4; the source may then still be at any address, which
| the 68020 and later allow. What is short enters a row of moves in the middle, at
| as many as it needs. Each move loads all that it stores, so the forward ways are
| right for any overlap with destination below source, and the backward one for the
| opposite. Pointers return in %a0 for C on m68k Linux, and in %d0 for everything
| else.

    .equ HALF, 32                       | d0 d2-d7 a2: QEMU spills more than 8
    .equ BLOCK, 2*HALF
    .equ BULK, 128                      | from here on saving 7 registers pays
    .equ LINE, 16
    .equ ROUND, 256

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
    bcc.s   forward_bulk

forward_longs:                          | fewer than BULK bytes are left
    move.l  %d1,%d0
    lsr.l   #2,%d0
    neg.l   %d0
    jmp     (1f,%pc,%d0.l*2)
    .rept   BULK/4-1
    move.l  (%a1)+,(%a0)+
    .endr
1:  btst    #1,%d1
    beq.s   2f
    move.w  (%a1)+,(%a0)+
2:  btst    #0,%d1
    beq.s   return_destination
    move.b  (%a1)+,(%a0)+
return_destination:
    move.l  4(%sp),%d0
    movea.l %d0,%a0
    rts

forward_bulk:
#ifdef __mc68040__
    move.l  %a0,%d0
    sub.l   %a1,%d0
    and.l   #LINE-1,%d0
    beq     forward_lines
#endif
    move.l  %a0,%d0                     | align the destination
    neg.l   %d0
    and.l   #3,%d0
    sub.l   %d0,%d1
    bra.s   2f
1:  move.b  (%a1)+,(%a0)+
2:  dbra    %d0,1b

    movem.l %d2-%d7/%a2,-(%sp)
    .cfi_adjust_cfa_offset 28
    sub.l   #ROUND,%d1
    bcs.s   2f
1:  .set    offset, 0
    .rept   ROUND/HALF
    movem.l (%a1)+,%d0/%d2-%d7/%a2
    movem.l %d0/%d2-%d7/%a2,offset(%a0)
    .set    offset, offset+HALF
    .endr
    lea     ROUND(%a0),%a0
    sub.l   #ROUND,%d1
    bcc.s   1b
2:  add.l   #ROUND-HALF,%d1
    bmi.s   4f
3:  movem.l (%a1)+,%d0/%d2-%d7/%a2
    movem.l %d0/%d2-%d7/%a2,(%a0)
    lea     HALF(%a0),%a0
    sub.l   #HALF,%d1
    bpl.s   3b
4:  add.l   #HALF,%d1
    movem.l (%sp)+,%d2-%d7/%a2
    .cfi_adjust_cfa_offset -28
    bra     forward_longs

#ifdef __mc68040__
forward_lines:
    move.l  %a0,%d0                     | to a line, in steps that align
    neg.l   %d0
    btst    #0,%d0
    beq.s   1f
    move.b  (%a1)+,(%a0)+
1:  btst    #1,%d0
    beq.s   2f
    move.w  (%a1)+,(%a0)+
2:  btst    #2,%d0
    beq.s   3f
    move.l  (%a1)+,(%a0)+
3:  btst    #3,%d0
    beq.s   4f
    move.l  (%a1)+,(%a0)+
    move.l  (%a1)+,(%a0)+
4:  and.l   #LINE-1,%d0
    sub.l   %d0,%d1
    move.l  %d1,%d0
    lsr.l   #8,%d1                      | whole rounds
    and.l   #ROUND-LINE,%d0
    lsr.l   #2,%d0                      | 4 bytes of code for each line
    neg.l   %d0
    jmp     (6f,%pc,%d0.l)
5:  .rept   ROUND/LINE
    move16  (%a1)+,(%a0)+
    .endr
6:  subq.l  #1,%d1
    bcc.s   5b
    move.l  4(%sp),%d1                  | what lies behind the last line
    add.l   12(%sp),%d1
    and.l   #LINE-1,%d1
    bra     forward_longs
#endif

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
    bra     return_destination
    END_ROUTINE memmove
