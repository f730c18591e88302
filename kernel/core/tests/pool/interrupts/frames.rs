//! The frame on the user's stack: whatever is in it when the kernel reads it back, it harms
//! nobody but its incarnation.

use abi::calls::Call;
use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::interrupt::InterruptFrame;
use kernel::platform::Machine;
use kernel::view::Doing;
use zerocopy::IntoBytes;

use super::{FIRST, SECOND, error};
use crate::messages::{Cast, client_and_server};
use crate::support::memory::BASE;
use crate::support::{Inc, Pool};

/// A server whose handler of priority 3 runs.
fn interrupted() -> (Pool, Cast) {
    let (mut pool, mut cast) = client_and_server(2);
    assert_eq!(cast.server.handle_port(&mut pool, cast.server.port, FIRST, 3), 0);
    assert_eq!(cast.client.send(&mut pool, cast.stream, b"x", &[]), 0);
    assert_eq!(cast.server.handler(&mut pool), Some(FIRST));
    (pool, cast)
}

fn stack(pool: &mut Pool, inc: &Inc) -> u32 {
    inc.registers(pool).sp()
}

fn set_stack(pool: &mut Pool, inc: &Inc, sp: u32) {
    let registers = inc.registers(pool);
    pool.node(inc.node).machine().set_registers(inc.slot, &registers.at(registers.pc, sp));
}

#[test]
fn a_frame_lies_below_the_stack_and_keeps_all_registers() {
    let (mut pool, Cast { mut client, server, stream, .. }) = client_and_server(2);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    for below in [0, 2, 100] {
        let top = stack(&mut pool, &server);
        let mut before = server.registers(&mut pool).at(BASE + 0x1234, top - below);
        before.data = [0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7];
        before.address[..7].copy_from_slice(&[0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6]);
        before.ccr = 0x15;
        before.fpu = core::array::from_fn(|at| at as u32 + 1);
        pool.node(1).machine().set_registers(server.slot, &before);
        assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
        let frame = server.frame(&mut pool).expect("a handler");
        let inside = server.registers(&mut pool);
        assert_eq!(inside.sp() % 4, 0, "the stack of compiled code is aligned");
        assert!(inside.sp() + InterruptFrame::BYTES <= before.sp());
        assert_eq!((inside.data, inside.fpu), (before.data, before.fpu));
        assert_eq!((frame.if_pc.get(), frame.if_ccr.get()), (BASE + 0x1234, 0x15));
        server.end_handler(&mut pool);
        assert_eq!(server.registers(&mut pool), before);
    }
}

#[test]
fn a_frame_that_says_what_no_user_code_has_is_refused() {
    let (mut pool, Cast { mut server, .. }) = interrupted();
    let at = stack(&mut pool, &server);
    let good = server.frame_at(&mut pool, at);
    let mut wrong: Vec<(&str, InterruptFrame)> = Vec::new();
    for pc in [1, BASE + 0x201, u32::MAX] {
        wrong.push(("an odd address", InterruptFrame { if_pc: pc.into(), ..good }));
    }
    // The bits above are the supervisor's: trace, mask, mode.
    for bit in 5..32 {
        let ccr = good.if_ccr.get() | 1 << bit;
        wrong.push(("more than condition codes", InterruptFrame { if_ccr: ccr.into(), ..good }));
    }
    for priority in [8, 255, u32::MAX] {
        let if_priority = priority.into();
        wrong.push(("no priority", InterruptFrame { if_priority, ..good }));
    }
    for this in [0, at + 4, at.wrapping_neg()] {
        wrong.push(("another place", InterruptFrame { if_self: this.into(), ..good }));
    }
    for (what, frame) in wrong {
        server.write(&mut pool, at, frame.as_bytes());
        let before = server.registers(&mut pool);
        let result = server.quick(&mut pool, Call::InterruptReturn, [0; 5]);
        assert_eq!(error(result), Some(CallError::BadArgument), "{what}");
        let after = server.registers(&mut pool);
        assert_eq!((after.pc, after.address), (before.pc, before.address), "{what}");
        assert_eq!(server.set_priority(&mut pool, 3), 3, "{what}");
    }
    server.write(&mut pool, at, good.as_bytes());
    server.end_handler(&mut pool);
    assert_eq!(server.frame(&mut pool), None);
}

#[test]
fn where_no_memory_is_there_is_no_frame() {
    let (mut pool, Cast { server, .. }) = interrupted();
    let top = stack(&mut pool, &server);
    for sp in [0, 1, 4, BASE - 4, top + 0x4000, 0x8000_0000, u32::MAX - 100, u32::MAX] {
        set_stack(&mut pool, &server, sp);
        let result = server.quick(&mut pool, Call::InterruptReturn, [0; 5]);
        assert_eq!(error(result), Some(CallError::BadArgument), "{sp:#x}");
    }
    set_stack(&mut pool, &server, top);
    server.end_handler(&mut pool);
}

#[test]
fn who_has_no_frame_returns_nowhere() {
    let (mut pool, Cast { server, launch, .. }) = client_and_server(2);
    for inc in [server, launch] {
        let result = inc.quick(&mut pool, Call::InterruptReturn, [0; 5]);
        assert_eq!(error(result), Some(CallError::BadArgument));
    }
}

/// One may have oneself go on anywhere, as by a jump.
#[test]
fn a_forged_frame_is_a_jump() {
    let (mut pool, Cast { mut server, .. }) = interrupted();
    let at = stack(&mut pool, &server);
    let mut frame = server.frame_at(&mut pool, at);
    frame.if_pc = 0xdead_beee_u32.into();
    frame.if_priority = 6.into();
    frame.if_data[0] = 77.into();
    frame.if_address[7] = 0x66.into();
    server.write(&mut pool, at, frame.as_bytes());
    server.start(&mut pool, Call::InterruptReturn, [0; 5]);
    let registers = server.registers(&mut pool);
    assert_eq!((registers.pc, registers.sp()), (0xdead_beee, 0x66));
    assert_eq!(server.returned(&mut pool), Some(77));
    assert_eq!(server.set_priority(&mut pool, 0), 6);
}

/// Whoever closes what his handler is about may still return.
#[test]
fn a_handler_may_close_its_port() {
    let (mut pool, Cast { server, .. }) = interrupted();
    assert_eq!(server.quick(&mut pool, Call::Close, [server.port, 0, 0, 0, 0]), 0);
    server.end_handler(&mut pool);
    assert_eq!(server.frame(&mut pool), None);
    assert_eq!(server.set_priority(&mut pool, 0), 0);
}

/// Sends to a server whose stack pointer is `sp`, and answers how it has ended, if it has.
fn with_stack(sp: impl Fn(u32) -> u32) -> Option<(u32, u32)> {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let (server, handle, stream) = pool.create(&mut launch, 1);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    let top = stack(&mut pool, &server);
    set_stack(&mut pool, &server, sp(top));
    assert_eq!(launch.send(&mut pool, stream, b"x", &[]), 0);
    launch.start_events(&mut pool, &[(handle, EventType::Dead as u32)], 0);
    let end = launch.occurred(&mut pool);
    assert_eq!(end.is_empty(), pool.node(1).residents().iter().any(|one| one.slot == server.slot));
    end.first().map(|end| (end.ed_info1.get(), end.ed_info2.get()))
}

#[test]
fn a_stack_without_room_for_a_frame_is_a_fault() {
    let faulted = Some((EndReason::Faulted as u32, 2));
    assert_eq!(with_stack(|top| top), None);
    assert_eq!(with_stack(|top| top - 0x1000 + InterruptFrame::BYTES), None, "just enough");
    // Below the stack of these spaces is the heap's hole.
    assert_eq!(with_stack(|top| top - 0x1000 + InterruptFrame::BYTES - 4), faulted);
    for sp in [0, 2, 100, BASE + 300, 0x8000_0000, u32::MAX] {
        assert_eq!(with_stack(|_| sp), faulted, "{sp:#x}");
    }
}

#[test]
fn whoever_wants_to_know_of_faults_is_told_of_such_a_one() {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let (server, handle, stream) = pool.create(&mut launch, 1);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    set_stack(&mut pool, &server, 64);
    let faulting = [(handle, EventType::Faulting as u32)];
    launch.start_events(&mut pool, &faulting, 0);
    assert!(launch.occurred(&mut pool).is_empty());
    assert_eq!(launch.send(&mut pool, stream, b"x", &[]), 0);
    launch.start_events(&mut pool, &faulting, -1);
    let fault = launch.occurred(&mut pool)[0];
    assert_eq!(fault.ed_info1.get(), 2, "an access fault");
    assert_eq!(fault.ed_info2.get(), (64 - InterruptFrame::BYTES as i32) as u32, "its address");
    let residents = pool.node(1).residents();
    let doing = residents.iter().find(|one| one.slot == server.slot).map(|one| one.doing);
    assert_eq!(doing, Some(Doing::Faulting));
}

/// Frames of handlers that never return fill the stack, and nothing else.
#[test]
fn handlers_within_handlers_end_with_the_stack() {
    let (mut pool, Cast { mut client, server, stream, .. }) = client_and_server(2);
    assert_eq!(server.handle_port(&mut pool, server.port, SECOND, 1), 0);
    let mut depth = 0;
    while pool.node(1).residents().iter().any(|one| one.slot == server.slot) {
        assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
        // Somebody who lets himself be interrupted by his own handler.
        if pool.node(1).residents().iter().any(|one| one.slot == server.slot) {
            server.set_priority(&mut pool, 0);
            depth += 1;
        }
        assert!(depth < 100);
    }
    assert_eq!(depth, 0x1000 / InterruptFrame::BYTES);
}
