//! Into user mode and out of it: registers, calls, interrupts, separate spaces.

use super::{Bench, DATA, SMALL, program};
use abi::ids::UserAddr;
use abi::rdc_file::USER_BEGIN;
use abi::space::{PARAMETERS, STACK_TOP};
use kernel::platform::{Identity, Machine, Memory, Slot, Start};
use m68k::board::{self, Nanoseconds};
use m68k::context::Leave;
use m68k::interrupt::{self, Level};
use m68k::processor::Processor;
use m68k::test;
use qemu_virt::pool::BoardClock;
use qemu_virt::timer;

fn a_call_keeps_all_registers_but_its_result() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_registers, user_registers_end), SMALL);
    assert_eq!(bench.call(slot), 42);
    let registers = *bench.context(slot).registers();
    assert_eq!(registers.data[1..4], [1, 0xD2D2_D2D2, 0xD3D3_D3D3]);
    assert_eq!(registers.address[..3], [2, 3, 0xA2A2_A2A2]);
    bench.context(slot).registers_mut().data[0] = 1000;
    assert_eq!(bench.call(slot), 1001, "the result arrives");
    let later = bench.context(slot).registers();
    assert_eq!(later.data[1..], registers.data[1..]);
    assert_eq!((later.address, later.usp), (registers.address, registers.usp));
}
test!(a_call_keeps_all_registers_but_its_result);

fn spaces_are_separate() {
    let mut bench = Bench::new();
    let program = program!(user_exchange, user_exchange_end);
    let slots = [bench.load(program, SMALL), bench.load(program, SMALL)];
    for (slot, value) in slots.into_iter().zip([11_u32, 22]) {
        let written = bench.spaces.copy_out(slot, UserAddr(DATA.0), &value.to_be_bytes());
        assert_eq!(written, Ok(()));
    }
    for (slot, value) in slots.into_iter().zip([11, 22]) {
        assert_eq!(bench.call(slot), value);
    }
    for slot in slots {
        assert_eq!(bench.call(slot), PARAMETERS, "its own argument");
    }
}
test!(spaces_are_separate);

fn an_interrupt_takes_the_processor_from_user_code() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_count, user_count_end), SMALL);
    let mut counted = 0;
    for _ in 0..10 {
        timer::set_alarm(Nanoseconds(board::current().now().0 + 10_000));
        assert_eq!(bench.run(slot), Leave::Interrupt(Level(6)));
        interrupt::serve(Level(6));
        assert!(timer::served_at().is_some());
        let now = bench.context(slot).registers().data[0];
        assert!(now > counted, "it goes on where it was");
        counted = now;
    }
}
test!(an_interrupt_takes_the_processor_from_user_code);

fn the_stack_grows_by_faults_also_within_an_instruction() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_movem, user_movem_end), SMALL);
    assert_eq!(bench.call(slot), 7);
    assert_eq!(bench.spaces.usage(slot).stack, 2);
}
test!(the_stack_grows_by_faults_also_within_an_instruction);

/// A processor that has these slots at their first instructions.
fn processor(slots: &[Slot]) -> Processor<BoardClock> {
    let mut processor = Processor::new(BoardClock);
    for slot in slots {
        let start = Start {
            entry: UserAddr(USER_BEGIN),
            stack: UserAddr(STACK_TOP - 8),
            parameters: UserAddr(PARAMETERS),
        };
        processor.start(*slot, &start, Identity::default());
    }
    processor
}

/// Runs a slot of the processor until something ends it.
fn run(bench: &mut Bench, processor: &mut Processor<BoardClock>, slot: Slot) -> Leave {
    bench.spaces.activate(slot);
    processor.give_to(slot);
    // SAFETY: the space is active, the context was started.
    unsafe { processor.context(slot).run() }
}

fn everybody_has_an_fpu() {
    let mut bench = Bench::new();
    let program = program!(user_fpu, user_fpu_end);
    let slots = [bench.load(program, SMALL), bench.load(program, SMALL)];
    let mut processor = processor(&slots);
    let turns = [(0, 6), (0, 12), (1, 6), (0, 24), (1, 12), (1, 24), (0, 48)];
    for (turn, expected) in turns {
        assert_eq!(run(&mut bench, &mut processor, slots[turn]), Leave::Call);
        assert_eq!(processor.current().registers().data[0], expected, "slot {turn}");
    }
}
test!(everybody_has_an_fpu);

fn user_code_goes_on_with_the_registers_that_it_is_given() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_registers, user_registers_end), SMALL);
    let mut processor = processor(&[slot]);
    assert_eq!(run(&mut bench, &mut processor, slot), Leave::Call);
    let found = processor.registers(slot).expect("a call is between two instructions");
    assert_eq!(found.data[..4], [42, 1, 0xD2D2_D2D2, 0xD3D3_D3D3]);
    assert_eq!((found.address[2], found.sp()), (0xA2A2_A2A2, STACK_TOP - 8));
    // Behind the call: the result and 1 is called with.
    let mut given = found.at(found.pc, STACK_TOP - 64);
    given.data = [100, 11, 12, 13, 14, 15, 16, 17];
    given.address[..7].copy_from_slice(&[20, 21, 22, 23, 24, 25, 26]);
    given.ccr = 0xFF;
    processor.set_registers(slot, &given);
    let taken = processor.registers(slot).expect("nothing was begun");
    assert_eq!(taken.ccr, 0x1F, "only the condition codes are the user's");
    assert_eq!(run(&mut bench, &mut processor, slot), Leave::Call);
    let left = processor.registers(slot).expect("another call");
    assert_eq!((left.data[0], left.data[1..].to_vec()), (101, given.data[1..].to_vec()));
    assert_eq!((left.address, left.pc), (given.address, given.pc + 4));
    assert_eq!(left.ccr, 0, "what the addition has left");
}
test!(user_code_goes_on_with_the_registers_that_it_is_given);

/// While it has the FPU, and while another has it.
fn the_fpu_is_among_the_registers() {
    let mut bench = Bench::new();
    let program = program!(user_fpu, user_fpu_end);
    let slots = [bench.load(program, SMALL), bench.load(program, SMALL)];
    let mut processor = processor(&slots);
    let mut double = |processor: &mut Processor<BoardClock>, slot, expected| {
        assert_eq!(run(&mut bench, processor, slot), Leave::Call);
        assert_eq!(processor.current().registers().data[0], expected);
    };
    double(&mut processor, slots[0], 6);
    let six = processor.registers(slots[0]).expect("a call");
    double(&mut processor, slots[0], 12);
    processor.set_registers(slots[0], &six);
    double(&mut processor, slots[0], 12);
    double(&mut processor, slots[1], 6);
    assert_eq!(processor.registers(slots[0]).map(|registers| registers.data[0]), Some(12));
    processor.set_registers(slots[0], &six);
    double(&mut processor, slots[1], 12);
    double(&mut processor, slots[0], 12);
}
test!(the_fpu_is_among_the_registers);

fn an_instruction_that_has_begun_is_not_left() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_push, user_push_end), SMALL);
    let mut processor = processor(&[slot]);
    assert_eq!(run(&mut bench, &mut processor, slot), Leave::Exception, "the page is missing");
    assert_eq!(processor.registers(slot), None);
}
test!(an_instruction_that_has_begun_is_not_left);
