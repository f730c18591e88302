//! The names of sources in an image: short, and the same wherever it was built.

use std::path::{Path, PathBuf};

/// Shortens the paths of sources.
#[derive(Debug)]
pub(super) struct Sources {
    /// what the paths of the project's own sources are relative to
    root: PathBuf,
}

impl Sources {
    /// For the project around the working directory: its root is the outermost
    /// folder with a `Cargo.toml`, so that workspaces inside it agree. What is no
    /// package of cargo's is built in its own folder.
    pub(super) fn here() -> Sources {
        let here = std::env::current_dir().unwrap_or_default();
        let is_project = |folder: &&Path| folder.join("Cargo.toml").is_file();
        let root = here.ancestors().filter(is_project).last();
        Sources { root: root.unwrap_or(&here).to_owned() }
    }

    /// A path as an image shows it: in the project relative to its root, in
    /// Rust's library relative to that (`core/src/…`), in a package of a registry
    /// relative to all packages (`spin-0.10.0/src/…`), elsewhere unchanged.
    pub(super) fn short(&self, path: &Path) -> String {
        if let Ok(own) = path.strip_prefix(&self.root) {
            return own.display().to_string();
        }
        let path = path.display().to_string();
        for library in ["/rustlib/src/rust/library/", "/rustc/"] {
            let behind = path.find(library).map(|at| &path[at..]);
            if let Some((_, rest)) = behind.and_then(|path| path.split_once("/library/")) {
                return rest.to_owned();
            }
        }
        if let Some((_, rest)) = path.split_once("/registry/src/") {
            // The first folder is the registry's own.
            return rest.split_once('/').map_or(rest, |(_, rest)| rest).to_owned();
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(path: &str) -> String {
        Sources { root: "/home/me/project".into() }.short(Path::new(path))
    }

    #[test]
    fn paths_say_what_they_belong_to() {
        assert_eq!(short("/home/me/project/kernel/src/lib.rs"), "kernel/src/lib.rs");
        assert_eq!(short("/home/me/projects/src/lib.rs"), "/home/me/projects/src/lib.rs");
        assert_eq!(
            short("/usr/lib/rustlib/src/rust/library/core/src/fmt/mod.rs"),
            "core/src/fmt/mod.rs"
        );
        assert_eq!(short("/rustc/0123abcd/library/alloc/src/vec/mod.rs"), "alloc/src/vec/mod.rs");
        assert_eq!(
            short(
                "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/spin-0.10.0/src/lib.rs"
            ),
            "spin-0.10.0/src/lib.rs"
        );
    }
}
