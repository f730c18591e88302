//! What launch serves. The RDC is given a folder to write to.

use alloc::format;
use alloc::string::{String, ToString};

use rdc::abi::service::ServiceError;
use rdc::fs::{self, Error, File, Kind, OpenOptions};
use rdc::io::{Read, Seek, SeekFrom, Write};

use super::Case;
use crate::bench::{Failure, Outcome, Place, equal};

pub const CASES: &[(&str, Case)] = &[
    ("files.write_and_read", write_and_read),
    ("files.folder", folder),
    ("files.refusals", refusals),
    ("files.environment", environment),
];

fn done<T>(what: &str, result: Result<T, Error>) -> Result<T, Failure> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// A path that no other place uses.
fn path(place: &Place, name: &str) -> String {
    format!("selftest-{}-{name}", place.name)
}

fn write_and_read(place: &Place) -> Outcome {
    let path = path(place, "file");
    let data = super::messages::pattern(150_000);
    let mut file = done("creating", File::create(&path))?;
    done("writing", file.write_all(&data))?;
    drop(file);
    let mut file = done("opening", File::open(&path))?;
    equal("the size", &done("its state", file.metadata())?.size, &150_000)?;
    let found = done("reading", file.read_to_end())?;
    equal("whether it is what was written", &(found == data), &true)?;
    done("seeking", file.seek(SeekFrom::Start(149_998)))?;
    let mut end = [0; 4];
    equal("bytes before the end", &done("reading", file.read(&mut end))?, &2)?;
    equal("bytes at the end", &done("reading", file.read(&mut end))?, &0)?;
    let mut file = done("opening", OpenOptions::new().append().open(&path))?;
    done("appending", file.write_all(b"more"))?;
    done("cutting", file.set_size(150_002))?;
    equal("the size", &done("its state", fs::metadata(&path))?.size, &150_002)?;
    done("removing", fs::remove(&path))
}

fn folder(place: &Place) -> Outcome {
    let path = path(place, "folder");
    done("making a folder", fs::create_dir(&path))?;
    for name in ["one", "two"] {
        done("creating", File::create(&format!("{path}/{name}")))?;
    }
    let again = fs::create_dir(&path);
    equal("making it again", &again, &Err(Error::Refused(ServiceError::Exists)))?;
    let full = fs::remove(&path);
    equal("removing it", &full, &Err(Error::Refused(ServiceError::NotEmpty)))?;
    done("renaming", fs::rename(&format!("{path}/two"), &format!("{path}/three")))?;
    let mut names: alloc::vec::Vec<_> = done("listing", fs::read_dir(&path))?
        .into_iter()
        .filter(|entry| entry.kind == Kind::File)
        .map(|entry| entry.name)
        .collect();
    names.sort();
    equal("its entries", &names, &["one".to_string(), "three".to_string()].into())?;
    for name in names {
        done("removing", fs::remove(&format!("{path}/{name}")))?;
    }
    done("removing it", fs::remove(&path))
}

fn refusals(_: &Place) -> Outcome {
    let refused = |reason| Err(Error::Refused(reason));
    let kind = |path| fs::metadata(path).map(|metadata| metadata.kind);
    equal("a file that is not there", &kind("nobody"), &refused(ServiceError::NotFound))?;
    equal("an empty path", &kind(""), &refused(ServiceError::BadPath))?;
    let outside = kind("../../../etc/passwd");
    match outside {
        Err(Error::Refused(ServiceError::NotFound | ServiceError::Denied)) => Ok(()),
        other => Err(format!("a path that leads out: {other:?}")),
    }
}

fn environment(_: &Place) -> Outcome {
    let vars = done("the environment", rdc::vars())?;
    equal("whether no name is empty", &vars.iter().all(|(name, _)| !name.is_empty()), &true)?;
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    equal("the same arguments twice", &rdc::args(), &arguments)
}
