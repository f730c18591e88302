//! What a package says of its RDC: its modules, which of them is the primary one, and how much
//! memory each may use.
//!
//! ```toml
//! [package.metadata.equus]
//! primary = "wordcount"     # not needed for the only module, or one of the package's name
//! stack = 65536             # bytes; what all modules get that say nothing else
//! heap = 1048576
//!
//! [package.metadata.equus.module.worker]
//! heap = 4194304
//! ```
//!
//! Modules in Rust are the package's binaries, as cargo finds them; those in C lie where
//! binaries would ([`crate::c_sources`]). A package all of C has no `Cargo.toml`; then the
//! table is the contents of its `equus.toml`, if it has anything to say.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};
use serde::Deserialize;

use crate::c_sources::{self, CModule};
use crate::error::{Error, Result};

/// How much memory a module may use, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// its stack
    pub stack: u32,
    /// its heap
    pub heap: u32,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes { stack: 64 << 10, heap: 1 << 20 }
    }
}

/// What a module is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Language {
    /// a binary of the package
    Rust,
    /// these sources
    C(Vec<PathBuf>),
}

/// A module of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// its name: that of the binary, or of its source in C
    pub name: String,
    /// what it is made of
    pub language: Language,
    /// how much memory it may use
    pub sizes: Sizes,
}

/// A package of modules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// its name, and that of its RDC
    pub name: String,
    /// where its manifest is, or would be
    pub folder: PathBuf,
    /// its modules, the primary one first
    pub modules: Vec<Module>,
    /// where the library is that its modules in Rust are linked with
    pub library: Option<PathBuf>,
    /// where cargo would put what it builds
    pub target_dir: PathBuf,
}

/// `[package.metadata.equus]`, or `equus.toml`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    primary: Option<String>,
    #[serde(flatten)]
    sizes: SizeTable,
    #[serde(default)]
    module: BTreeMap<String, SizeTable>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SizeTable {
    stack: Option<u32>,
    heap: Option<u32>,
}

impl SizeTable {
    fn or(self, other: Sizes) -> Sizes {
        Sizes { stack: self.stack.unwrap_or(other.stack), heap: self.heap.unwrap_or(other.heap) }
    }
}

/// The table of a package that is all of C.
const MANIFEST: &str = "equus.toml";

impl Package {
    /// Asks `cargo` about the package in `folder`, and looks for modules in C.
    pub fn read(cargo: &Path, folder: &Path) -> Result<Package> {
        let metadata = MetadataCommand::new()
            .cargo_path(cargo)
            .current_dir(folder)
            .exec()
            .map_err(|source| Error::NoPackage { folder: folder.to_owned(), source })?;
        let root = metadata
            .root_package()
            .ok_or_else(|| Error::Workspace { folder: folder.to_owned() })?;
        let name = root.name.to_string();
        let folder = root.manifest_path.parent().expect("a manifest lies in a folder");
        let binaries: Vec<_> = root.targets.iter().filter(|target| target.is_bin()).collect();
        let library = if binaries.is_empty() { None } else { Some(library(&metadata, &name)?) };
        let binaries = binaries.iter().map(|target| (target.name.clone(), Language::Rust));
        let found = binaries.chain(in_c(folder.as_std_path(), &name)?).collect();
        let table = match root.metadata.get("equus") {
            Some(table) => Table::deserialize(table).map_err(|error| Error::Metadata {
                package: name.clone(),
                reason: error.to_string(),
            })?,
            None => Table::default(),
        };
        Ok(Package {
            modules: modules(&name, found, &table)?,
            folder: folder.into(),
            library,
            target_dir: metadata.target_directory.clone().into(),
            name,
        })
    }

    /// Whether a path leads to C that is no part of a package of cargo's: to a source, or to
    /// the folder of a package.
    pub fn is_c(path: &Path) -> bool {
        if path.is_dir() {
            !path.join("Cargo.toml").exists()
                && (path.join(MANIFEST).exists() || c_sources::is_package(path))
        } else {
            path.extension().is_some_and(|extension| extension == "c")
        }
    }

    /// Reads a package that is all of C: a folder, or a source that is the only module.
    pub fn read_c(path: &Path) -> Result<Package> {
        let path = path.canonicalize().map_err(Error::read(path))?;
        let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
        let name = name.unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() {
            let folder = path.parent().expect("a file lies in a folder").to_owned();
            let module = (name.clone(), Language::C(vec![path]));
            let modules = modules(&name, vec![module], &Table::default())?;
            return Ok(Package::of_c(name, folder, modules));
        }
        let table = manifest(&path)?;
        let modules = modules(&name, in_c(&path, &name)?.collect(), &table)?;
        Ok(Package::of_c(name, path, modules))
    }

    fn of_c(name: String, folder: PathBuf, modules: Vec<Module>) -> Package {
        let target_dir = folder.join("target");
        Package { name, folder, modules, library: None, target_dir }
    }
}

/// The modules in C of the package in a folder.
fn in_c(folder: &Path, package: &str) -> Result<impl Iterator<Item = (String, Language)>> {
    let modules = c_sources::modules(folder, package)?;
    Ok(modules.into_iter().map(|CModule { name, sources }| (name, Language::C(sources))))
}

/// What `equus.toml` says.
fn manifest(folder: &Path) -> Result<Table> {
    let path = folder.join(MANIFEST);
    match fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text)
            .map_err(|error| Error::Manifest { path, reason: error.to_string() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Table::default()),
        Err(error) => Err(Error::read(&path)(error)),
    }
}

/// The modules that were found, the primary one first.
fn modules(
    package: &str,
    mut found: Vec<(String, Language)>,
    table: &Table,
) -> Result<Vec<Module>> {
    let package = package.to_owned();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    if let Some([(module, _), _]) = found.array_windows().find(|[one, other]| one.0 == other.0) {
        return Err(Error::TwoModules { package, module: module.clone() });
    }
    let names: Vec<_> = found.iter().map(|(name, _)| name.clone()).collect();
    let all = names.join(", ");
    let primary = match (&table.primary, names.as_slice()) {
        (_, []) => return Err(Error::NoModules { package }),
        (Some(name), _) => name.clone(),
        (None, [only]) => only.clone(),
        (None, names) if names.contains(&package) => package.clone(),
        _ => return Err(Error::NoPrimary { package, modules: all }),
    };
    let known = |name: &&String| names.contains(name);
    if let Some(module) = table.module.keys().chain([&primary]).find(|name| !known(name)) {
        return Err(Error::NoSuchModule { package, module: module.clone(), modules: all });
    }
    found.sort_by_key(|(name, _)| *name != primary);
    let common = table.sizes.or(Sizes::default());
    let sizes = |name: &str| table.module.get(name).copied().unwrap_or_default().or(common);
    let module = |(name, language): (String, _)| Module { sizes: sizes(&name), name, language };
    Ok(found.into_iter().map(module).collect())
}

/// The folder of the crate `rdc` that the package uses.
fn library(metadata: &Metadata, package: &str) -> Result<PathBuf> {
    let library = metadata.packages.iter().find(|package| package.name.as_str() == "rdc");
    let library = library.ok_or_else(|| Error::NoLibrary { package: package.to_owned() })?;
    Ok(library.manifest_path.parent().expect("a manifest lies in a folder").into())
}
