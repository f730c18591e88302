//! Puts together what a user runs: a folder with `equus`, the kernel's image, ll2c and the C
//! library beside it, where `equus` finds them, the system's own programs, and others.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use miette::{Context, IntoDiagnostic, Result};

use crate::setup;
use crate::workspace::{self, KERNEL, Profile, root};

/// The system's own programs, which every pool needs.
const SYSTEM_PROGRAMS: &[&str] = &["stream-space", "name-service"];

/// What was put together.
pub struct System {
    folder: PathBuf,
}

impl System {
    /// Builds everything, with these programs of `rdcs/`.
    pub fn build(profile: Profile, programs: &[&str]) -> Result<System> {
        let toolchain = setup::setup(&[setup::QEMU])?;
        let system = System { folder: workspace::target().join("equus") };
        fs::create_dir_all(&system.folder)
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot make the folder {}", system.folder.display()))?;
        let ll2c = workspace::ll2c()?;
        system.place(&ll2c, "ll2c")?;
        system.place(&workspace::equus()?, "equus")?;
        let only = format!("--bin={KERNEL}");
        let images = workspace::boards(&toolchain, &ll2c, profile, &[&only])?;
        system.place(&workspace::image(&images, KERNEL)?, KERNEL)?;
        let c = system.place_c(&workspace::c_archive(&toolchain, &ll2c)?)?;
        for program in SYSTEM_PROGRAMS.iter().chain(programs) {
            let rdc = workspace::rdc(&toolchain, &ll2c, Some(&c), program)?;
            system.place(&rdc.path, &format!("{program}.rdc"))?;
        }
        Ok(system)
    }

    /// Puts the C library into the folder `c`: its archive, its headers, and what is compiled
    /// with each module.
    fn place_c(&self, archive: &Path) -> Result<PathBuf> {
        let library = root().join("rdc-lib");
        let folder = self.path("c");
        remove_folder(&folder)
            .and_then(|()| copy_folder(&library.join("c/include"), &folder.join("include")))
            .and_then(|()| copy_folder(&library.join("asm"), &folder.join("asm")))
            .and_then(|()| fs::copy(library.join("c/module.c"), folder.join("module.c")))
            .and_then(|_| fs::hard_link(archive, folder.join("libequus.a")))
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot put the C library into {}", folder.display()))?;
        Ok(folder)
    }

    /// Puts a file into the folder; one that is in use there stays whole for its user.
    fn place(&self, file: &Path, name: &str) -> Result<()> {
        let place = self.path(name);
        remove(&place)
            .and_then(|()| fs::hard_link(file, &place))
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot put {} at {}", file.display(), place.display()))
    }

    /// Where a file of the folder is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies a folder with all that is in it.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
