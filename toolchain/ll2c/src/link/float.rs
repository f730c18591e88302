//! Soft floating point must come from `compiler_builtins`.
//!
//! libgcc is built for the FPU: what its routines return as floating point is in
//! FP0, where a program made with `-msoft-float` does not look. They would link
//! silently and compute nonsense, so a program that would get them is refused.
//! Comparisons and conversions to integers return in D0 and do no harm.

use std::path::Path;

use object::{Object, ObjectSymbol};

use crate::error::{Error, Result};
use crate::routines::FLOAT;

/// Refuses an object that leaves routines of soft floating point to libgcc.
pub fn check(object: &Path) -> Result<()> {
    let read_error = |source| Error::File { action: "read", path: object.to_owned(), source };
    let data = std::fs::read(object).map_err(read_error)?;
    let missing =
        undefined_routines(&data).map_err(|error| read_error(std::io::Error::other(error)))?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::Usage {
        message: format!("nothing defines the floating-point routines {}", missing.join(", ")),
        help: Some(
            "hand over the IR of compiler_builtins too (compiler_builtins-HASH.ll), or compute in \
             the FPU with --hard-float"
                .into(),
        ),
    })
}

/// How the names of routines begin whose results are integers.
const INTEGER_RESULTS: &[&str] =
    &["__eq", "__fix", "__ge", "__gt", "__le", "__lt", "__ne", "__unord"];

fn returns_float(routine: &str) -> bool {
    INTEGER_RESULTS.iter().all(|start| !routine.starts_with(start))
}

/// The routines with a result in floating point that an object wants from
/// elsewhere, by name.
fn undefined_routines(data: &[u8]) -> object::read::Result<Vec<String>> {
    let file = object::File::parse(data)?;
    let mut names: Vec<_> = file
        .symbols()
        .filter(ObjectSymbol::is_undefined)
        .filter_map(|symbol| symbol.name().ok())
        .filter(|name| FLOAT.binary_search(name).is_ok() && returns_float(name))
        .map(str::to_owned)
        .collect();
    names.sort();
    Ok(names)
}
