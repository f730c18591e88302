//! The status block: what a node says about itself without being asked.
//!
//! Each value is one word of the bus, written by the node alone at its periodic
//! status, so that `inc_nodeList` and the host read it without a message, as the
//! original did over the VME bus (§3.4). Words are written one by one: two of
//! them may stem from two reports.

/// The words of a status block, in their order. All are unsigned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum StatusWord {
    /// Epoch of the boot that wrote the block.
    Boot,
    /// Runnable incarnations, time average, × 256.
    Load,
    /// Incarnations here.
    Incarnations,
    /// Free pages.
    FreePages,
    /// Milliseconds since boot, modulo 2^32.
    UptimeMs,
    /// Reports so far; a reader sees by it that the node lives.
    Reports,
    /// Nanoseconds since boot in which the processor has not rested, when it went to rest
    /// last; the upper half. Whoever reads it reads it again after the lower half.
    BusyHigh,
    /// The lower half.
    BusyLow,
}

impl StatusWord {
    /// All words, in their order.
    pub const ALL: [StatusWord; 8] = [
        StatusWord::Boot,
        StatusWord::Load,
        StatusWord::Incarnations,
        StatusWord::FreePages,
        StatusWord::UptimeMs,
        StatusWord::Reports,
        StatusWord::BusyHigh,
        StatusWord::BusyLow,
    ];

    /// Bytes from the beginning of the block.
    pub const fn offset(self) -> u32 {
        self as u32 * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_one_another() {
        for (index, word) in StatusWord::ALL.into_iter().enumerate() {
            assert_eq!(word.offset(), index as u32 * 4, "{word:?}");
        }
    }
}
