| The first instructions of an image, its exception vectors, and the way back
| from a panic. QEMU starts the image with the registers undefined, in
| supervisor mode, with .bss cleared.

        .section .text.start, "ax"
        .globl  _start
_start:
        move.w  #0x2700, %sr
        lea     stack_top, %sp
        lea     vectors, %a0
        movec   %a0, %vbr
        jsr     image_main
halted: stop    #0x2700
        jmp     halted

| void run_on_empty_stack(void (*function)(void)): the stack's content is lost.
        .section .text.run_on_empty_stack, "ax"
        .globl  run_on_empty_stack
run_on_empty_stack:
        move.l  4(%sp), %a0
        lea     stack_top, %sp
        jsr     (%a0)
        jmp     halted

| Every exception ends what was running: image_exception(frame) does not return.
        .section .text.exception, "ax"
exception:
        move.w  #0x2700, %sr
        pea     (%sp)
        jsr     image_exception
        jmp     halted

        .section .data.vectors, "aw"
        .balign 4
        .globl  vectors
vectors:
        .rept   256
        .long   exception
        .endr
