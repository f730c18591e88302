//! What can be wrong with a package, with a module's ELF file, or with a whole RDC.

use std::io;
use std::path::{Path, PathBuf};

use abi::rdc_file::FileError;
use miette::Diagnostic;
use thiserror::Error;

/// The result of building and packing.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no RDC file.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// read or write
        verb: &'static str,
        /// which
        path: PathBuf,
        /// why
        #[source]
        source: io::Error,
    },
    /// cargo does not know the package.
    #[error("{} is no package that cargo can read", folder.display())]
    NoPackage {
        /// where it was looked for
        folder: PathBuf,
        /// cargo's own words
        #[source]
        source: cargo_metadata::Error,
    },
    /// The folder has a manifest, but not of a package.
    #[error("{} is a workspace, not a package", folder.display())]
    #[diagnostic(help("name the folder of one of its packages"))]
    Workspace {
        /// which
        folder: PathBuf,
    },
    /// A package without binaries.
    #[error("the package {package} has no binary: an RDC needs at least one module")]
    #[diagnostic(help(
        "each module is a binary: src/main.rs or src/bin/NAME.rs, or in C src/main.c, \
         src/bin/NAME.c or src/bin/NAME/*.c"
    ))]
    NoModules {
        /// its name
        package: String,
    },
    /// Two modules of one name, such as `src/main.rs` and `src/main.c`.
    #[error("the package {package} has two modules of the name {module}")]
    #[diagnostic(help("rename the source of one of them"))]
    TwoModules {
        /// the package's name
        package: String,
        /// theirs
        module: String,
    },
    /// It is not said which module is the first.
    #[error(
        "the package {package} does not say which of its modules the primary one is: {modules}"
    )]
    #[diagnostic(help(
        "write into its Cargo.toml:\n[package.metadata.equus]\nprimary = \"NAME\"\n\
         or into the equus.toml of a package that is all of C:\nprimary = \"NAME\""
    ))]
    NoPrimary {
        /// its name
        package: String,
        /// the modules that there are
        modules: String,
    },
    /// The manifest names a module that is not there.
    #[error("the package {package} has no module {module}; there are: {modules}")]
    NoSuchModule {
        /// its name
        package: String,
        /// the name in the manifest
        module: String,
        /// the modules that there are
        modules: String,
    },
    /// The table in the manifest is wrong.
    #[error("[package.metadata.equus] of {package} is wrong: {reason}")]
    #[diagnostic(help(
        "it may have: primary = \"MODULE\", stack = BYTES, heap = BYTES, and tables \
         module.NAME with stack and heap"
    ))]
    Metadata {
        /// the package
        package: String,
        /// what is wrong
        reason: String,
    },
    /// The manifest of a package that is all of C is wrong.
    #[error("{} is wrong: {reason}", path.display())]
    #[diagnostic(help(
        "it may have: primary = \"MODULE\", stack = BYTES, heap = BYTES, and tables \
         module.NAME with stack and heap"
    ))]
    Manifest {
        /// the file
        path: PathBuf,
        /// what is wrong
        reason: String,
    },
    /// A module in C cannot be compiled or linked; [`Error::output`] are GCC's own words.
    #[error("cannot build the module {module}")]
    Compile {
        /// the module
        module: String,
        /// what GCC, ld and ll2c have said
        output: String,
    },
    /// There is no C library.
    #[error("there is no C library at {}", archive.display())]
    #[diagnostic(help(
        "`cargo xtask build` puts it beside `equus`, into the folder c; --c-library and \
         EQUUS_C_LIBRARY name another folder"
    ))]
    NoCLibrary {
        /// the archive that is missing
        archive: PathBuf,
    },
    /// Modules that do not use the library.
    #[error("the package {package} does not depend on the crate rdc")]
    #[diagnostic(help("add it to [dependencies]: it has the start code of modules"))]
    NoLibrary {
        /// its name
        package: String,
    },
    /// The compiler.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] cross::Error),
    /// cargo has built something else than what was asked for.
    #[error("cargo has built no program of the name {module}")]
    NotBuilt {
        /// the module
        module: String,
    },
    /// A file that is no ELF file at all.
    #[error("{} is no ELF file", path.display())]
    NoElf {
        /// which
        path: PathBuf,
        /// what is wrong
        #[source]
        source: object::read::Error,
    },
    /// An ELF file that is no module.
    #[error("{} is no module: {reason}", path.display())]
    #[diagnostic(help(
        "modules are linked with the crate rdc and the project's module.ld; \
         `equus build` does both"
    ))]
    NoModule {
        /// which
        path: PathBuf,
        /// what is wrong, and what it should be
        reason: String,
    },
    /// The file as a whole.
    #[error("the modules make no RDC file")]
    Rdc(#[source] FileError),
}

impl Error {
    /// What the compiler or linker of C has said, for users to see as it stands.
    pub fn output(&self) -> &str {
        if let Error::Compile { output, .. } = self { output } else { "" }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { verb: "read", path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { verb: "write", path, source }
    }
}
