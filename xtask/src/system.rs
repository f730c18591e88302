//! Puts together what a user runs: a folder with `equus`, the kernel's image and ll2c beside
//! it, where `equus` finds them, and the programs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use miette::{Context, IntoDiagnostic, Result};

use crate::setup;
use crate::workspace::{self, KERNEL, Profile};

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
        for program in programs {
            let rdc = workspace::rdc(&toolchain, &ll2c, program)?;
            system.place(&rdc.path, &format!("{program}.rdc"))?;
        }
        Ok(system)
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
