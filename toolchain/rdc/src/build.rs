//! Building a package's modules for the 680x0.

use std::fs;
use std::path::{Path, PathBuf};

use cross::{Build, Toolchain};
use sha2::{Digest, Sha256};

use crate::c_build;
use crate::error::{Error, Result};
use crate::pack::{ModuleFile, pack};
use crate::package::{Language, Module, Package};

/// How a module lies in memory.
pub(crate) const LINKER_SCRIPT: &str = include_str!("../../../linker/module.ld");
/// What ll2c is told for every module: that it runs on a 68030 and on everything later, and
/// that its reports name functions and lines.
pub(crate) const LL2C_ARGS: [&str; 4] =
    ["--cc-arg=-m68030", "--cc-arg=-O2", "--cc-arg=-g", "--backtrace"];

/// Builds packages of modules.
#[derive(Clone, Debug)]
pub struct Builder<'a> {
    ll2c: &'a Path,
    target_dir: PathBuf,
    toolchain: Option<&'a Toolchain>,
    c_library: Option<&'a Path>,
}

/// An RDC that was built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rdc {
    /// the RDC file
    pub path: PathBuf,
    /// the ELF files of its modules, for debuggers
    pub modules: Vec<ModuleFile>,
    /// bytes of the RDC file
    pub length: u64,
    /// what the compiler of C has to say, though it has compiled
    pub warnings: String,
}

impl<'a> Builder<'a> {
    /// Builds into `target_dir`: RDC files there, everything else in folders below. All builds
    /// into one folder share core and alloc.
    pub fn new(ll2c: &'a Path, target_dir: impl Into<PathBuf>) -> Builder<'a> {
        Builder { ll2c, target_dir: target_dir.into(), toolchain: None, c_library: None }
    }

    /// With the toolchain for modules in Rust.
    #[must_use]
    pub fn rust(self, toolchain: &'a Toolchain) -> Self {
        Builder { toolchain: Some(toolchain), ..self }
    }

    /// With the folder of the C library, for modules in C.
    #[must_use]
    pub fn c(self, library: &'a Path) -> Self {
        Builder { c_library: Some(library), ..self }
    }

    /// Builds the RDC of a package. Each line that cargo says on the way goes to `progress`.
    ///
    /// # Panics
    /// If the package has modules of a language that the builder was not given the means for.
    pub fn build(&self, package: &Package, mut progress: impl FnMut(&str)) -> Result<Rdc> {
        let mut modules = Vec::new();
        let mut warnings = String::new();
        for module in &package.modules {
            let elf = match &module.language {
                Language::Rust => self.rust_module(package, module, &mut progress)?,
                Language::C(sources) => {
                    progress(&format!("Compiling {} (C)", module.name));
                    let built = self.c_module(package, module, sources)?;
                    // What modules share is compiled with each of them.
                    if !warnings.contains(&built.warnings) {
                        warnings.push_str(&built.warnings);
                    }
                    built.elf
                }
            };
            modules.push(ModuleFile { name: module.name.clone(), elf, sizes: module.sizes });
        }
        let bytes = pack(&modules)?;
        let path = self.target_dir.join(format!("{}.rdc", package.name));
        fs::write(&path, &bytes).map_err(Error::write(&path))?;
        Ok(Rdc { path, modules, length: bytes.len() as u64, warnings })
    }

    fn rust_module(
        &self,
        package: &Package,
        module: &Module,
        progress: &mut impl FnMut(&str),
    ) -> Result<PathBuf> {
        let toolchain = self.toolchain.expect("a toolchain for modules in Rust");
        let images = Build::new(toolchain, self.ll2c, &package.folder, &self.target_dir)
            .arg(format!("--bin={}", module.name))
            .link_args(&self.link_args(package)?)
            .run(|line| progress(line))?;
        let built = images.into_iter().find(|image| image.name == module.name);
        let built = built.ok_or_else(|| Error::NotBuilt { module: module.name.clone() })?;
        Ok(built.path)
    }

    fn c_module(
        &self,
        package: &Package,
        module: &Module,
        sources: &[PathBuf],
    ) -> Result<c_build::Built> {
        c_build::Job {
            ll2c: self.ll2c,
            library: self.c_library.expect("a library for modules in C"),
            package: &package.folder,
            module: &module.name,
            sources,
            into: &self.target_dir.join("c").join(&package.name),
        }
        .run()
    }

    /// What ll2c is told: the linker script, and the routines in assembly of the library that
    /// the package uses.
    fn link_args(&self, package: &Package) -> Result<Vec<String>> {
        let library = package.library.as_deref().expect("modules in Rust have a library");
        let folder = self.link_inputs(library)?;
        let mut args: Vec<String> = LL2C_ARGS.map(str::to_owned).into();
        args.push(format!("-T{}", folder.join("module.ld").display()));
        args.extend(routines(&folder)?.iter().map(|path| path.display().to_string()));
        Ok(args)
    }

    /// Copies the inputs of a link into a folder whose name changes with them and with ll2c:
    /// cargo does not look into them, but links again when its command line is another.
    fn link_inputs(&self, library: &Path) -> Result<PathBuf> {
        let mut inputs = vec![("module.ld".into(), LINKER_SCRIPT.as_bytes().to_vec())];
        for path in files(&library.join("asm"))? {
            let contents = fs::read(&path).map_err(Error::read(&path))?;
            inputs.push((path.file_name().unwrap_or_default().to_owned(), contents));
        }
        let mut hash = Sha256::new();
        hash.update(fs::read(self.ll2c).map_err(Error::read(self.ll2c))?);
        for (name, contents) in &inputs {
            hash.update(name.as_encoded_bytes());
            hash.update((contents.len() as u64).to_be_bytes());
            hash.update(contents);
        }
        let id = u64::from_be_bytes(*hash.finalize().first_chunk().expect("a hash has 32 bytes"));
        let folder = self.target_dir.join(format!("link-{id:016x}"));
        fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
        for (name, contents) in inputs {
            let path = folder.join(name);
            fs::write(&path, contents).map_err(Error::write(&path))?;
        }
        Ok(folder)
    }
}

/// The sources in assembly of a folder.
pub(crate) fn routines(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_source = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "S");
    Ok(files(folder)?.into_iter().filter(is_source).collect())
}

/// The files of a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::read(folder))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(Error::read(folder))?;
    paths.sort();
    Ok(paths)
}
