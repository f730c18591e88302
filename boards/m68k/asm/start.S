| Entry of a kernel image on a 68040: from physical addresses with the MMU off
| to Rust at the kernel's own virtual range.
|
| The image is linked at KERNEL_BASE + offset and loaded at slice + offset, for
| a slice that only the load decides. So everything up to `at_virtual` reaches
| its data through %d7 = physical address - virtual address of the image.
|
| The board has been here first: it leaves its clock, in nanoseconds, in %d5 (high)
| and %d6 (low).
|
| The boot tables map the first 4 MB of the slice, writable, just well enough to
| run the Rust code that builds the final tables (MC68040 User's Manual, 3.2).

    .equ BOOT_PAGES, 1024               | 4 MB of 4 KB pages
    .equ PAGE_TABLE_BYTES, 256          | 64 descriptors
    .equ ROOT_SLOT, 0xC0000000 >> 25    | KERNEL_BASE in the root table
    .equ TABLE_RESIDENT, 0x0A           | used, resident table
    .equ PAGE_RESIDENT, 0xB9            | supervisor, copyback, modified, used, resident
    .equ IDENTITY_16MB, 0xA020          | enabled, supervisor, copyback; exact top byte
    .equ TC_ENABLE_4K, 0x8000
    .equ CACHES_ON, 0x80008000

    .cfi_sections .debug_frame

    .section .text.start,"ax"
    .globl start_image
start_image:
    move.w  #0x2700,%sr
    lea     (start_image,%pc),%a0
    move.l  %a0,%d7
    sub.l   #start_image,%d7

    | A node that is started again finds its memory as it left it, and QEMU writes
    | only what an image's file holds: nobody else clears what has to be zero.
    lea     __bss_start,%a0
    adda.l  %d7,%a0
    lea     __bss_end,%a1
    adda.l  %d7,%a1
1:  clr.l   (%a0)+
    cmpa.l  %a1,%a0
    bcs.s   1b

    | page descriptors: one after another over all page tables
    lea     boot_page_tables,%a0
    adda.l  %d7,%a0
    move.l  #__kernel_base+PAGE_RESIDENT,%d0
    add.l   %d7,%d0
    move.w  #BOOT_PAGES-1,%d1
1:  move.l  %d0,(%a0)+
    add.l   #0x1000,%d0
    dbra    %d1,1b

    | pointer descriptors: one for each page table
    lea     boot_pointer_table,%a0
    adda.l  %d7,%a0
    move.l  #boot_page_tables+TABLE_RESIDENT,%d0
    add.l   %d7,%d0
    moveq   #BOOT_PAGES/64-1,%d1
1:  move.l  %d0,(%a0)+
    add.l   #PAGE_TABLE_BYTES,%d0
    dbra    %d1,1b

    lea     boot_root_table,%a0
    adda.l  %d7,%a0
    move.l  #boot_pointer_table+TABLE_RESIDENT,%d0
    add.l   %d7,%d0
    move.l  %d0,4*ROOT_SLOT(%a0)

    | ITT0 keeps the next instructions where they are while translation starts.
    move.l  %a0,%d0
    movec   %d0,%srp
    movec   %d0,%urp
    move.l  %d7,%d0
    add.l   #__kernel_base,%d0
    and.l   #0xFF000000,%d0
    or.l    #IDENTITY_16MB,%d0
    movec   %d0,%itt0
    moveq   #0,%d0
    movec   %d0,%itt1
    movec   %d0,%dtt0
    movec   %d0,%dtt1
    pflusha
    cinva   %bc
    move.l  #TC_ENABLE_4K,%d0
    movec   %d0,%tc
    movea.l #at_virtual,%a0             | gas would make `jmp at_virtual` relative
    jmp     (%a0)

    .type   at_virtual, @function
at_virtual:
    .cfi_startproc
    .cfi_undefined %pc
    moveq   #0,%d0
    movec   %d0,%itt0
    move.l  #CACHES_ON,%d0
    movec   %d0,%cacr
    lea     __stack_top,%sp
    lea     exception_vectors,%a0
    movec   %a0,%vbr
    add.l   #__kernel_base,%d7
    movem.l %d5-%d7,-(%sp)              | ascending: the clock comes first
    jsr     kernel_main
1:  stop    #0x2700
    bra.s   1b
    .cfi_endproc
    .size   at_virtual, . - at_virtual

    .section .bss.boot_tables,"aw",@nobits
    .balign 512
boot_root_table:
    .skip   512
boot_pointer_table:
    .skip   512
boot_page_tables:
    .skip   4*BOOT_PAGES
