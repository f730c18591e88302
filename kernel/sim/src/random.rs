//! The dice: everything that a run leaves to chance comes from its seed.
//!
//! Each part of the simulator has dice of its own, so that one more throw in the
//! network does not change what the programs do.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Who throws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Player {
    /// delays and what happens to packets
    Network = 1,
    /// which faults come when
    Faults = 2,
    /// when nodes learn of one another
    Notices = 3,
}

/// Tells the dice of programs from those of players.
const PROGRAMS: u64 = 0x5052_4f47;

/// The dice of one player.
#[derive(Debug, Clone)]
pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// The dice of `player` in the run of `seed`.
    pub fn new(seed: u64, player: Player) -> Dice {
        Dice(Xoshiro256PlusPlus::seed_from_u64(mix(seed, player as u64)))
    }

    /// The dice of the program of incarnation `uid` in the run of `seed`.
    pub fn of_program(seed: u64, uid: u32) -> Dice {
        Dice(Xoshiro256PlusPlus::seed_from_u64(mix(mix(seed, PROGRAMS), u64::from(uid))))
    }

    /// A number of `low..high`; `high` must be above `low`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..high)
    }

    /// An index below `count`, which must not be 0.
    pub fn index(&mut self, count: usize) -> usize {
        self.0.random_range(0..count)
    }

    /// True `per_million` times of a million.
    pub fn chance(&mut self, per_million: u32) -> bool {
        per_million > 0 && self.0.random_range(0..1_000_000) < per_million
    }
}

/// Two numbers made one, each bit depending on all (the finisher of `SplitMix64`).
pub const fn mix(a: u64, b: u64) -> u64 {
    let mut z =
        a.wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_throws_again() {
        let throws = |seed, player| {
            let mut dice = Dice::new(seed, player);
            [dice.between(0, 1 << 40), dice.between(0, 1 << 40)]
        };
        assert_eq!(throws(7, Player::Network), throws(7, Player::Network));
        assert_ne!(throws(7, Player::Network), throws(7, Player::Faults));
        assert_ne!(throws(7, Player::Network), throws(8, Player::Network));
    }
}
