//! The examples of the README, built outside this tree as a reader would do it:
//! files and commands are taken from the text.

mod console;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use console::console;
use cross::Toolchain;

const README: &str = include_str!("../README.md");
const SECTION_PROGRAM: &str = "## A program";
const SECTION_LIBRARY: &str = "## A library for C";
/// Seconds, on a busy machine: core and alloc are compiled.
const COMMANDS_TIMEOUT_S: &str = "600";

/// The text of a section of the README.
fn section(title: &str) -> &'static str {
    let start = README.find(title).expect(title) + title.len();
    let rest = &README[start..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

/// A block of code.
struct Block {
    /// what stands on the line above it
    above: &'static str,
    language: &'static str,
    code: &'static str,
}

fn blocks(text: &'static str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\n```") {
        let (language, code) = after.split_once('\n').expect("a fence ends its line");
        let (code, behind) = code.split_once("\n```").expect("a fence is closed");
        blocks.push(Block { above: before.lines().last().unwrap_or_default(), language, code });
        rest = behind;
    }
    blocks
}

/// A folder with what a reader has typed in.
struct Reader {
    folder: tempfile::TempDir,
    toolchain: Toolchain,
}

impl Reader {
    fn new() -> Reader {
        let toolchain = Toolchain::find().expect("a toolchain for the 680x0");
        let reader = Reader { folder: tempfile::tempdir().unwrap(), toolchain };
        for title in [SECTION_PROGRAM, SECTION_LIBRARY] {
            for Block { above, code, .. } in blocks(section(title)) {
                if let Some(name) = above.strip_prefix('`').and_then(|name| name.strip_suffix('`'))
                {
                    reader.write(name, code);
                }
            }
        }
        reader
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs a section's commands in a folder, with cargo and ll2c on the path.
    fn run(&self, title: &str, folder: &str) -> Output {
        let blocks = blocks(section(title));
        let commands = blocks.iter().find(|block| block.language == "sh").expect("commands").code;
        let ll2c = Path::new(env!("CARGO_BIN_EXE_ll2c")).parent().unwrap();
        let cargo = self.toolchain.cargo.parent().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let places = [ll2c.to_owned(), cargo.to_owned()];
        let path = std::env::join_paths(places.into_iter().chain(std::env::split_paths(&path)));
        let mut shell = Command::new("timeout");
        shell.args([COMMANDS_TIMEOUT_S, "sh", "-euc", commands]).current_dir(self.path(folder));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO") && name != "CARGO_HOME" {
                shell.env_remove(name);
            }
        }
        shell.env("PATH", path.unwrap()).env("RUSTC", &self.toolchain.rustc);
        let output = shell.output().expect("there is a shell");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{commands}\n{errors}");
        output
    }
}

/// Both examples, one after the other: since their profiles and flags are the same, the second
/// finds the core that cargo has compiled for the first.
#[test]
fn the_examples_of_the_readme_run() {
    let reader = Reader::new();
    let output = reader.run(SECTION_PROGRAM, "hello");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Hello from Rust\n");
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(!warnings.contains("warning"), "{warnings}");

    let config = std::fs::read_to_string(reader.path("hello/.cargo/config.toml")).unwrap();
    reader.write("sum/.cargo/config.toml", &config);
    symlink("../hello/target", reader.path("sum/target")).unwrap();
    reader.run(SECTION_LIBRARY, "sum");
    assert_eq!(console(&reader.path("sum/main")), "42\n");
}
