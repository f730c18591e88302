| Programs in user mode, for the tests: copied to where abi::space has text begin.
| Each lies between two labels, NAME and NAME_end; Rust declares them.

    .equ STACK_TOP, 0x7FFF7000
    .equ DATA, 0x00011000               | behind a text of one page

    .macro PROGRAM name
    .section .rodata.\name,"a"
    .balign 4
    .globl  \name
\name:
    .endm

    .macro END_PROGRAM name
    .globl  \name\()_end
\name\()_end:
    .endm

| Sets all registers; calls with 42, and then with the result and 1.
    PROGRAM user_registers
    move.l  #0xD2D2D2D2,%d2
    move.l  #0xD3D3D3D3,%d3
    move.l  #0xD4D4D4D4,%d4
    move.l  #0xD5D5D5D5,%d5
    move.l  #0xD6D6D6D6,%d6
    move.l  #0xD7D7D7D7,%d7
    movea.l #0xA2A2A2A2,%a2
    movea.l #0xA3A3A3A3,%a3
    movea.l #0xA4A4A4A4,%a4
    movea.l #0xA5A5A5A5,%a5
    movea.l #0xA6A6A6A6,%a6
    moveq   #42,%d0
    moveq   #1,%d1
    movea.w #2,%a0
    movea.w #3,%a1
    trap    #0
    addq.l  #1,%d0
    trap    #0
    END_PROGRAM user_registers

| Stores its second long on the stack to the data, and calls with what was there.
    PROGRAM user_exchange
    movea.l #DATA,%a0
    move.l  (%a0),%d0
    move.l  4(%sp),(%a0)
    trap    #0
    bra.s   user_exchange
    END_PROGRAM user_exchange

| Pushes longs for ever.
    PROGRAM user_push
    move.l  %sp,-(%sp)
    bra.s   user_push
    END_PROGRAM user_push

| Counts for ever.
    PROGRAM user_count
    addq.l  #1,%d0
    bra.s   user_count
    END_PROGRAM user_count

| Pushes and pops all registers across a page border of the stack, once a round.
    PROGRAM user_movem
    movea.l #STACK_TOP-0x1000+20,%sp
    moveq   #7,%d7
    movem.l %d0-%d7/%a0-%a6,-(%sp)
    moveq   #0,%d7
    movem.l (%sp)+,%d0-%d7/%a0-%a6
    move.l  %d7,%d0
    trap    #0
    END_PROGRAM user_movem

| Invokes its launch endpoint with "ping", and exits with the first long of the reply.
    PROGRAM user_client
    movea.l 4(%sp),%a2                  | the start block
    movea.l #DATA,%a3                   | an empty message
    move.l  #0x70696E67,(%a3)
    moveq   #10,%d0                     | inc_invoke
    move.l  12(%a2),%d1                  | sb_launch
    movea.l %a3,%a0
    trap    #0
    move.l  (%a3),%d1
    tst.l   %d0
    bpl.s   1f
    move.l  %d0,%d1
1:  moveq   #5,%d0                      | inc_exit
    trap    #0
    illegal
    END_PROGRAM user_client

| Doubles 3 in FP0 for ever, and calls with each result. FP1 adds 0 if it was new.
    PROGRAM user_fpu
    moveq   #3,%d1
    fmove.l %d1,%fp0
    fadd.x  %fp1,%fp0
1:  fadd.x  %fp0,%fp0
    fmove.l %fp0,%d0
    trap    #0
    bra.s   1b
    END_PROGRAM user_fpu

| Calls with the long that %a0 points to, for ever.
    PROGRAM user_peek
    move.l  (%a0),%d0
    trap    #0
    bra.s   user_peek
    END_PROGRAM user_peek
