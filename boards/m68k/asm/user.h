| How user mode is left, for asm/vectors.S. While user code runs, the supervisor's
| stack pointer is the end of its context (`Context` in context.rs): the processor
| pushes its frame there, and the registers follow below.

    .equ FRAME_SUPERVISOR, 5            | the bit in the upper byte of the frame's SR

| Why user mode was left, as `Leave` in context.rs.
    .equ LEFT_BY_CALL, 0
    .equ LEFT_BY_EXCEPTION, 1
    .equ LEFT_BY_INTERRUPT, 8           | and the level

    .macro SAVE_USER why
    movem.l %d0-%d7/%a0-%a6,-(%sp)
    move.l  %usp,%a0
    move.l  %a0,-(%sp)
    moveq   #\why,%d0
    .endm

    .macro LEAVE_USER why
    SAVE_USER \why
    bra.w   user_left
    .endm
