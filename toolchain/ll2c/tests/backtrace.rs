//! An image that panics ten calls deep prints the way there by itself.

mod console;

use std::path::Path;

use console::console;
use cross::{Build, Toolchain};

const MAIN: (&str, &str) = ("src/main.rs", include_str!("images/backtrace/src/main.rs"));
const START: (&str, &str) = ("start.S", include_str!("images/backtrace/start.S"));

/// The frames that the image must show below those of the panic itself: the
/// function, its source, and the marker of the line that calls.
const FRAMES: [(&str, (&str, &str), &str); 13] = [
    ("deep::eighth", MAIN, "// in eighth"),
    ("deep::seventh", MAIN, "// in seventh"),
    ("deep::sixth", MAIN, "// in sixth"),
    ("deep::fifth", MAIN, "// in fifth"),
    ("through_assembly", START, "| in through_assembly"),
    ("deep::fourth", MAIN, "// in the last fourth"),
    ("deep::fourth", MAIN, "// in fourth"),
    ("deep::fourth", MAIN, "// in fourth"),
    ("<deep::Twice as deep::Step>::second::{closure#0}", MAIN, "// in closure"),
    ("<deep::Twice as deep::Step>::second", MAIN, "// in second"),
    ("deep::first::<u64>", MAIN, "// in first"),
    ("begin", MAIN, "// in begin"),
    ("_start", START, "| in _start"),
];

/// The folder of the image's package.
const PACKAGE: &str = "tests/images/backtrace";

/// Builds the image and runs it: what it says on its console.
fn build_and_run() -> String {
    let toolchain = Toolchain::find().expect("a toolchain for the 680x0");
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join(PACKAGE);
    // Where `cargo xtask` builds kernels, with whom the image shares core.
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("m68k");
    let ll2c = Path::new(env!("CARGO_BIN_EXE_ll2c"));
    let images = Build::new(&toolchain, ll2c, package, target_dir)
        .run(|_| ())
        .unwrap_or_else(|error| panic!("{error}"));
    console(&images[0].path)
}

/// A frame as it is printed, without its address and offset.
fn frame(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once("  ")?;
    let (function, source) = rest.split_once("  at ")?;
    let (function, _) = function.rsplit_once('+')?;
    Some((function, source))
}

#[test]
fn a_panic_prints_the_way_there() {
    let console = build_and_run();
    let mut lines = console.lines();
    assert_eq!(
        lines.next(),
        Some("index out of bounds: the len is 5 but the index is 35"),
        "{console}"
    );
    let frames: Vec<_> = lines
        .by_ref()
        .map_while(frame)
        .skip_while(|(function, _)| !function.starts_with("deep::"))
        .map(|(function, source)| (function, source.rsplit_once(PACKAGE).map(|(_, file)| file)))
        .collect();
    let expected = FRAMES.map(|(function, (file, text), marker)| {
        let number = 1 + text.lines().position(|line| line.ends_with(marker)).expect(marker);
        (function, format!("/{file}:{number}"))
    });
    let expected: Vec<_> =
        expected.iter().map(|(function, source)| (*function, Some(source.as_str()))).collect();
    assert_eq!(frames, expected, "{console}");
    assert!(console.ends_with("end of the stack\n"), "{console}");
}
