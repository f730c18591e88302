| The vector table and the way from an exception or interrupt into Rust and back.
|
| Exceptions save all registers below the processor's frame: `Registers` in
| cpu.rs is this layout. Interrupts save what a C function may change.

#include "routine.h"

    ROUTINE exception_entry
    .cfi_undefined %pc                  | backtraces go on from the frame
    movem.l %d0-%d7/%a0-%a6,-(%sp)
    move.l  %usp,%a0
    move.l  %a0,-(%sp)
    move.l  %sp,-(%sp)
    jsr     exception_dispatch
    addq.l  #4,%sp
    movea.l (%sp)+,%a0
    move.l  %a0,%usp
    movem.l (%sp)+,%d0-%d7/%a0-%a6
    rte
    END_ROUTINE exception_entry

| A second interrupt of a higher level may come in before the first instruction
| here; it then runs to its end, which is as good as having come first.
    .macro INTERRUPT level
interrupt_\level:
    move.w  #0x2700,%sr
    movem.l %d0-%d1/%a0-%a1,-(%sp)
    moveq   #\level,%d0
    bra.w   interrupt_common
    .endm

    .section .text.interrupt_common,"ax"
    INTERRUPT 1
    INTERRUPT 2
    INTERRUPT 3
    INTERRUPT 4
    INTERRUPT 5
    INTERRUPT 6
    INTERRUPT 7
    ROUTINE interrupt_common
    .cfi_undefined %pc                  | backtraces go on from the frame
    move.l  %a6,-(%sp)
    pea     20(%sp)
    move.l  %d0,-(%sp)
    jsr     interrupt_dispatch
    lea     12(%sp),%sp
    movem.l (%sp)+,%d0-%d1/%a0-%a1
    rte
    END_ROUTINE interrupt_common

| bool guarded_call(void (*routine)(void *), void *context, u32 *resume_sp)
| Calls the routine; 0 says that it returned, 1 that guarded_abort ended it.
    ROUTINE guarded_call
    movea.l 4(%sp),%a1
    move.l  8(%sp),%d0
    movea.l 12(%sp),%a0
    movem.l %d2-%d7/%a2-%a6,-(%sp)
    .cfi_adjust_cfa_offset 44
    move.l  %sp,(%a0)
    move.l  %d0,-(%sp)
    .cfi_adjust_cfa_offset 4
    jsr     (%a1)
    addq.l  #4,%sp
    .cfi_adjust_cfa_offset -4
    moveq   #0,%d0
guarded_leave:
    movem.l (%sp)+,%d2-%d7/%a2-%a6
    .cfi_adjust_cfa_offset -44
    rts
    END_ROUTINE guarded_call

| noreturn guarded_abort(u32 resume_sp): drops everything above the guarded_call
| that stored resume_sp, the exception frame included, and returns from it.
    .section .text.guarded_call,"ax"
    .globl guarded_abort
guarded_abort:
    movea.l 4(%sp),%sp
    moveq   #1,%d0
    bra.s   guarded_leave

    .section .rodata.exception_vectors,"a"
    .balign 4
    .globl exception_vectors
exception_vectors:
    .rept 25
    .long exception_entry
    .endr
    .long interrupt_1, interrupt_2, interrupt_3, interrupt_4
    .long interrupt_5, interrupt_6, interrupt_7
    .rept 256-32
    .long exception_entry
    .endr
