| An exception handler around a Rust function: void handle(struct frame *).

        .text
        .globl  enter_handler
enter_handler:
        movem.l %d0-%d1/%a0-%a1, -(%sp)
        pea     16(%sp)
        jsr     handle
        addq.l  #4, %sp
        movem.l (%sp)+, %d0-%d1/%a0-%a1
        rte

| unsigned provoke_illegal(unsigned value): the handler skips the instruction.
        .globl  provoke_illegal
provoke_illegal:
        move.l  4(%sp), %d0
        illegal
        addq.l  #1, %d0
        rts

| unsigned provoke_division(void)
        .globl  provoke_division
provoke_division:
        moveq   #0, %d1
        moveq   #77, %d0
        divu.w  %d1, %d0
        rts

| unsigned sum_over_traps(void): the registers come through each trap unchanged.
        .globl  sum_over_traps
sum_over_traps:
        moveq   #10, %d0
        moveq   #20, %d1
        move.l  #300, %a0
        move.l  #4000, %a1
        trap    #0
        trap    #7
        trap    #15
        add.l   %d1, %d0
        add.l   %a0, %d0
        add.l   %a1, %d0
        rts
