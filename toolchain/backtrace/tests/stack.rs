//! Walks over stacks: of made-up calls, damaged ones, and garbage.

use backtrace::build::{FrameRow, FunctionInfo, LineRow, build};
use backtrace::{Base, CallerFp, End, MAX_FRAMES, Pc, Registers, Rule, Table};
use proptest::collection::vec;
use proptest::prelude::*;

const TEXT: u32 = 0x1000;
/// Bytes of each function.
const SIZE: u32 = 0x40;
/// Where the innermost frame ends.
const SP: u32 = 0x8000;

/// How a function of a chain of calls lays its frame out.
#[derive(Clone, Copy, Debug)]
enum Layout {
    /// counted from SP, `bytes` beside the return address
    Plain { bytes: u32 },
    /// the same, and the caller's A6 is saved right below the return address
    /// while the function has its own use for A6
    SavesFp { bytes: u32 },
    /// `link`: A6 points to the caller's A6, `bytes` of unknown size below it
    Linked { bytes: u32 },
}

impl Layout {
    fn frames(self) -> Vec<FrameRow> {
        let (base, distance, fp) = match self {
            Layout::Plain { bytes } => (Base::Sp, bytes + 4, CallerFp::InRegister),
            Layout::SavesFp { bytes } => (Base::Sp, bytes + 8, CallerFp::Saved(8)),
            Layout::Linked { .. } => (Base::Fp, 8, CallerFp::Saved(8)),
        };
        vec![FrameRow { offset: 4, rule: Rule::Frame { base, distance, fp } }]
    }
}

/// Memory from [`SP`] up, and the registers of the innermost function.
struct Stack {
    words: Vec<u32>,
    fp: u32,
}

impl Stack {
    fn read(&self, address: u32) -> Option<u32> {
        assert!(address.is_multiple_of(2), "read at the odd address {address:#x}");
        self.words.get((address.checked_sub(SP)? / 4) as usize).copied()
    }

    /// The stack after `main` has called the functions of `chain`, the last of
    /// them innermost; `main` was called with a return address of zero.
    fn of_calls(chain: &[Layout]) -> Stack {
        let mut downwards = vec![0];
        let top = SP + 4 * total_words(chain);
        let mut fp = 0xdead_0000;
        for (index, layout) in chain.iter().enumerate() {
            if index > 0 {
                downwards.push(return_address(index as u32 - 1));
            }
            let bytes = match *layout {
                Layout::Plain { bytes } => bytes,
                Layout::SavesFp { bytes } => {
                    downwards.push(fp);
                    fp = 0xbad0_0001;
                    bytes
                }
                Layout::Linked { bytes } => {
                    downwards.push(fp);
                    fp = top - 4 * downwards.len() as u32;
                    bytes
                }
            };
            downwards.extend(std::iter::repeat_n(0x5555_5555, bytes as usize / 4));
        }
        Stack { words: downwards.into_iter().rev().collect(), fp }
    }
}

fn total_words(chain: &[Layout]) -> u32 {
    let words = |layout: &Layout| match layout {
        Layout::Plain { bytes } => bytes / 4 + 1,
        Layout::SavesFp { bytes } | Layout::Linked { bytes } => bytes / 4 + 2,
    };
    chain.iter().map(words).sum()
}

fn return_address(index: u32) -> u32 {
    TEXT + index * SIZE + 0x20
}

fn function(index: u32, layout: Layout) -> FunctionInfo {
    FunctionInfo {
        start: TEXT + index * SIZE,
        size: SIZE,
        name: format!("f{index}"),
        frames: layout.frames(),
        lines: vec![LineRow { offset: 0, location: Some((format!("f{index}.rs"), index + 1)) }],
    }
}

fn layouts() -> impl Strategy<Value = Vec<Layout>> {
    let layout =
        (0..3, (0_u32..50).prop_map(|words| words * 4)).prop_map(|(kind, bytes)| match kind {
            0 => Layout::Plain { bytes },
            1 => Layout::SavesFp { bytes },
            _ => Layout::Linked { bytes },
        });
    vec(layout, 1..MAX_FRAMES)
}

proptest! {
    #[test]
    fn all_callers_are_found(chain in layouts()) {
        let functions: Vec<_> = (0..).zip(&chain).map(|(i, &layout)| function(i, layout)).collect();
        let bytes = build(&functions);
        let stack = Stack::of_calls(&chain);
        let last = chain.len() as u32 - 1;
        let start = Registers { pc: Pc::Interrupted(return_address(last)), sp: SP, fp: stack.fp };
        let table = Table::new(&bytes).unwrap();
        let mut walk = table.unwind(start, |address| stack.read(address));
        let names: Vec<_> = walk.by_ref().map(|frame| frame.symbol.unwrap().name).collect();
        let expected: Vec<_> = (0..=last).rev().map(|index| format!("f{index}")).collect();
        prop_assert_eq!(names, expected);
        prop_assert_eq!(walk.end(), Some(End::Outermost));
    }

    #[test]
    fn garbage_ends(
        edits in vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        words in vec(prop_oneof![any::<u32>(), TEXT..TEXT + 0x800, SP..SP + 0x200], 0..200),
        pc in prop_oneof![any::<u32>(), TEXT..TEXT + 0x800],
        (sp, fp) in (any::<u32>(), any::<u32>()),
        sp_near in any::<bool>(),
    ) {
        let functions: Vec<_> = (0..20_u32)
            .map(|index| function(index, match index % 3 {
                0 => Layout::Plain { bytes: index * 4 },
                1 => Layout::SavesFp { bytes: index * 4 },
                _ => Layout::Linked { bytes: index * 4 },
            }))
            .collect();
        let mut bytes = build(&functions);
        for (index, value) in edits {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        let stack = Stack { words, fp };
        let sp = if sp_near { SP + sp % 0x100 } else { sp };
        for pc in [Pc::Interrupted(pc), Pc::Return(pc)] {
            let Ok(table) = Table::new(&bytes) else { continue };
            let mut walk = table.unwind(Registers { pc, sp, fp }, |address| stack.read(address));
            prop_assert!(walk.by_ref().count() <= MAX_FRAMES);
            prop_assert!(walk.end().is_some());
        }
    }

    #[test]
    fn any_bytes_are_answered(mut bytes in vec(any::<u8>(), 24..400), pc: u32, counts: [u8; 4]) {
        bytes[..8].copy_from_slice(b"eqbt\0\0\0\x01");
        for (word, count) in bytes[8..24].chunks_exact_mut(4).zip(counts) {
            word.copy_from_slice(&u32::from(count % 8).to_be_bytes());
        }
        if let Ok(table) = Table::new(&bytes) {
            let _ = table.lookup(pc);
            let _ = table.location(pc);
            let walk = table.unwind(Registers { pc: Pc::Interrupted(pc), sp: pc, fp: pc }, Some);
            prop_assert!(walk.count() <= MAX_FRAMES);
        }
    }
}

/// A stack of a function that calls itself for ever.
fn walk_recursion(read: impl FnMut(u32) -> Option<u32>) -> (usize, End) {
    let bytes = build(&[function(0, Layout::Plain { bytes: 0 })]);
    let table = Table::new(&bytes).unwrap();
    let start = Registers { pc: Pc::Return(return_address(0)), sp: SP, fp: 0 };
    let mut walk = table.unwind(start, read);
    (walk.by_ref().count(), walk.end().unwrap())
}

#[test]
fn an_endless_recursion_is_cut() {
    assert_eq!(walk_recursion(|_| Some(return_address(0))), (MAX_FRAMES, End::TooLong));
}

#[test]
fn a_damaged_stack_is_said_to_be() {
    assert_eq!(walk_recursion(|_| Some(TEXT + 7)), (1, End::Damaged));
    assert_eq!(walk_recursion(|_| None), (1, End::Unreadable(SP)));
    assert_eq!(walk_recursion(|_| Some(0x0666_0000)), (2, End::UnknownCode));
    assert_eq!(walk_recursion(|_| Some(0)), (1, End::Outermost));
}

#[test]
fn an_a6_below_the_stack_is_damage() {
    let bytes = build(&[function(0, Layout::Linked { bytes: 0 })]);
    let table = Table::new(&bytes).unwrap();
    let start = Registers { pc: Pc::Interrupted(return_address(0)), sp: SP, fp: SP - 16 };
    let mut walk = table.unwind(start, Some);
    assert_eq!((walk.by_ref().count(), walk.end()), (1, Some(End::Damaged)));
}

#[test]
fn a_call_at_the_very_end_belongs_to_its_function() {
    let mut first = function(0, Layout::Plain { bytes: 0 });
    first.frames = vec![FrameRow { offset: 0, rule: Rule::Unknown }];
    let bytes = build(&[first, function(1, Layout::Plain { bytes: 0 })]);
    let table = Table::new(&bytes).unwrap();
    let start = Registers { pc: Pc::Return(TEXT + SIZE), sp: SP, fp: 0 };
    let mut walk = table.unwind(start, |_| None);
    assert_eq!(walk.next().unwrap().to_string(), "00001040  f0+0x40  at f0.rs:1");
    assert_eq!(walk.end(), Some(End::NoFrameInformation));
}

#[test]
fn a_frame_row_holds_from_its_instruction_on() {
    let bytes = build(&[function(0, Layout::Plain { bytes: 12 })]);
    let table = Table::new(&bytes).unwrap();
    let read_at = |pc| {
        let mut address = 0;
        let start = Registers { pc: Pc::Interrupted(pc), sp: SP, fp: 0 };
        let _ = table
            .unwind(start, |read| {
                address = read;
                None
            })
            .next();
        address
    };
    assert_eq!(read_at(TEXT + 3), SP);
    assert_eq!(read_at(TEXT + 4), SP + 12);
}
