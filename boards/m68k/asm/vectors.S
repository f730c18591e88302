| The vector table and the ways into the kernel and back.
|
| An exception or interrupt of user code leaves the running context: asm/user.S.
| Of the kernel itself, exceptions save all registers below the processor's frame
| (`Registers` in cpu.rs is this layout), interrupts what a C function may change.

#include "routine.h"
#include "user.h"

| Every way in begins by masking interrupts. One of a higher level can come in
| before that first instruction; interrupt_common sends it back to wait, since the
| stack is a context's then. So all first instructions lie between these labels.
    .section .text.entries,"ax"
entries_begin:
    .macro INTERRUPT level
interrupt_\level:
    move.w  #0x2700,%sr
    bra.w   masked_\level
    .endm
    INTERRUPT 1
    INTERRUPT 2
    INTERRUPT 3
    INTERRUPT 4
    INTERRUPT 5
    INTERRUPT 6
    INTERRUPT 7
exception_entry:
    move.w  #0x2700,%sr
    bra.w   exception_masked
trap_0_entry:
    move.w  #0x2700,%sr
entries_end:
    SAVE_USER LEFT_BY_CALL              | the kernel itself does not call

| The end of user_run: %d0 says why user mode was left, %sp is the saved registers.
    ALSO user_left
    .cfi_startproc
    .cfi_undefined %pc
    move.l  %sp,%d1
    movea.l kernel_sp,%sp
    .cfi_restore %pc
    .cfi_def_cfa_offset 48
    movea.l 48(%sp),%a0                 | user_run's argument
    move.l  %d1,(%a0)
    movem.l (%sp)+,%d2-%d7/%a2-%a6
    .cfi_def_cfa_offset 4
    rts
    END_ROUTINE user_left

    ROUTINE exception_masked
    .cfi_undefined %pc                  | backtraces go on from the frame
    btst    #FRAME_SUPERVISOR,(%sp)
    bne.s   1f
    LEAVE_USER LEFT_BY_EXCEPTION
1:  movem.l %d0-%d7/%a0-%a6,-(%sp)
    move.l  %usp,%a0
    move.l  %a0,-(%sp)
    move.l  %sp,-(%sp)
    jsr     exception_dispatch
    addq.l  #4,%sp
    movea.l (%sp)+,%a0
    move.l  %a0,%usp
    movem.l (%sp)+,%d0-%d7/%a0-%a6
    rte
    END_ROUTINE exception_masked

    .section .text.interrupt_common,"ax"
    .macro MASKED level
masked_\level:
    btst    #FRAME_SUPERVISOR,(%sp)
    bne.s   1f
    LEAVE_USER LEFT_BY_INTERRUPT+\level
1:  movem.l %d0-%d1/%a0-%a1,-(%sp)
    moveq   #\level,%d0
    bra.w   interrupt_common
    .endm
    MASKED 1
    MASKED 2
    MASKED 3
    MASKED 4
    MASKED 5
    MASKED 6
    MASKED 7
    ROUTINE interrupt_common
    .cfi_undefined %pc                  | backtraces go on from the frame
    movea.l 18(%sp),%a0                 | the frame's PC
    cmpa.l  #entries_begin,%a0
    bcs.s   1f
    cmpa.l  #entries_end,%a0
    bcs.s   postpone
1:  move.l  %a6,-(%sp)
    pea     20(%sp)
    move.l  %d0,-(%sp)
    jsr     interrupt_dispatch
    lea     12(%sp),%sp
    movem.l (%sp)+,%d0-%d1/%a0-%a1
    rte
postpone:
    movem.l (%sp)+,%d0-%d1/%a0-%a1
    or.w    #0x0700,(%sp)
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
    .long trap_0_entry
    .rept 256-33
    .long exception_entry
    .endr
