//! Building a package's modules for the 680x0.

use std::fs;
use std::path::{Path, PathBuf};

use cross::{Build, Toolchain};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::pack::{ModuleFile, pack};
use crate::package::{Module, Package};

/// How a module lies in memory.
const LINKER_SCRIPT: &str = include_str!("../../../linker/module.ld");

/// Builds packages of modules.
#[derive(Clone, Debug)]
pub struct Builder<'a> {
    toolchain: &'a Toolchain,
    ll2c: &'a Path,
    target_dir: PathBuf,
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
}

impl<'a> Builder<'a> {
    /// Builds into `target_dir`: RDC files there, everything else in folders below. All builds
    /// into one folder share core and alloc.
    pub fn new(
        toolchain: &'a Toolchain,
        ll2c: &'a Path,
        target_dir: impl Into<PathBuf>,
    ) -> Builder<'a> {
        Builder { toolchain, ll2c, target_dir: target_dir.into() }
    }

    /// Builds the RDC of a package. Each line that cargo says on the way goes to `progress`.
    pub fn build(&self, package: &Package, mut progress: impl FnMut(&str)) -> Result<Rdc> {
        let link_args = self.link_args(package)?;
        let mut modules = Vec::new();
        for module in &package.modules {
            modules.push(self.module(package, module, &link_args, &mut progress)?);
        }
        let bytes = pack(&modules)?;
        let path = self.target_dir.join(format!("{}.rdc", package.name));
        fs::write(&path, &bytes).map_err(Error::write(&path))?;
        Ok(Rdc { path, modules, length: bytes.len() as u64 })
    }

    fn module(
        &self,
        package: &Package,
        module: &Module,
        link_args: &[String],
        progress: &mut impl FnMut(&str),
    ) -> Result<ModuleFile> {
        let images = Build::new(self.toolchain, self.ll2c, &package.folder, &self.target_dir)
            .arg(format!("--bin={}", module.name))
            .link_args(link_args)
            .run(|line| progress(line))?;
        let built = images.into_iter().find(|image| image.name == module.name);
        let built = built.ok_or_else(|| Error::NotBuilt { module: module.name.clone() })?;
        Ok(ModuleFile { name: module.name.clone(), elf: built.path, sizes: module.sizes })
    }

    /// What ll2c is told: the linker script, the routines in assembly of the library that the
    /// package uses, and that a module runs on a 68030 and on everything later.
    fn link_args(&self, package: &Package) -> Result<Vec<String>> {
        let folder = self.link_inputs(&package.library)?;
        let mut args: Vec<String> =
            ["--cc-arg=-m68030", "--cc-arg=-O2", "--cc-arg=-g", "--backtrace"]
                .map(str::to_owned)
                .into();
        args.push(format!("-T{}", folder.join("module.ld").display()));
        let sources = files(&folder)?;
        let is_source = |path: &&PathBuf| path.extension().is_some_and(|ext| ext == "S");
        args.extend(sources.iter().filter(is_source).map(|path| path.display().to_string()));
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

/// The files of a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::read(folder))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(Error::read(folder))?;
    paths.sort();
    Ok(paths)
}
