//! `equus/calls.h` of the C library is what the tables say; it compiles with the
//! compiler that modules are built with, and its structures have the sizes and
//! offsets of the Rust ones. `UPDATE_EXPECT=1 cargo test -p abi --test c_header`
//! writes it.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use abi::calls::c_header::calls_h;
use abi::constants::{Domain, RefType};
use abi::structs::{FIELDS, RefDescrip, SIZES};
use expect_test::expect_file;
use zerocopy::IntoBytes;

const COMPILER: &str = "m68k-linux-gnu-gcc";

/// Structures and fields that C does not have under these names.
fn is_rust_only(structure: &str, field: &str) -> bool {
    structure == "ObjectId" || field == "pad" || field == "rd_bits"
}

fn assertions() -> String {
    let mut text = String::from("#include \"calls.h\"\n#define OFFSET __builtin_offsetof\n");
    for (structure, size) in SIZES {
        let c_name = if *structure == "ObjectId" { "Objectid" } else { structure };
        writeln!(text, "_Static_assert(sizeof({c_name}) == {size}, \"{c_name}\");").unwrap();
    }
    for (structure, field, offset, size) in FIELDS {
        if is_rust_only(structure, field) {
            continue;
        }
        let name = format!("{structure}.{field}");
        writeln!(text, "_Static_assert(OFFSET({structure}, {field}) == {offset}, \"{name}\");")
            .unwrap();
        writeln!(
            text,
            "_Static_assert(sizeof((({structure} *)0)->{field}) == {size}, \"{name}\");"
        )
        .unwrap();
    }
    text
}

/// The bit fields' places cannot be asked for; what a compiled constant looks
/// like shows them.
const BIT_FIELDS: &str = "
const RefDescrip sample = { .rd_type = 3, .rd_obj = { .oi_port = 0x01020304 },
    .rd_keep = 1, .rd_domain = 2, .rd_flags = 5 };
";

#[test]
fn the_c_librarys_header_is_made_from_the_tables() {
    expect_file!["../../../rdc-lib/c/include/equus/calls.h"].assert_eq(&calls_h());
}

#[test]
fn the_header_matches_the_structures() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calls.h"), calls_h()).unwrap();
    fs::write(folder.path().join("layout.c"), assertions() + BIT_FIELDS).unwrap();
    let output = Command::new(COMPILER)
        .args(["-std=gnu11", "-ffreestanding", "-Wall", "-Werror", "-S", "-o", "-", "layout.c"])
        .current_dir(folder.path())
        .output()
        .unwrap_or_else(|error| panic!("{COMPILER}: {error}; run `cargo xtask setup`"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let assembly = String::from_utf8(output.stdout).unwrap();
    let bytes: Vec<i32> = assembly
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".byte\t"))
        .map(|number| number.parse().unwrap())
        .collect();
    let c_bits: Vec<u8> = bytes[bytes.len() - 4..].iter().map(|byte| *byte as u8).collect();
    let rust = RefDescrip::new(RefType::Port, 0x01020304, Domain::NoFurther, 5);
    assert_eq!(c_bits, rust.rd_bits.as_bytes(), "{assembly}");
}
