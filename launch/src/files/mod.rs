//! The file service of a launch program: it opens host files itself, with the rights of the
//! user who runs it, and only under the folders that it was given.
//!
//! Each folder has a name for the RDC, a path from `/`. A path of the RDC is resolved to the
//! folder whose name is its longest beginning, `.` and `..` being worked off first; what is
//! left is opened by `cap-std`, which follows no link out of the folder.

mod folders;
mod open_files;
mod serve;

pub use folders::{Folder, Folders, Mode};
pub use serve::{FileService, Reply};
