//! The folders that an RDC was given, and paths below them.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use abi::service::{PATH_MAX, ServiceError};
use cap_std::ambient_authority;
use cap_std::fs::Dir;

/// What an RDC may do in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything that the user may.
    ReadWrite,
    /// Look and read.
    ReadOnly,
}

/// A folder to be given to an RDC: `HOST[:GUEST][:ro]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The folder on the host.
    pub host: PathBuf,
    /// What the RDC calls it, without a slash in front; empty for its root.
    pub guest: PathBuf,
    /// What the RDC may do there.
    pub mode: Mode,
}

impl FromStr for Folder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, mode) = match text.strip_suffix(":ro") {
            Some(rest) => (rest, Mode::ReadOnly),
            None => (text, Mode::ReadWrite),
        };
        let (host, guest) = text.split_once(':').unwrap_or((text, text));
        if host.is_empty() {
            return Err("the folder of the host has no name: HOST[:GUEST][:ro]".to_owned());
        }
        let guest =
            normal(guest).ok_or("the folder's name for the program leads above its root")?;
        Ok(Self { host: PathBuf::from(host), guest, mode })
    }
}

/// The folders of one RDC.
#[derive(Debug, Default)]
pub struct Folders {
    /// Those with the longest names first.
    folders: Vec<(PathBuf, Mode, Dir)>,
}

/// Where a path leads: a folder, and the rest of the path in it.
pub(super) struct Place<'f> {
    pub dir: &'f Dir,
    pub mode: Mode,
    pub path: PathBuf,
}

impl Folders {
    /// Opens the folders.
    pub fn open(given: &[Folder]) -> Result<Self, (PathBuf, io::Error)> {
        let mut folders = Vec::new();
        for folder in given {
            let dir = Dir::open_ambient_dir(&folder.host, ambient_authority());
            let dir = dir.map_err(|error| (folder.host.clone(), error))?;
            folders.push((folder.guest.clone(), folder.mode, dir));
        }
        folders.sort_by_key(|(guest, ..)| std::cmp::Reverse(guest.components().count()));
        Ok(Self { folders })
    }

    /// Where the path of a request leads.
    pub(super) fn find(&self, path: &[u8]) -> Result<Place<'_>, ServiceError> {
        let path = std::str::from_utf8(path).map_err(|_| ServiceError::BadPath)?;
        if path.is_empty() || path.len() > PATH_MAX as usize || path.contains('\0') {
            return Err(ServiceError::BadPath);
        }
        let path = normal(path).ok_or(ServiceError::NotFound)?;
        let place = self.folders.iter().find_map(|(guest, mode, dir)| {
            let rest = path.strip_prefix(guest).ok()?;
            let rest = if rest == OsStr::new("") { Path::new(".") } else { rest };
            Some(Place { dir, mode: *mode, path: rest.to_owned() })
        });
        place.ok_or(ServiceError::NotFound)
    }

    /// Where the path leads, if things may be changed there.
    pub(super) fn find_writable(&self, path: &[u8]) -> Result<Place<'_>, ServiceError> {
        let place = self.find(path)?;
        match place.mode {
            Mode::ReadWrite => Ok(place),
            Mode::ReadOnly => Err(ServiceError::Denied),
        }
    }
}

/// A path without `.`, `..` and the slash in front; none if it leads above the root.
fn normal(path: &str) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_given_by_one_word() {
        let folder = |text: &str| text.parse::<Folder>();
        let parts = |text| {
            let folder = folder(text).unwrap();
            (folder.host.display().to_string(), folder.guest.display().to_string(), folder.mode)
        };
        let is = |host: &str, guest: &str, mode| (host.to_owned(), guest.to_owned(), mode);
        assert_eq!(parts("docs/samples"), is("docs/samples", "docs/samples", Mode::ReadWrite));
        assert_eq!(parts("/tmp/x:ro"), is("/tmp/x", "tmp/x", Mode::ReadOnly));
        assert_eq!(parts(".:/data:ro"), is(".", "data", Mode::ReadOnly));
        assert_eq!(parts("."), is(".", "", Mode::ReadWrite));
        assert!(folder("").is_err());
        assert!(folder("../x").unwrap_err().contains("above its root"));
        assert_eq!(parts("../x:x").1, "x");
    }

    #[test]
    fn the_longest_name_wins() {
        let host = tempfile::tempdir().unwrap();
        std::fs::create_dir(host.path().join("inner")).unwrap();
        let at = |guest: &str, mode| Folder {
            host: host.path().to_owned(),
            guest: PathBuf::from(guest),
            mode,
        };
        let folders =
            Folders::open(&[at("", Mode::ReadOnly), at("data", Mode::ReadWrite)]).unwrap();
        let found =
            |path: &str| folders.find(path.as_bytes()).map(|place| (place.mode, place.path));
        assert_eq!(found("/data/../a/./b").unwrap(), (Mode::ReadOnly, PathBuf::from("a/b")));
        assert_eq!(found("data/x").unwrap(), (Mode::ReadWrite, PathBuf::from("x")));
        assert_eq!(found("/data").unwrap(), (Mode::ReadWrite, PathBuf::from(".")));
        assert_eq!(found("datax").unwrap().0, Mode::ReadOnly);
        assert_eq!(found("data/../../x"), Err(ServiceError::NotFound));
        assert_eq!(found(""), Err(ServiceError::BadPath));
        assert_eq!(found("a\0b"), Err(ServiceError::BadPath));
        assert_eq!(found(&"x".repeat(1025)), Err(ServiceError::BadPath));
        assert!(folders.find(&[0xff]).is_err());
    }

    #[test]
    fn without_folders_there_is_nothing() {
        assert!(matches!(Folders::default().find(b"/etc/passwd"), Err(ServiceError::NotFound)));
    }
}
