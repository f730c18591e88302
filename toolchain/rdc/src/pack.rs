//! Packing modules into an RDC file.

use std::path::PathBuf;

use abi::rdc_file::{ModuleSource, USER_BEGIN, write};
use sha2::{Digest, Sha256};

use crate::elf::{self, Image};
use crate::error::{Error, Result};
use crate::package::Sizes;

/// A module to be packed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleFile {
    /// its name in the RDC
    pub name: String,
    /// the ELF file
    pub elf: PathBuf,
    /// how much memory it may use
    pub sizes: Sizes,
}

/// The bytes of an RDC file with these modules; the first is that of the primary incarnation.
pub fn pack(modules: &[ModuleFile]) -> Result<Vec<u8>> {
    let read = |module: &ModuleFile| std::fs::read(&module.elf).map_err(Error::read(&module.elf));
    let files: Vec<Vec<u8>> = modules.iter().map(read).collect::<Result<_>>()?;
    let images: Vec<Image<'_>> = modules
        .iter()
        .zip(&files)
        .map(|(module, contents)| elf::read(&module.elf, contents, module.sizes))
        .collect::<Result<_>>()?;
    let sources: Vec<ModuleSource<'_>> = modules.iter().zip(&images).map(source).collect();
    write(build_id(&files), &sources).map_err(Error::Rdc)
}

fn source<'s>((module, image): (&'s ModuleFile, &Image<'s>)) -> ModuleSource<'s> {
    ModuleSource {
        name: &module.name,
        text: image.text,
        data: image.data,
        bss_bytes: image.bss_bytes,
        stack_bytes: module.sizes.stack,
        heap_bytes: module.sizes.heap,
        text_address: USER_BEGIN,
        data_address: image.data_address,
        entry: image.entry,
    }
}

/// What the build calls itself: its ELF files, of which debuggers know more than an RDC file
/// holds, have it too.
fn build_id(files: &[Vec<u8>]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for file in files {
        hash.update((file.len() as u64).to_be_bytes());
        hash.update(file);
    }
    *hash.finalize().first_chunk().expect("a hash has 32 bytes")
}
