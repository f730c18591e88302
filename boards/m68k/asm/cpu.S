| Instructions that no compiler emits, one routine each, as functions of C.
| Rust declares them in cpu.rs, cache.rs and mmu/control.rs.

#include "routine.h"

| u32 cpu_status(void)
    ROUTINE cpu_status
    moveq   #0,%d0
    move.w  %sr,%d0
    rts
    END_ROUTINE cpu_status

| void cpu_set_status(u32 status)
    ROUTINE cpu_set_status
    move.l  4(%sp),%d0
    move.w  %d0,%sr
    rts
    END_ROUTINE cpu_set_status

| u32 cpu_mask_interrupts(void): the status register before
    ROUTINE cpu_mask_interrupts
    moveq   #0,%d0
    move.w  %sr,%d0
    or.w    #0x0700,%sr
    rts
    END_ROUTINE cpu_mask_interrupts

| void cpu_wait_for_interrupt(void): returns masked, after at least one interrupt
    ROUTINE cpu_wait_for_interrupt
    stop    #0x2000
    move.w  #0x2700,%sr
    rts
    END_ROUTINE cpu_wait_for_interrupt

| void cpu_admit_interrupts(void): returns masked, after those that were pending
    ROUTINE cpu_admit_interrupts
    move.w  #0x2000,%sr
    nop
    move.w  #0x2700,%sr
    rts
    END_ROUTINE cpu_admit_interrupts

| void cpu_capture(struct Registers *into): as the caller has them after the call
    ROUTINE cpu_capture
    move.l  %a0,-(%sp)
    .cfi_adjust_cfa_offset 4
    movea.l 8(%sp),%a0
    addq.l  #4,%a0
    movem.l %d0-%d7/%a0-%a6,(%a0)
    move.l  (%sp)+,32(%a0)
    .cfi_adjust_cfa_offset -4
    move.l  %usp,%a1
    move.l  %a1,-4(%a0)
    rts
    END_ROUTINE cpu_capture

| void cpu_here(struct Here *into): PC, SP and A6 of the caller after the call
    ROUTINE cpu_here
    movea.l 4(%sp),%a0
    move.l  (%sp),(%a0)+
    lea     4(%sp),%a1
    move.l  %a1,(%a0)+
    move.l  %a6,(%a0)
    rts
    END_ROUTINE cpu_here

| u64 cpu_divide(u32 high, u32 low, u32 divisor)
    ROUTINE cpu_divide
    move.l  4(%sp),%d0
    divul.l 12(%sp),%d1:%d0
    movea.l %d0,%a0
    move.l  8(%sp),%d0
    divu.l  12(%sp),%d1:%d0
    move.l  %d0,%d1
    move.l  %a0,%d0
    rts
    END_ROUTINE cpu_divide

| void fpu_exchange(struct FpuState *save, const struct FpuState *load)
    ROUTINE fpu_exchange
    movea.l 4(%sp),%a0
    fmovem.x %fp0-%fp7,(%a0)
    fmovem.l %fpcr/%fpsr/%fpiar,96(%a0)
    movea.l 8(%sp),%a0
    fmovem.x (%a0),%fp0-%fp7
    fmovem.l 96(%a0),%fpcr/%fpsr/%fpiar
    rts
    END_ROUTINE fpu_exchange

| void fpu_save(struct FpuState *save), void fpu_load(const struct FpuState *load)
    ROUTINE fpu_save
    movea.l 4(%sp),%a0
    fmovem.x %fp0-%fp7,(%a0)
    fmovem.l %fpcr/%fpsr/%fpiar,96(%a0)
    rts
    END_ROUTINE fpu_save
    ROUTINE fpu_load
    movea.l 4(%sp),%a0
    fmovem.x (%a0),%fp0-%fp7
    fmovem.l 96(%a0),%fpcr/%fpsr/%fpiar
    rts
    END_ROUTINE fpu_load

| u32 cpu_vector_base(void), u32 cpu_cache_control(void)
    ROUTINE cpu_vector_base
    movec   %vbr,%d0
    rts
    END_ROUTINE cpu_vector_base
    ROUTINE cpu_cache_control
    movec   %cacr,%d0
    rts
    END_ROUTINE cpu_cache_control

| void cache_push_all(void): writes back and invalidates both caches
    ROUTINE cache_push_all
    cpusha  %bc
    rts
    END_ROUTINE cache_push_all

| void cache_invalidate_instructions(void)
    ROUTINE cache_invalidate_instructions
    cinva   %ic
    rts
    END_ROUTINE cache_invalidate_instructions

| void mmu_set_dtt0(u32), mmu_set_dtt1(u32), mmu_set_urp(u32), mmu_set_srp(u32)
    ROUTINE mmu_set_dtt0
    move.l  4(%sp),%d0
    movec   %d0,%dtt0
    rts
    END_ROUTINE mmu_set_dtt0
    ROUTINE mmu_set_dtt1
    move.l  4(%sp),%d0
    movec   %d0,%dtt1
    pflusha                             | QEMU remembers pages of windows, too
    rts
    END_ROUTINE mmu_set_dtt1
    ROUTINE mmu_set_urp
    move.l  4(%sp),%d0
    movec   %d0,%urp
    pflusha
    rts
    END_ROUTINE mmu_set_urp
    ROUTINE mmu_set_srp
    move.l  4(%sp),%d0
    movec   %d0,%srp
    pflusha
    rts
    END_ROUTINE mmu_set_srp

| u32 mmu_translation_control(void)
    ROUTINE mmu_translation_control
    movec   %tc,%d0
    rts
    END_ROUTINE mmu_translation_control

| void mmu_flush_page(u32 address): of user and supervisor data and code
    ROUTINE mmu_flush_page
    movea.l 4(%sp),%a0
    moveq   #1,%d0
    movec   %d0,%dfc
    pflush  (%a0)
    moveq   #5,%d0
    movec   %d0,%dfc
    pflush  (%a0)
    rts
    END_ROUTINE mmu_flush_page

| void mmu_flush_user_page(u32 address): of user data and code
    ROUTINE mmu_flush_user_page
    movea.l 4(%sp),%a0
    moveq   #1,%d0
    movec   %d0,%dfc
    pflush  (%a0)
    rts
    END_ROUTINE mmu_flush_user_page

| u32 mmu_test_read(u32 address, u32 function_code), mmu_test_write: MMUSR
    ROUTINE mmu_test_read
    movea.l 4(%sp),%a0
    move.l  8(%sp),%d0
    movec   %d0,%dfc
    ptestr  (%a0)
    movec   %mmusr,%d0
    rts
    END_ROUTINE mmu_test_read
    ROUTINE mmu_test_write
    movea.l 4(%sp),%a0
    move.l  8(%sp),%d0
    movec   %d0,%dfc
    ptestw  (%a0)
    movec   %mmusr,%d0
    rts
    END_ROUTINE mmu_test_write
