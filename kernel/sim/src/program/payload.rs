//! What scripted programs send each other: a header that says which message it
//! is, and data of which every byte follows from it.

use zerocopy::byteorder::native_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::random::mix;

/// What a message asks of its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// traffic
    Request = 1,
    /// the answer to a request
    Reply = 2,
    /// a stream that the receiver is to use from now on
    Introduction = 3,
    /// a request that its first receiver has passed on: `carried` and `reference`
    /// are the stream and number that it was first sent with
    Forwarded = 4,
}

impl Purpose {
    /// The purpose with this number.
    pub fn from_number(number: u8) -> Option<Purpose> {
        [Purpose::Request, Purpose::Reply, Purpose::Introduction, Purpose::Forwarded]
            .into_iter()
            .find(|purpose| *purpose as u8 == number)
    }
}

/// How a message was sent, as its receiver should treat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Carrier {
    /// by a call that promises something
    Reliable = 1,
    /// by `inc_dgram`
    Datagram = 2,
}

/// The 32 bytes of `m_head`.
#[derive(
    Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned, PartialEq, Eq,
)]
#[repr(C)]
pub struct Head {
    /// [`Purpose`]
    pub purpose: u8,
    /// [`Carrier`]
    pub carrier: u8,
    /// bytes of extra data
    pub length: U16,
    /// the stream it was sent on
    pub stream: U32,
    /// its number on that stream
    pub sequence: U32,
    /// the sender
    pub sender: U32,
    /// the invocation that waits for its reply, 0 for none
    pub invocation: U32,
    /// what the reference that comes with it leads to, as its purpose says
    pub carried: U32,
    /// type and rights of that reference, as `inc_testReference` packs them
    pub reference: U32,
    /// hash of all that stands above
    pub check: U32,
}

impl Head {
    /// The head with its check filled in.
    #[must_use]
    pub fn sealed(mut self) -> Head {
        self.check = U32::new(self.hash());
        self
    }

    /// Whether no byte has changed.
    pub fn is_sound(&self) -> bool {
        self.check.get() == self.hash()
    }

    /// Whether somebody has passed it on.
    pub fn is_forwarded(&self) -> bool {
        self.purpose == Purpose::Forwarded as u8
    }

    /// The part of the first sender's head that its data follows from.
    #[must_use]
    pub fn unforwarded(&self) -> Head {
        let purpose = Purpose::Request as u8;
        Head { purpose, stream: self.carried, sequence: self.reference, ..*self }
    }

    /// The key of the extra data that goes with this head.
    pub fn key(&self) -> u64 {
        mix(
            u64::from(self.stream.get()) << 32 | u64::from(self.sequence.get()),
            u64::from(self.purpose),
        )
    }

    fn hash(&self) -> u32 {
        let bytes = self.as_bytes();
        let words = bytes[..size_of::<Head>() - 4].chunks(8);
        let hash = words.fold(0, |hash, word| {
            let mut padded = [0; 8];
            padded[..word.len()].copy_from_slice(word);
            mix(hash, u64::from_le_bytes(padded))
        });
        hash as u32
    }
}

/// Fills `data` with the bytes of `key`, of which `data` begins at `offset`, a
/// multiple of 8.
pub fn fill(data: &mut [u8], key: u64, offset: u64) {
    for (word, chunk) in (offset / 8..).zip(data.chunks_mut(8)) {
        chunk.copy_from_slice(&pattern(key, word)[..chunk.len()]);
    }
}

/// Whether `data` holds the bytes of `key` from `offset`, a multiple of 8, on.
pub fn matches(data: &[u8], key: u64, offset: u64) -> bool {
    (offset / 8..)
        .zip(data.chunks(8))
        .all(|(word, chunk)| pattern(key, word)[..chunk.len()] == *chunk)
}

fn pattern(key: u64, word: u64) -> [u8; 8] {
    (key ^ word.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_head_is_not_sound() {
        let head = Head::read_from_bytes(&[3; 32]).expect("32 bytes").sealed();
        assert!(head.is_sound());
        for index in 0..32 {
            let mut bytes = head.as_bytes().to_vec();
            bytes[index] ^= 0x10;
            let changed = Head::read_from_bytes(&bytes).expect("32 bytes");
            assert!(!changed.is_sound(), "byte {index}");
        }
    }

    #[test]
    fn data_follows_from_its_key_and_place() {
        let mut data = [0; 100];
        fill(&mut data, 5, 0);
        assert!(matches(&data, 5, 0));
        assert!(matches(&data[16..], 5, 16));
        assert!(!matches(&data, 6, 0));
        assert!(!matches(&data[8..], 5, 16));
    }
}
