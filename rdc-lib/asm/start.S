| Where the kernel enters a module: at _start, to start it, and 8 bytes behind that
| (ENTRY_OFFSET in kernel/abi, interrupt.rs), to have it call a handler.

#include "routine.h"

| As in kernel/abi, interrupt.rs: the frame that the kernel has pushed then begins with
| the event and the address of the handler, and ends with A6, A7 and PC.
    .equ HANDLER, 16
    .equ FRAME_BYTES, 208
    .equ INTERRUPT_RETURN, 76           | the call's number

| void _start(const StartBlock *block): src/start.rs goes on
    ROUTINE _start
    jmp     (rdc_start).l
    nop
    END_ROUTINE _start

| %sp is the frame. Backtraces go on from it, to what was interrupted.
    ALSO rdc_interrupt
    .cfi_startproc
    .cfi_def_cfa_offset FRAME_BYTES
    .cfi_offset %a6,-12
    pea     (%sp)
    .cfi_adjust_cfa_offset 4
    movea.l HANDLER+4(%sp),%a0
    jsr     (%a0)
    addq.l  #4,%sp
    .cfi_adjust_cfa_offset -4
    moveq   #INTERRUPT_RETURN,%d0
    trap    #0
    illegal                             | the frame is no frame any more
    END_ROUTINE rdc_interrupt

    .if rdc_interrupt - _start - 8
    .error "the kernel calls handlers 8 bytes behind the entry"
    .endif
