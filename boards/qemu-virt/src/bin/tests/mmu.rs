//! Every protection of the kernel's own pages faults as it should, and the frame
//! says what happened.

use core::mem::transmute;
use m68k::address::{KERNEL_BASE, PAGE_BYTES, VirtAddr};
use m68k::exception::{self, Access, Detail, Fault, Privilege, Vector};
use m68k::mmu::control::{self, MmuStatus, Space};
use m68k::mmu::{self, Owner, Protection, kernel};
use m68k::{stack, test};
use qemu_virt::memory;

/// Kernel addresses that no slice reaches.
const UNUSED: VirtAddr = VirtAddr(0xE000_0000);

/// Runs code that faults; returns what the frame says.
fn fault_of(code: impl FnOnce()) -> Fault {
    // SAFETY: the tests' accesses own nothing.
    let frame = unsafe { exception::guarded(code) }.expect_err("the access faults");
    assert_eq!((frame.vector, frame.format), (Vector::ACCESS_FAULT, 7));
    match frame.detail {
        Detail::Access(fault) => fault,
        other => panic!("not an access fault: {other:?}"),
    }
}

fn read(at: VirtAddr) {
    // SAFETY: guarded by `fault_of`.
    unsafe { at.pointer::<u32>().read_volatile() };
}

fn write(at: VirtAddr) {
    // SAFETY: guarded by `fault_of`.
    unsafe { at.pointer::<u32>().write_volatile(0) };
}

fn call(at: VirtAddr) {
    // SAFETY: guarded by `fault_of`; the fetch faults.
    let routine: extern "C" fn() = unsafe { transmute(at.pointer::<u8>()) };
    routine();
}

fn check(fault: Fault, address: VirtAddr, access: Access) {
    assert_eq!((fault.address, fault.access), (address.0, access), "{fault}");
    assert_eq!(fault.privilege, Privilege::Supervisor, "{fault}");
}

fn text_and_constants_are_read_only() {
    let read_only = kernel::read_only();
    let last = VirtAddr(read_only.end.0 - 4);
    for at in [read_only.start, last] {
        check(fault_of(|| write(at)), at, Access::Write);
        read(at);
    }
}
test!(text_and_constants_are_read_only);

fn address_zero_is_not_mapped() {
    check(fault_of(|| read(VirtAddr(0))), VirtAddr(0), Access::Read);
    check(fault_of(|| write(VirtAddr(4))), VirtAddr(4), Access::Write);
}
test!(address_zero_is_not_mapped);

fn the_guard_page_is_not_mapped() {
    let stack::Extent { guard, bottom, .. } = stack::extent();
    assert_eq!(guard.offset(PAGE_BYTES), bottom);
    let last = VirtAddr(bottom.0 - 4);
    check(fault_of(|| read(guard)), guard, Access::Read);
    check(fault_of(|| write(last)), last, Access::Write);
    read(bottom);
    read(VirtAddr(guard.0 - 4));
}
test!(the_guard_page_is_not_mapped);

fn memory_ends_where_the_slice_does() {
    let end = memory::map().expect("boot maps the slice").end();
    read(VirtAddr(end.0 - 4));
    check(fault_of(|| read(end)), end, Access::Read);
}
test!(memory_ends_where_the_slice_does);

fn instructions_are_not_fetched_from_nowhere() {
    check(fault_of(|| call(UNUSED)), UNUSED, Access::Fetch);
}
test!(instructions_are_not_fetched_from_nowhere);

fn devices_are_reached_by_data_accesses_only() {
    // A page that nobody has read: QEMU 7.2 lets code run on a page of a data
    // window once a data access has put it into its TLB.
    let device = VirtAddr(0xFF80_0000);
    check(fault_of(|| call(device)), device, Access::Fetch);
    read(VirtAddr(0xFF00_0000));
}
test!(devices_are_reached_by_data_accesses_only);

fn the_processor_and_the_walk_agree() {
    let slice = memory::slice().expect("boot maps the slice");
    let addresses = [
        kernel::read_only().start,
        kernel::image_end(),
        KERNEL_BASE.offset(slice.bytes - PAGE_BYTES),
    ];
    for at in addresses {
        let (phys, protection) = kernel::walk(at).target.expect("the kernel's own memory");
        let status = control::test_read(at, Space::Supervisor);
        assert!(status.contains(MmuStatus::RESIDENT | MmuStatus::SUPERVISOR), "{status:?}");
        assert_eq!(status.page().0, phys.0 & !(PAGE_BYTES - 1));
        let read_only = protection.access == mmu::Access::ReadOnly;
        assert_eq!(status.contains(MmuStatus::WRITE_PROTECTED), read_only, "{status:?}");
    }
    for at in [stack::extent().guard, UNUSED, VirtAddr(0)] {
        assert_eq!(kernel::walk(at).target, None);
        let status = control::test_read(at, Space::Supervisor);
        assert!(!status.contains(MmuStatus::RESIDENT), "{status:?}");
    }
    let device = control::test_read(VirtAddr(0xFF00_0000), Space::Supervisor);
    assert!(device.contains(MmuStatus::TRANSPARENT), "{device:?}");
}
test!(the_processor_and_the_walk_agree);

fn pages_can_be_mapped_protected_and_unmapped() {
    const READ_WRITE: Protection =
        Protection { access: mmu::Access::ReadWrite, owner: Owner::Supervisor };
    const READ_ONLY: Protection =
        Protection { access: mmu::Access::ReadOnly, owner: Owner::Supervisor };
    let page = memory::map().expect("boot maps the slice").free;
    let phys = memory::slice().expect("boot maps the slice").phys(page);
    // SAFETY: free memory gets a second name, which goes again.
    unsafe { kernel::change(UNUSED, |tables| tables.map(UNUSED, phys, READ_WRITE)) }
        .expect("the page is free");
    // SAFETY: both names are of the same free page.
    let seen = unsafe {
        UNUSED.pointer::<u32>().write_volatile(0x1234_5678);
        page.pointer::<u32>().read_volatile()
    };
    assert_eq!(seen, 0x1234_5678);
    // SAFETY: as above.
    unsafe { kernel::change(UNUSED, |tables| tables.protect(UNUSED, READ_ONLY)) }
        .expect("the page is mapped");
    read(UNUSED);
    check(fault_of(|| write(UNUSED)), UNUSED, Access::Write);
    // SAFETY: as above.
    let was = unsafe { kernel::change(UNUSED, |tables| tables.unmap(UNUSED)) };
    assert_eq!(was, Ok(phys));
    check(fault_of(|| read(UNUSED)), UNUSED, Access::Read);
}
test!(pages_can_be_mapped_protected_and_unmapped);
