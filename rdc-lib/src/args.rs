//! Arguments and environment of the RDC, from the launch program.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use abi::service::Operation;

use crate::pool::launch;
use crate::service::{Error, read_all};

/// The arguments behind `equus launch PROG.rdc --`. The program's name is not among them.
///
/// # Panics
/// If the launch program does not answer. [`try_args`] does not panic.
pub fn args() -> Vec<String> {
    try_args().unwrap_or_else(|error| panic!("cannot get the arguments: {error}"))
}

/// The arguments, or why there are none.
pub fn try_args() -> Result<Vec<String>, Error> {
    read_all(launch(), Operation::Arguments).map(|bytes| texts(&bytes))
}

/// The variables of the environment, as pairs of name and value.
pub fn vars() -> Result<Vec<(String, String)>, Error> {
    let all = texts(&read_all(launch(), Operation::Environment)?);
    let pair = |text: String| {
        let (name, value) = text.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    Ok(all.into_iter().filter_map(pair).collect())
}

/// The value of a variable of the environment, if it is set.
pub fn var(name: &str) -> Result<Option<String>, Error> {
    Ok(vars()?.into_iter().find(|(known, _)| known == name).map(|(_, value)| value))
}

/// The texts in a block in which each is ended by a null.
fn texts(block: &[u8]) -> Vec<String> {
    let ended = block.strip_suffix(&[0]).unwrap_or(block);
    if block.is_empty() {
        return Vec::new();
    }
    ended.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_argument_is_an_argument() {
        assert_eq!(texts(b""), Vec::<String>::new());
        assert_eq!(texts(b"\0"), [""]);
        assert_eq!(texts(b"a\0\0b c\0"), ["a", "", "b c"]);
    }
}
