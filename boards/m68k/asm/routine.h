| A routine that C can call, in a section of its own, with what debuggers and
| backtraces need: its type, its size, and where its return address lies. What
| it pushes it tells by `.cfi_adjust_cfa_offset`.

    .cfi_sections .debug_frame

    .macro ROUTINE name
    .section .text.\name,"ax"
    .globl  \name
    .type   \name, @function
\name:
    .cfi_startproc
    .endm

| A second name of the routine, at this place.
    .macro ALSO name
    .globl  \name
    .type   \name, @function
\name:
    .endm

    .macro END_ROUTINE name
    .cfi_endproc
    .size   \name, . - \name
    .endm
