//! RDC files as they are given to the command and to the daemon.

use abi::rdc_file::RdcFile;

use crate::protocol::Refusal;

/// The RDC file that is these bytes. What is wrong with it is said of `name`.
pub fn read<'f>(name: &str, bytes: &'f [u8]) -> Result<RdcFile<'f>, Refusal> {
    RdcFile::read(bytes).map_err(|error| {
        if error.is_of_other_version() {
            let reason = format!("{name} was built for another version of Equus: {error}");
            return Refusal::new(reason).help("build it again: `equus build`");
        }
        Refusal::new(format!("{name} is no RDC file: {error}"))
            .help("`equus build` and `equus pack` make RDC files")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::rdc_file::{ABI, Header, ModuleSource, write};
    use zerocopy::FromBytes;

    #[test]
    fn a_file_of_another_version_has_to_be_built_again() {
        let module = ModuleSource {
            name: "module",
            text: &[0x4e, 0x75],
            data: &[],
            bss_bytes: 0,
            stack_bytes: 4096,
            heap_bytes: 0,
            text_address: 0x10000,
            data_address: 0x11000,
            entry: 0x10000,
        };
        let mut bytes = write([0; 16], &[module]).unwrap();
        assert!(read("new.rdc", &bytes).is_ok());
        let (header, _) = Header::mut_from_prefix(&mut bytes).unwrap();
        header.abi = (ABI + 1).into();
        let refusal = read("old.rdc", &bytes).unwrap_err();
        let expected = "old.rdc was built for another version of Equus: the header's abi is 0x";
        assert!(refusal.reason.starts_with(expected), "{refusal:?}");
        assert!(refusal.help.unwrap().contains("equus build"));
    }

    #[test]
    fn anything_else_is_no_rdc_file() {
        let refusal = read("text", b"to be, or not to be").unwrap_err();
        assert!(refusal.reason.starts_with("text is no RDC file: "), "{refusal:?}");
        assert!(refusal.help.unwrap().contains("equus pack"));
    }
}
