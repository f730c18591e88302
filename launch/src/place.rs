//! Where the pool's socket, the kernel's image, the system's own programs, the compiler's back
//! end and the C library are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use abi::rdc_file::RdcFile;

use crate::daemon::System;
use crate::failure::Failure;

/// The name of the image beside the executable.
const IMAGE: &str = "qemu-virt";
/// The names of the system's own programs beside the image.
const STREAM_SPACE: &str = "stream-space.rdc";
const NAME_SERVICE: &str = "name-service.rdc";
/// The name of the compiler's back end beside the executable.
const LL2C: &str = "ll2c";
/// The name of the C library's folder beside the executable.
const C_LIBRARY: &str = "c";

/// The socket of this user's pool, unless another is named.
pub fn socket(given: Option<&Path>) -> PathBuf {
    if let Some(path) = given {
        return path.to_owned();
    }
    let folder = match env::var_os("XDG_RUNTIME_DIR") {
        Some(runtime) if !runtime.is_empty() => PathBuf::from(runtime).join("equus"),
        _ => env::temp_dir().join(format!("equus-{}", rustix::process::geteuid().as_raw())),
    };
    folder.join("pool.sock")
}

/// The image that is given, or else lies beside the executable.
pub fn image(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let image = given_or_beside(given, IMAGE)?;
    if image.exists() { Ok(image) } else { Err(Failure::NoImage(image)) }
}

/// The back end that is given, or else lies beside the executable.
pub fn ll2c(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let ll2c = given_or_beside(given, LL2C)?;
    if ll2c.exists() { Ok(ll2c) } else { Err(Failure::NoBackEnd(ll2c)) }
}

/// The folder of the C library that is given, or else lies beside the executable.
pub fn c_library(given: Option<&Path>) -> Result<PathBuf, Failure> {
    given_or_beside(given, C_LIBRARY)
}

/// The system's own programs, which lie beside the kernel's image.
pub fn system(image: &Path) -> Result<System, Failure> {
    let read = |name: &str| {
        let path = image.with_file_name(name);
        let bytes = fs::read(&path).map_err(|_| Failure::NoProgram(path.clone()))?;
        match RdcFile::read(&bytes) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) => Err(Failure::Refused {
                reason: format!("{} is no RDC file: {error}", path.display()),
                help: Some("`cargo xtask build` makes it anew".to_owned()),
            }),
        }
    };
    Ok(System { stream_space: read(STREAM_SPACE)?, name_service: read(NAME_SERVICE)? })
}

fn given_or_beside(given: Option<&Path>, name: &str) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let executable = env::current_exe().map_err(Failure::system("find this executable"))?;
    Ok(executable.with_file_name(name))
}
