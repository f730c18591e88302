//! What a table answers, and what it says about bytes that are none.

use backtrace::build::{FrameRow, FunctionInfo, LineRow, build};
use backtrace::{End, Location, Pc, Registers, Rule, Symbol, Table, TableError};

fn function(start: u32, size: u32, name: &str) -> FunctionInfo {
    FunctionInfo { start, size, name: name.to_owned(), ..FunctionInfo::default() }
}

fn line(offset: u32, file: &str, line: u32) -> LineRow {
    LineRow { offset, location: Some((file.to_owned(), line)) }
}

#[test]
fn a_pc_belongs_to_the_function_around_it() {
    let bytes = build(&[function(0x2000, 0x10, "second"), function(0x1000, 0x10, "first")]);
    let table = Table::new(&bytes).unwrap();
    assert_eq!(table.lookup(0x0fff), None);
    assert_eq!(table.lookup(0x1000), Some(Symbol { name: "first", offset: 0 }));
    assert_eq!(table.lookup(0x100f), Some(Symbol { name: "first", offset: 15 }));
    assert_eq!(table.lookup(0x1010), None);
    assert_eq!(table.lookup(0x2004), Some(Symbol { name: "second", offset: 4 }));
    assert_eq!(table.lookup(u32::MAX), None);
}

#[test]
fn a_line_holds_up_to_the_next() {
    let mut main = function(0x1000, 0x1000, "main");
    main.lines = vec![
        line(2, "a.rs", 7),
        line(6, "b.rs", 1_000_000),
        LineRow { offset: 0x400, location: None },
        line(0x402, "a.rs", 8),
    ];
    let bytes = build(&[main]);
    let table = Table::new(&bytes).unwrap();
    let at =
        |offset: u32| table.location(0x1000 + offset).map(|Location { file, line }| (file, line));
    assert_eq!(at(0), None);
    assert_eq!(at(2), Some(("a.rs", 7)));
    assert_eq!(at(5), Some(("a.rs", 7)));
    assert_eq!(at(6), Some(("b.rs", 1_000_000)));
    assert_eq!(at(0x401), None);
    assert_eq!(at(0xfff), Some(("a.rs", 8)));
    assert_eq!(at(0x1000), None);
}

#[test]
fn a_line_that_does_not_fit_is_no_line() {
    let mut main = function(0x1000, 0x10, "main");
    main.lines = vec![line(0, "a.rs", 1 << 20), line(2, "a.rs", (1 << 20) - 1)];
    let bytes = build(&[main]);
    let table = Table::new(&bytes).unwrap();
    assert_eq!(table.location(0x1000), None);
    assert_eq!(table.location(0x1002), Some(Location { file: "a.rs", line: (1 << 20) - 1 }));
}

#[test]
fn equal_rows_and_names_are_kept_once() {
    let functions: Vec<_> = (0..100).map(|i| function(i * 16, 16, "the same name")).collect();
    let one = build(&functions[..1]).len();
    assert_eq!(build(&functions).len(), one + 99 * 20);
}

#[test]
fn what_is_no_table_is_told_apart() {
    let bytes = build(&[function(0x1000, 0x10, "main")]);
    assert_eq!(Table::new(&[]).unwrap_err(), TableError::Empty);
    assert_eq!(Table::new(b"\x7fELF and so on, far behind").unwrap_err(), TableError::NotATable);
    for length in 4..bytes.len() {
        assert_eq!(Table::new(&bytes[..length]).unwrap_err(), TableError::Truncated, "{length}");
    }
    let mut newer = bytes;
    newer[7] = 2;
    let error = Table::new(&newer).unwrap_err();
    assert_eq!(error.to_string(), "the table has version 2, this code reads 1");
}

#[test]
fn a_frame_prints_on_one_line() {
    let mut main = function(0xc000_1000, 0x40, "kernel::main");
    main.lines = vec![line(0, "kernel/src/main.rs", 12)];
    main.frames = vec![FrameRow { offset: 0, rule: Rule::Outermost }];
    let bytes = build(&[main]);
    let table = Table::new(&bytes).unwrap();
    let start = Registers { pc: Pc::Return(0xc000_1040), sp: 0, fp: 0 };
    let mut walk = table.unwind(start, |_| None);
    assert_eq!(walk.end(), None);
    assert_eq!(
        walk.next().unwrap().to_string(),
        "c0001040  kernel::main+0x40  at kernel/src/main.rs:12"
    );
    assert!(walk.next().is_none());
    assert_eq!(walk.end(), Some(End::Outermost));

    let elsewhere = Registers { pc: Pc::Interrupted(0x10), sp: 0, fp: 0 };
    let mut walk = table.unwind(elsewhere, |_| None);
    assert_eq!(walk.next().unwrap().to_string(), "00000010  unknown code");
    assert_eq!(walk.end(), Some(End::UnknownCode));
}
