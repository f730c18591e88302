//! Modules that tests build as a user does: by the command, in a folder outside this tree.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::variable;

/// A folder with sources that somebody has written.
#[derive(Debug)]
pub struct Sources {
    folder: TempDir,
}

impl Sources {
    /// With these files: paths and contents.
    pub fn new<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        for (path, contents) in files {
            let path = folder.path().join(path);
            let parent = path.parent().expect("a file lies in a folder");
            std::fs::create_dir_all(parent).expect("there is room for folders");
            std::fs::write(&path, contents).expect("there is room for a file");
        }
        Self { folder }
    }

    /// A file or folder there.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command that builds one of the packages.
    pub fn command(&self, package: &str) -> Command {
        let mut command = Command::new(variable("EQUUS"));
        command.arg("build").arg(package).current_dir(self.folder.path());
        command
    }

    /// Builds a package.
    ///
    /// # Panics
    /// If the command cannot be started.
    pub fn build(&self, package: &str) -> Output {
        self.command(package).output().expect("the command can be started")
    }

    /// The RDC file of a package, which is built.
    ///
    /// # Panics
    /// If it cannot be built.
    pub fn rdc(&self, package: &str) -> PathBuf {
        let output = self.build(package);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.path(String::from_utf8_lossy(&output.stdout).trim_end())
    }
}
