| Routines that Rust calls, and that call Rust.

| unsigned add(unsigned a, unsigned b)
        .text
        .globl  add
add:    move.l  4(%sp), %d0
        add.l   8(%sp), %d0
        rts

| unsigned long long widen(unsigned high, unsigned low): the high half is in d0.
        .globl  widen
widen:  move.l  4(%sp), %d0
        move.l  8(%sp), %d1
        rts

| const char *behind(const char *string, unsigned count): a pointer is in a0.
        .globl  behind
behind: move.l  4(%sp), %a0
        add.l   8(%sp), %a0
        moveq   #-1, %d0
        rts

| signed char narrow(signed char a, unsigned short b): arguments fill 32 bits.
        .globl  narrow
narrow: move.l  4(%sp), %d0
        sub.l   8(%sp), %d0
        rts

| int call_back(int (*f)(signed char, unsigned short, unsigned long long, const char *)):
| all registers that a function must keep hold marks; the result is f's, or -1
| if one of the marks is gone.
        .globl  call_back
call_back:
        move.l  4(%sp), %a0
        movem.l %d2-%d7/%a2-%a6, -(%sp)
        moveq   #2, %d2
        moveq   #3, %d3
        moveq   #4, %d4
        moveq   #5, %d5
        moveq   #6, %d6
        moveq   #7, %d7
        move.l  %d2, %a2
        move.l  %d3, %a3
        move.l  %d4, %a4
        move.l  %d5, %a5
        move.l  %d6, %a6
        pea     text
        move.l  #0x9abcdef0, -(%sp)
        move.l  #0x12345678, -(%sp)
        pea     65535
        pea     -100
        jsr     (%a0)
        lea     20(%sp), %sp
        cmp.l   %d2, %a2
        bne     lost
        cmp.l   %d3, %a3
        bne     lost
        cmp.l   %d4, %a4
        bne     lost
        cmp.l   %d5, %a5
        bne     lost
        cmp.l   %d6, %a6
        bne     lost
        add.l   %d3, %d2
        add.l   %d4, %d2
        add.l   %d5, %d2
        add.l   %d6, %d2
        add.l   %d7, %d2
        moveq   #27, %d3
        cmp.l   %d3, %d2
        beq     kept
lost:   moveq   #-1, %d0
kept:   movem.l (%sp)+, %d2-%d7/%a2-%a6
        rts

        .section .rodata.routines, "a"
text:   .asciz  "from assembly"
