//! Which symbol a name means in a program of several modules.

use std::path::PathBuf;

use ll2c::error::{Error, Result};
use ll2c::options::{Float, Options};
use ll2c::program::{ModuleId, Program, SymbolId};

/// A program of modules with these file names and texts.
fn program(modules: &[(&str, &str)]) -> Result<Program> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = modules.iter().map(|(name, _)| folder.path().join(name)).collect();
    for (path, (_, text)) in paths.iter().zip(modules) {
        std::fs::write(path, text).unwrap();
    }
    Program::load(&paths)
}

fn at(number: u32, index: u32) -> SymbolId {
    SymbolId { module: ModuleId(number), index }
}

/// The names of the roots.
fn roots(program: &Program, options: &Options) -> Vec<String> {
    let roots = program.roots(options).unwrap();
    roots.iter().map(|&root| program.symbol(root).name.to_string()).collect()
}

#[test]
fn a_local_symbol_hides_a_global_one() {
    let program = program(&[
        ("a.ll", "@x = internal global i8 1\n"),
        ("b.ll", "@x = global i8 2\n"),
        ("c.ll", "@x = external global i8\n"),
    ])
    .unwrap();
    assert_eq!(program.resolve(ModuleId(0), "x"), Some(at(0, 0)));
    assert_eq!(program.resolve(ModuleId(1), "x"), Some(at(1, 0)));
    assert_eq!(program.resolve(ModuleId(2), "x"), Some(at(1, 0)));
    assert_eq!(program.resolve(ModuleId(2), "y"), None);
}

#[test]
fn the_strongest_definition_wins_wherever_it_stands() {
    let weak = ("weak.ll", "@x = weak global i8 1\n@y = linkonce_odr global i8 1\n");
    let strong = ("strong.ll", "@x = global i8 2\n@y = weak_odr global i8 2\n");
    let other = ("other.ll", "@x = external global i8\n@y = available_externally global i8 3\n");
    for (modules, winner) in
        [([weak, strong, other], 1), ([other, strong, weak], 1), ([strong, other, weak], 0)]
    {
        let program = program(&modules).unwrap();
        for (name, index) in [("x", 0), ("y", 1)] {
            let found = program.resolve(ModuleId(2), name);
            assert_eq!(found, Some(at(winner, index)), "{name}");
            assert!(program.defines(found.unwrap()));
        }
    }
}

#[test]
fn what_nobody_defines_is_a_declaration() {
    let text = "declare void @f()\n@x = available_externally global i8 3\n";
    let program = program(&[("a.ll", text)]).unwrap();
    for name in ["f", "x"] {
        let found = program.resolve(ModuleId(0), name).expect("it is declared");
        assert!(!program.defines(found), "{name}");
    }
}

#[test]
fn aliases_are_followed_to_other_modules() {
    let program = program(&[
        ("a.ll", "@a = internal alias i8, ptr @b\ndeclare void @b()\n"),
        ("b.ll", "@b = alias i8, ptr @c\n@c = internal global i8 0\n"),
        ("c.ll", "@circle = internal alias i8, ptr @circle\n"),
    ])
    .unwrap();
    assert_eq!(program.resolve(ModuleId(0), "a"), Some(at(1, 1)));
    assert_eq!(program.resolve(ModuleId(2), "circle"), None);
}

#[test]
fn two_strong_definitions_are_an_error() {
    let modules = [("a.ll", "@x = global i8 1\n"), ("b.ll", "\n@x = global i8 1\n")];
    let Err(Error::Duplicate { name, at }) = program(&modules) else { panic!("it is accepted") };
    assert_eq!((name.as_str(), at.line), ("x", 2));
    assert!(at.path.ends_with("b.ll"));
}

const APP: &str = "\
@llvm.used = appending global [1 x ptr] [ptr @hidden]
@hidden = internal global i8 0
@TABLE = constant i8 0
define void @kmain() {
  ret void
}
define void @_RNvC1a4main() {
  ret void
}
define internal void @local() {
  ret void
}
declare void @elsewhere()
";

const BUILTINS: &str = "\
define weak hidden i32 @__adddf3() {
  ret i32 0
}
define weak hidden i32 @__udivdi3() {
  ret i32 0
}
define weak ptr @memcpy() {
  ret ptr null
}
";

#[test]
fn roots_are_what_others_can_know() {
    let program = program(&[("app-1.ll", APP), ("compiler_builtins-2.ll", BUILTINS)]).unwrap();
    let soft = Options::default();
    assert_eq!(roots(&program, &soft), ["TABLE", "kmain", "hidden", "__adddf3", "memcpy"]);
    let hard = Options { float: Float::Hard, ..Options::default() };
    assert_eq!(roots(&program, &hard), ["TABLE", "kmain", "hidden", "memcpy"]);
    let more = Options { roots: vec!["_RNvC1a4main".into()], ..hard.clone() };
    assert!(roots(&program, &more).contains(&"_RNvC1a4main".into()));
    for name in ["elsewhere", "nowhere"] {
        let missing = Options { roots: vec![name.into()], ..hard.clone() };
        assert!(matches!(program.roots(&missing), Err(Error::Undefined { .. })), "{name}");
    }
}

#[test]
fn an_alias_is_a_root_under_its_own_name() {
    let text = "@other = alias i8, ptr @x\n@x = internal global i8 0\n";
    let program = program(&[("a.ll", text)]).unwrap();
    assert_eq!(roots(&program, &Options::default()), ["other"]);
}

#[test]
fn the_allocator_shim_is_made_where_it_is_missing() {
    let alloc = "\
declare void @_RNvCsX_7___rustc26___rust_alloc_error_handler(i32, i32)
declare void @_RNvCsX_7___rustc35___rust_no_alloc_shim_is_unstable_v2()
define void @_RNvCsX_7___rustc25___rdl_alloc_error_handler(i32 %0, i32 %1) {
  unreachable
}
";
    let program = program(&[("alloc-1.ll", alloc)]).unwrap();
    let handler = "_RNvCsX_7___rustc26___rust_alloc_error_handler";
    assert_eq!(program.resolve(ModuleId(0), handler), Some(at(0, 2)));
    let nothing = "_RNvCsX_7___rustc35___rust_no_alloc_shim_is_unstable_v2";
    assert!(program.defines(program.resolve(ModuleId(0), nothing).unwrap()));
    assert_eq!(roots(&program, &Options::default()), [""; 0]);
}
