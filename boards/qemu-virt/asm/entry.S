| The first instructions of an image on this board: the clock as they find it, so
| that all that follows is counted, and on to m68k/asm/start.S.

    .equ RTC, 0xFF006000                | devices/rtc.rs: the image's timer
    .equ TIME_HIGH, 4                   | latched by reading the low half

    .cfi_sections .debug_frame

    .section .text.start,"ax"
    .globl _start
    .type   _start, @function
_start:
    .cfi_startproc
    .cfi_undefined %pc
    movea.l #RTC,%a0
    move.l  (%a0),%d6
    move.l  TIME_HIGH(%a0),%d5
    bra.w   start_image
    .cfi_endproc
    .size   _start, . - _start
