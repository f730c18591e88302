| The parts that are not Rust, with the directives that describe their frames.

    .cfi_sections .debug_frame

    .section .text.start, "ax"
    .globl  _start
    .type   _start, @function
_start:
    .cfi_startproc
    .cfi_undefined %pc                  | nobody called
    lea     __stack_top, %sp
    jsr     begin                       | in _start
1:  bra.s   1b
    .cfi_endproc
    .size   _start, . - _start

    .text

| uint32_t through_assembly(uint32_t (*callee)(uint32_t), uint32_t argument):
| calls it with D2 and A6 changed.
    .globl  through_assembly
    .type   through_assembly, @function
through_assembly:
    .cfi_startproc
    movem.l %d2/%a6, -(%sp)
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %a6, 4
    movea.l 12(%sp), %a0
    move.l  16(%sp), -(%sp)
    .cfi_adjust_cfa_offset 4
    movea.l #0x0badbad1, %a6
    jsr     (%a0)                       | in through_assembly
    addq.l  #4, %sp
    .cfi_adjust_cfa_offset -4
    movem.l (%sp)+, %d2/%a6
    .cfi_adjust_cfa_offset -8
    .cfi_restore %a6
    rts
    .cfi_endproc
    .size   through_assembly, . - through_assembly

| void capture_registers(uint32_t registers[3]): the caller's PC, SP and A6, as
| they are when this has returned.
    .globl  capture_registers
    .type   capture_registers, @function
capture_registers:
    .cfi_startproc
    movea.l 4(%sp), %a0
    move.l  (%sp), (%a0)+
    lea     4(%sp), %a1
    move.l  %a1, (%a0)+
    move.l  %a6, (%a0)
    rts
    .cfi_endproc
    .size   capture_registers, . - capture_registers

| A memory copy and its like, which Rust code may call.
    .globl  memcpy
    .type   memcpy, @function
memcpy:
    .cfi_startproc
    move.l  4(%sp), %d0
    movea.l %d0, %a0
    movea.l 8(%sp), %a1
    move.l  12(%sp), %d1
    bra.s   2f
1:  move.b  (%a1)+, (%a0)+
2:  subq.l  #1, %d1
    bcc.s   1b
    rts
    .cfi_endproc
    .size   memcpy, . - memcpy

    .globl  memset
    .type   memset, @function
memset:
    .cfi_startproc
    movea.l 4(%sp), %a0
    move.l  8(%sp), %d0
    move.l  12(%sp), %d1
    bra.s   2f
1:  move.b  %d0, (%a0)+
2:  subq.l  #1, %d1
    bcc.s   1b
    move.l  4(%sp), %d0
    rts
    .cfi_endproc
    .size   memset, . - memset
