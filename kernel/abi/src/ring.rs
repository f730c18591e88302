//! The words and slots of the bus's rings: their bits, without the protocol.
//!
//! The protocol and the argument for it stand in `kernel/bus`. Every shared word
//! is 32 bits, 4-aligned, big-endian in memory, and has exactly one writer.
//!
//! | word | in the slice of | bits |
//! |---|---|---|
//! | pair | its writer | own epoch:16, the peer's epoch:16 (0: none) |
//! | sent, taken | its writer | writer's epoch:16, index:16 |
//! | sleep | the sleeper | own epoch:16, 0:14, running:1, asleep:1 |
//! | generation | the granter | own epoch:16, generation:16 |
//! | slot, first word | the receiver (written by the sender) | sender's epoch:16, index:16 |
//! | slot, second word | the same | flags:16, length of the payload in bytes:16 |

use crate::ids::Epoch;

/// Bytes of a slot, header and payload.
pub const SLOT_BYTES: u32 = 2048;
/// Bytes of a slot's header: the commit word and the shape word.
pub const SLOT_HEADER_BYTES: u32 = 8;
/// The largest payload of a slot in bytes.
pub const PAYLOAD_MAX: u32 = SLOT_BYTES - SLOT_HEADER_BYTES;
/// Offset of the word that makes a slot valid; written last.
pub const SLOT_COMMIT: u32 = 0;
/// Offset of the word with the payload's length and the slot's flags.
pub const SLOT_SHAPE: u32 = 4;

/// What an epoch and 16 more bits look like as a word.
const fn word(epoch: u16, low: u16) -> u32 {
    (epoch as u32) << 16 | low as u32
}

const fn high(word: u32) -> u16 {
    (word >> 16) as u16
}

/// An index word, and the commit word of a slot: which boot wrote it, and a
/// count of slots that wraps at 16 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexWord {
    /// The writer's boot; none before it has written anything, or once it has
    /// closed the link.
    pub epoch: Option<Epoch>,
    /// Slots so far, modulo 65536.
    pub index: u16,
}

impl IndexWord {
    /// The word of a link that was closed.
    pub const CLOSED: u32 = 0;

    /// The 32 bits of a boot's index.
    pub const fn bits(epoch: Epoch, index: u16) -> u32 {
        word(epoch.get(), index)
    }

    /// The meaning of 32 bits.
    pub const fn from_bits(bits: u32) -> IndexWord {
        IndexWord { epoch: Epoch::new(high(bits)), index: bits as u16 }
    }
}

/// A pair word: "I am boot `own`; I talk to your boot `peer`".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PairWord {
    /// The writer's boot; none in memory that no kernel has touched.
    pub own: Option<Epoch>,
    /// The boot of the peer with which the writer shares indices, if any.
    pub peer: Option<Epoch>,
}

impl PairWord {
    /// The 32 bits of a boot and the peer's boot it talks to.
    pub const fn bits(own: Epoch, peer: Option<Epoch>) -> u32 {
        match peer {
            Some(peer) => word(own.get(), peer.get()),
            None => word(own.get(), 0),
        }
    }

    /// The meaning of 32 bits.
    pub const fn from_bits(bits: u32) -> PairWord {
        PairWord { own: Epoch::new(high(bits)), peer: Epoch::new(bits as u16) }
    }
}

/// Whether a node looks at its rings without being told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attention {
    /// It will look before it does anything else.
    Awake,
    /// It has stopped, or is about to: whoever publishes rings its bell.
    Asleep,
    /// It runs user code: it will look when it has nothing else to do, which may be soon,
    /// or when its bell rings.
    Running,
}

impl Attention {
    /// The 32 bits of a boot's sleep word.
    pub const fn bits(self, epoch: Epoch) -> u32 {
        word(epoch.get(), 0) | self.low_bits()
    }

    /// Those of them that are not the boot's.
    pub const fn low_bits(self) -> u32 {
        match self {
            Attention::Awake => 0,
            Attention::Asleep => 1,
            Attention::Running => 3,
        }
    }

    /// The meaning of 32 bits. The epoch is for readers of post-mortems: a bell
    /// for a boot that is gone does no harm.
    pub const fn from_bits(bits: u32) -> Attention {
        match bits & 3 {
            1 => Attention::Asleep,
            3 => Attention::Running,
            _ => Attention::Awake,
        }
    }
}

/// What a slot's sender wants to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotNote {
    /// Nothing.
    Plain,
    /// This slot filled the ring: ring the sender's bell, if it sleeps, once the
    /// slot is taken.
    SpaceWanted,
}

/// The shape word of a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotShape {
    /// Bytes of payload.
    pub length: u16,
    /// What the sender wants.
    pub note: SlotNote,
}

impl SlotShape {
    /// The 32 bits.
    pub const fn bits(self) -> u32 {
        word(matches!(self.note, SlotNote::SpaceWanted) as u16, self.length)
    }

    /// The meaning of 32 bits; none if no sender writes them.
    pub const fn from_bits(bits: u32) -> Option<SlotShape> {
        let note = match high(bits) {
            0 => SlotNote::Plain,
            1 => SlotNote::SpaceWanted,
            _ => return None,
        };
        let length = bits as u16;
        if length as u32 > PAYLOAD_MAX {
            return None;
        }
        Some(SlotShape { length, note })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: Epoch = Epoch::new(0x1234).unwrap();

    #[test]
    fn epochs_stand_in_the_upper_half() {
        assert_eq!(IndexWord::bits(BOOT, 0xffff), 0x1234_ffff);
        assert_eq!(PairWord::bits(BOOT, None), 0x1234_0000);
        assert_eq!(PairWord::bits(BOOT, Epoch::new(5)), 0x1234_0005);
        assert_eq!(Attention::Asleep.bits(BOOT), 0x1234_0001);
    }

    #[test]
    fn untouched_memory_is_nobodys_word() {
        assert_eq!(IndexWord::from_bits(0), IndexWord { epoch: None, index: 0 });
        assert_eq!(PairWord::from_bits(0), PairWord { own: None, peer: None });
        assert_eq!(Attention::from_bits(0), Attention::Awake);
    }

    #[test]
    fn a_shape_that_no_sender_writes_is_refused() {
        let full = SlotShape { length: PAYLOAD_MAX as u16, note: SlotNote::SpaceWanted };
        assert_eq!(SlotShape::from_bits(full.bits()), Some(full));
        assert_eq!(SlotShape::from_bits(PAYLOAD_MAX + 1), None);
        assert_eq!(SlotShape::from_bits(0x0002_0000), None);
    }
}
