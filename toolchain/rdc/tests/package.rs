//! What a package's manifest says, and what wrong ones are told.

use std::fs;
use std::path::{Path, PathBuf};

use rdc_build::{Error, Language, Package, Sizes};
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
    assert_eq!(found.library.unwrap().canonicalize().unwrap(), library);
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

/// A folder with these files, which are empty unless there is something to say.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, contents) in files {
        add(&folder, path, contents);
    }
    folder
}

fn add(folder: &TempDir, path: &str, contents: &str) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

/// The modules of a package: their names, and of those in C the sources below its folder.
fn modules(package: &Package) -> Vec<(String, Vec<String>)> {
    let path = |source: &PathBuf| {
        source.strip_prefix(&package.folder).unwrap().to_string_lossy().into_owned()
    };
    let sources = |language: &Language| match language {
        Language::Rust => vec!["Rust".to_owned()],
        Language::C(sources) => sources.iter().map(path).collect(),
    };
    let modules = package.modules.iter();
    modules.map(|module| (module.name.clone(), sources(&module.language))).collect()
}

/// The same as it is expected.
fn expected(modules: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    modules.iter().map(|(name, sources)| ((*name).to_owned(), owned(sources))).collect()
}

#[test]
fn modules_in_c_lie_where_binaries_would() {
    let folder = folder(&[
        ("sums/src/main.c", ""),
        ("sums/src/shared.c", ""),
        ("sums/src/shared.h", ""),
        ("sums/src/bin/adder.c", ""),
        ("sums/src/bin/large/one.c", ""),
        ("sums/src/bin/large/two.c", ""),
        ("sums/src/bin/empty/notes.txt", ""),
        ("sums/equus.toml", "heap = 5000\n[module.adder]\nstack = 8192"),
    ]);
    let path = folder.path().join("sums");
    assert!(Package::is_c(&path));
    let package = Package::read_c(&path).unwrap();
    assert_eq!(
        modules(&package),
        expected(&[
            ("sums", &["src/main.c", "src/shared.c"]),
            ("adder", &["src/bin/adder.c", "src/shared.c"]),
            ("large", &["src/bin/large/one.c", "src/bin/large/two.c", "src/shared.c"]),
        ])
    );
    assert_eq!(package.modules[1].sizes, Sizes { stack: 8192, heap: 5000 });
    assert_eq!((package.name.as_str(), package.library), ("sums", None));
    assert_eq!(package.target_dir, path.canonicalize().unwrap().join("target"));
}

#[test]
fn a_source_is_a_package() {
    let folder = folder(&[("hello.c", ""), ("other.c", "")]);
    let path = folder.path().join("hello.c");
    assert!(Package::is_c(&path) && !Package::is_c(folder.path()));
    let package = Package::read_c(&path).unwrap();
    assert_eq!(modules(&package), expected(&[("hello", &["hello.c"])]));
    assert!(!Package::is_c(&folder.path().join("hello.rs")));
    let error = Package::read_c(&folder.path().join("nothing.c")).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
}

#[test]
fn a_package_may_have_both_languages() {
    let folder = package(&["app"], RDC);
    add(&folder, "app/src/bin/server.c", "");
    add(&folder, "app/src/shared.c", "");
    assert!(!Package::is_c(&folder.path().join("app")));
    let found = read(&folder).unwrap();
    assert_eq!(
        modules(&found),
        expected(&[("app", &["Rust"]), ("server", &["src/bin/server.c", "src/shared.c"])])
    );

    add(&folder, "app/src/bin/app.c", "");
    let error = read(&folder).unwrap_err().to_string();
    assert_eq!(error, "the package app has two modules of the name app");
}

#[test]
fn a_package_of_cargos_may_be_all_c() {
    let folder = package(&[], "");
    add(&folder, "app/src/main.c", "");
    assert_eq!(modules(&read(&folder).unwrap()), expected(&[("app", &["src/main.c"])]));
}

#[test]
fn a_wrong_package_in_c_is_told_why() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[("equus.toml", "")], "has no binary"),
        (&[("src/bin/a.c", ""), ("src/bin/b.c", "")], "does not say which of its modules"),
        (&[("src/main.c", ""), ("equus.toml", "stak = 1")], "unknown field `stak`"),
        (&[("src/main.c", ""), ("equus.toml", "primary = \"x\"")], "has no module x"),
    ];
    for (files, expected) in cases {
        let folder = folder(files);
        assert!(Package::is_c(folder.path()));
        let error = Package::read_c(folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    }
}
