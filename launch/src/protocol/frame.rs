//! Frames on a stream of bytes.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a frame at most: an RDC file that fits a slice of the crate.
pub const FRAME_MAX: u32 = 16 << 20;

/// Why a frame could not be passed on.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side has closed the connection between two frames.
    #[error("the connection was closed")]
    Closed,
    /// The connection has failed.
    #[error("the connection has failed: {0}")]
    Io(#[from] io::Error),
    /// The frame is longer than [`FRAME_MAX`].
    #[error("a message of {0} bytes: at most {FRAME_MAX} are passed on")]
    TooLong(usize),
    /// The bytes are no message.
    #[error("a message that makes no sense: {0}")]
    Malformed(postcard::Error),
}

/// Writes a message as one frame.
pub fn write<T: Serialize>(to: &mut impl Write, message: &T) -> Result<(), FrameError> {
    // The length is put in front when it is known.
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(FrameError::Malformed)?;
    let length = frame.len() - 4;
    if length > FRAME_MAX as usize {
        return Err(FrameError::TooLong(length));
    }
    frame[..4].copy_from_slice(&(length as u32).to_be_bytes());
    to.write_all(&frame)?;
    to.flush()?;
    Ok(())
}

/// Reads one frame. Memory is taken as bytes come, not as the frame announces.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<T, FrameError> {
    let length = read_length(from)?;
    if length > FRAME_MAX {
        return Err(FrameError::TooLong(length as usize));
    }
    let mut bytes = Vec::new();
    from.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() < length as usize {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    match postcard::take_from_bytes(&bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err(FrameError::Malformed(postcard::Error::DeserializeBadEncoding)),
        Err(error) => Err(FrameError::Malformed(error)),
    }
}

fn read_length(from: &mut impl Read) -> Result<u32, FrameError> {
    let mut length = [0; 4];
    // An end before the first byte is a good end.
    match from.read(&mut length[..1]) {
        Ok(0) => return Err(FrameError::Closed),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return read_length(from),
        Err(error) => return Err(error.into()),
    }
    from.read_exact(&mut length[1..])?;
    Ok(u32::from_be_bytes(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{FromDaemon, ToDaemon};
    use proptest::prelude::*;

    fn frame_of(message: &ToDaemon) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, message).unwrap();
        bytes
    }

    #[test]
    fn a_message_survives_and_the_end_is_seen() {
        let message = ToDaemon::Answer { request: 7, head: [3; 32], data: b"abc".to_vec() };
        let bytes = [frame_of(&message), frame_of(&ToDaemon::Ps)].concat();
        let mut stream = &bytes[..];
        assert_eq!(read::<ToDaemon>(&mut stream).unwrap(), message);
        assert_eq!(read::<ToDaemon>(&mut stream).unwrap(), ToDaemon::Ps);
        assert!(matches!(read::<ToDaemon>(&mut stream), Err(FrameError::Closed)));
    }

    #[test]
    fn a_torn_or_padded_frame_is_no_message() {
        let bytes = frame_of(&ToDaemon::Kill { rdc: 5 });
        for end in 1..bytes.len() {
            let torn = read::<ToDaemon>(&mut &bytes[..end]);
            assert!(matches!(torn, Err(FrameError::Io(_))), "{end} bytes: {torn:?}");
        }
        let mut padded = bytes;
        padded.push(0);
        padded[3] += 1;
        assert!(matches!(read::<ToDaemon>(&mut &padded[..]), Err(FrameError::Malformed(_))));
    }

    #[test]
    fn a_long_frame_is_refused_unread() {
        let mut stream = &[0xff; 4][..];
        assert!(matches!(read::<ToDaemon>(&mut stream), Err(FrameError::TooLong(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let mut frame = (bytes.len() as u32).to_be_bytes().to_vec();
            frame.extend(&bytes);
            let _ = read::<ToDaemon>(&mut &frame[..]);
            let _ = read::<FromDaemon>(&mut &frame[..]);
            let _ = read::<ToDaemon>(&mut &bytes[..]);
        }
    }
}
