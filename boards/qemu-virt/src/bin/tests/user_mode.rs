//! Code in user mode is kept from everything that is not its own.

use m68k::address::{PAGE_BYTES, VirtAddr};
use m68k::exception::{self, Access, Detail, Frame, Privilege, Vector};
use m68k::mmu::kernel::ArenaMemory;
use m68k::mmu::m68040::PageTables;
use m68k::mmu::{self, Owner, Protection, control};
use m68k::{cache, cpu, test};
use qemu_virt::memory;

const CODE: VirtAddr = VirtAddr(0x1000_0000);
const READ_ONLY: VirtAddr = VirtAddr(0x1000_1000);
const SUPERVISOR_ONLY: VirtAddr = VirtAddr(0x1000_2000);
const STACK: VirtAddr = VirtAddr(0x1000_3000);

/// `trap #0`: how the tests' programs end when nothing stops them.
const TRAP_0: u16 = 0x4E40;

/// User space of four pages.
fn build_space() -> PageTables<ArenaMemory> {
    let free = memory::map().expect("boot maps the slice").free;
    let phys = memory::slice().expect("boot maps the slice").phys(free);
    let mut tables = PageTables::new(ArenaMemory).expect("there are spare tables");
    let pages = [
        (CODE, mmu::Access::ReadOnly, Owner::User),
        (READ_ONLY, mmu::Access::ReadOnly, Owner::User),
        (SUPERVISOR_ONLY, mmu::Access::ReadWrite, Owner::Supervisor),
        (STACK, mmu::Access::ReadWrite, Owner::User),
    ];
    for (index, (virt, access, owner)) in (0..).zip(pages) {
        let page = phys.offset(index * PAGE_BYTES);
        tables.map(virt, page, Protection { access, owner }).expect("the space is empty");
    }
    tables
}

/// Runs words in user mode until an exception ends them.
fn run(words: &[u16]) -> Frame {
    let space = build_space();
    let code = memory::map().expect("boot maps the slice").free.pointer::<u16>();
    for (index, word) in words.iter().chain(&[TRAP_0]).enumerate() {
        // SAFETY: the program is far shorter than the free page it goes to.
        unsafe { code.add(index).write_volatile(*word) };
    }
    cache::publish_code();
    // SAFETY: the space gives its user free pages only; the guard takes the
    // processor back at the first exception.
    let ended = unsafe {
        control::set_user_root(space.root());
        exception::guarded(|| -> () { cpu::enter_user(CODE.0, STACK.0 + PAGE_BYTES) })
    };
    let frame = ended.expect_err("user code ends by an exception only");
    assert!(!frame.from_supervisor(), "{frame}");
    frame
}

/// Checks that words end at an access fault of the user's.
fn check_fault(words: &[u16], address: VirtAddr, access: Access) {
    let frame = run(words);
    let Detail::Access(fault) = frame.detail else {
        panic!("no access fault: {frame}");
    };
    assert_eq!((fault.address, fault.access), (address.0, access), "{frame}");
    assert_eq!(fault.privilege, Privilege::User, "{frame}");
}

/// `move.l (at).l,%d0`
fn load(at: VirtAddr) -> [u16; 3] {
    [0x2039, (at.0 >> 16) as u16, at.0 as u16]
}

/// `move.l %d0,(at).l`
fn store(at: VirtAddr) -> [u16; 3] {
    [0x23C0, (at.0 >> 16) as u16, at.0 as u16]
}

fn a_program_runs_to_its_trap() {
    let frame = run(&store(STACK));
    assert_eq!(frame.vector, Vector::TRAP_0, "{frame}");
    assert_eq!(frame.pc, CODE.0 + 8);
}
test!(a_program_runs_to_its_trap);

fn read_only_pages_refuse_writes() {
    assert_eq!(run(&load(READ_ONLY)).vector, Vector::TRAP_0);
    check_fault(&store(READ_ONLY), READ_ONLY, Access::Write);
}
test!(read_only_pages_refuse_writes);

fn supervisor_pages_refuse_users() {
    check_fault(&load(SUPERVISOR_ONLY), SUPERVISOR_ONLY, Access::Read);
    check_fault(&store(SUPERVISOR_ONLY), SUPERVISOR_ONLY, Access::Write);
}
test!(supervisor_pages_refuse_users);

fn the_kernel_and_its_devices_are_out_of_reach() {
    for at in [VirtAddr(0xC000_1000), VirtAddr(0xFF00_6000), VirtAddr(0)] {
        check_fault(&load(at), at, Access::Read);
        check_fault(&store(at), at, Access::Write);
    }
}
test!(the_kernel_and_its_devices_are_out_of_reach);

fn code_is_not_fetched_from_elsewhere() {
    let target = VirtAddr(0x1000_4000);
    // jmp (target).l
    let jump = [0x4EF9, (target.0 >> 16) as u16, target.0 as u16];
    check_fault(&jump, target, Access::Fetch);
}
test!(code_is_not_fetched_from_elsewhere);

fn privileged_instructions_are_refused() {
    // move.w #0x2700,%sr; movec %vbr,%d0; stop #0x2000; reset; rte
    let instructions: [&[u16]; 5] =
        [&[0x46FC, 0x2700], &[0x4E7A, 0x0801], &[0x4E72, 0x2000], &[0x4E70], &[0x4E73]];
    for words in instructions {
        let frame = run(words);
        assert_eq!(frame.vector, Vector::PRIVILEGE_VIOLATION, "{words:x?}: {frame}");
        assert_eq!(frame.pc, CODE.0);
    }
}
test!(privileged_instructions_are_refused);
