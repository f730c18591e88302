//! What a program that was built once relies on is written down in `border.txt`, so that no
//! change of it goes unnoticed: programs in use would fail without a word. A line that changes
//! or goes is a new [`ABI`]; a new line alone is not.
//! `UPDATE_EXPECT=1 cargo test -p abi --test border` writes it.

use std::fmt::Write;
use std::mem::offset_of;

use abi::calls::CALLS;
use abi::constants::CONSTANTS;
use abi::error::CallError;
use abi::interrupt::{ENTRY_OFFSET, InterruptFrame};
use abi::rdc_file::ABI;
use abi::service::{Operation, ServiceError};
use abi::start::StartBlock;
use abi::structs::{FIELDS, SIZES};
use expect_test::expect_file;

/// The names and offsets of fields.
macro_rules! offsets {
    ($structure:ident: $($field:ident)+) => {
        [$((concat!(stringify!($structure), ".", stringify!($field)),
            offset_of!($structure, $field)),)+]
    };
}

fn border() -> String {
    let mut lines = vec![format!("abi {ABI}"), format!("interrupts enter at {ENTRY_OFFSET}")];
    for info in CALLS {
        let arguments = info.arguments.iter().map(|it| [it.c_before, it.name, it.c_after].concat());
        let arguments = arguments.collect::<Vec<_>>().join(", ");
        lines.push(format!("{} {}{}({arguments})", info.call as u32, info.result, info.name));
    }
    lines.extend(CONSTANTS.iter().map(|it| format!("{} = {}", it.name, it.value)));
    lines.extend(CallError::ALL.iter().map(|it| format!("{} = {}", it.c_name(), it.code())));
    lines.extend(SIZES.iter().map(|(name, size)| format!("{name}: {size} bytes")));
    lines.extend(FIELDS.iter().map(|(structure, field, offset, size)| {
        format!("{structure}.{field}: {size} bytes at {offset}")
    }));
    let start = offsets!(StartBlock: sb_inc sb_port sb_aux sb_launch sb_space sb_names sb_pool
        sb_rdc sb_node sb_params);
    let frame = offsets!(InterruptFrame: if_event if_handler if_priority if_self if_ccr if_fpu
        if_data if_address if_pc);
    let fields = start.iter().chain(&frame);
    lines.extend(fields.map(|(field, offset)| format!("{field}: at {offset}")));
    lines.extend(Operation::ALL.iter().map(|it| format!("service {it:?} = {}", *it as i32)));
    lines.extend(ServiceError::ALL.iter().map(|it| format!("service {it:?} = {}", it.code())));
    lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("memory suffices");
        text
    })
}

#[test]
fn what_programs_rely_on_is_as_it_was() {
    expect_file!["border.txt"].assert_eq(&border());
}
