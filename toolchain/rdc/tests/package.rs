//! What a package's manifest says, and what wrong ones are told.

use std::fs;
use std::path::{Path, PathBuf};

use rdc_build::{Error, Package, Sizes};
use tempfile::TempDir;

/// The cargo that runs this test.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").expect("cargo runs the tests").into()
}

/// A package `app` outside the tree, with these binaries and this end of its manifest. Its
/// crate `rdc` is a stand-in: only its place counts.
fn package(binaries: &[&str], rest: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}\n")
    };
    let write = |path: &str, contents: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    write("rdc/Cargo.toml", &manifest("rdc", "[workspace]"));
    write("rdc/src/lib.rs", "");
    write("app/Cargo.toml", &manifest("app", &format!("{rest}\n[workspace]")));
    write("app/src/lib.rs", "");
    for binary in binaries {
        write(&format!("app/src/bin/{binary}.rs"), "fn main() {}");
    }
    folder
}

fn read(folder: &TempDir) -> Result<Package, Error> {
    Package::read(&cargo(), &folder.path().join("app"))
}

const RDC: &str = "[dependencies]\nrdc = { path = \"../rdc\" }";

#[test]
fn the_primary_module_comes_first() {
    let rest = format!(
        "{RDC}\n[package.metadata.equus]\nprimary = \"two\"\nheap = 5000\n\
         [package.metadata.equus.module.one]\nstack = 8192"
    );
    let folder = package(&["one", "three", "two"], &rest);
    let found = read(&folder).unwrap();
    let names: Vec<_> = found.modules.iter().map(|module| module.name.as_str()).collect();
    assert_eq!(names, ["two", "one", "three"]);
    assert_eq!(found.modules[0].sizes, Sizes { stack: 64 << 10, heap: 5000 });
    assert_eq!(found.modules[1].sizes, Sizes { stack: 8192, heap: 5000 });
    let library = folder.path().join("rdc").canonicalize().unwrap();
    assert_eq!(found.library.canonicalize().unwrap(), library);
}

#[test]
fn an_only_module_is_the_primary_one() {
    let found = read(&package(&["something"], RDC)).unwrap();
    assert_eq!(found.modules.len(), 1);
    assert_eq!(found.modules[0].sizes, Sizes::default());
    let found = read(&package(&["aaa", "app"], RDC)).unwrap();
    assert_eq!(found.modules[0].name, "app", "the one of the package's name");
}

#[test]
fn a_wrong_package_is_told_why() {
    let metadata = |text: &str| format!("{RDC}\n[package.metadata.equus]\n{text}");
    let cases = [
        (package(&[], RDC), "has no binary"),
        (package(&["one", "two"], RDC), "does not say which of its modules"),
        (package(&["one"], &metadata("primary = \"nobody\"")), "has no module nobody"),
        (package(&["one"], &metadata("[package.metadata.equus.module.x]")), "has no module x"),
        (package(&["one"], &metadata("stak = 1")), "unknown field `stak`"),
        (package(&["one"], &metadata("stack = -1")), "is wrong: invalid value"),
        (package(&["one"], ""), "does not depend on the crate rdc"),
    ];
    for (folder, expected) in cases {
        let error = read(&folder).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    }
}

#[test]
fn a_folder_without_a_package_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Package::read(&cargo(), folder.path()).unwrap_err();
    assert!(matches!(error, Error::NoPackage { .. }), "{error}");
    let error = Package::read(&cargo(), Path::new("/nowhere")).unwrap_err();
    assert!(matches!(error, Error::NoPackage { .. }), "{error}");
}
