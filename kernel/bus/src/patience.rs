//! How long a node that has nothing to do looks at its rings before it sleeps.
//!
//! Being woken takes both sides long: the sender rings, whoever routes bells passes it
//! on, the sleeper takes an interrupt. An answer that comes sooner is better waited for
//! awake. Whether answers do depends on whom the node talks to, and on whether there are
//! processors enough for all nodes, so it is learnt: after a look in vain the next ones
//! are left out, the more the oftener they were in vain.
//!
//! While it looks, the node says that it is awake. What that needs for no wake-up to be
//! missed is what every node needs that has been awake: [`crate::Bus::prepare_to_sleep`].

/// How long a look is mostly, in nanoseconds: as long as it takes on a busy host to wake a peer who
/// sleeps and to hear from him. So two nodes that talk find out of sleep by themselves.
const LOOK_NS: u32 = 200_000;

/// As much longer the rare looks are of a node whose looks were in vain: so that two nodes
/// that ring each other may get out of it, though bells take longer than the others.
const RARE_LOOK: u32 = 4;

/// Looks in vain, less those that found something, that count: however many there are
/// more, at least one idle time in 16 has a look, and finds out whether things have changed.
const FAILURES_MAX: u8 = 4;

/// What a node with nothing to do does first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum First {
    /// It looks for [`Patience::look_ns`], then sleeps.
    Look,
    /// It sleeps.
    Sleep,
}

/// What a node has learnt about looking.
#[derive(Clone, Copy, Default, Debug)]
pub struct Patience {
    /// Looks in vain, less those that found something.
    failures: u8,
    /// Idle times without a look that are still to come.
    pause: u8,
}

impl Patience {
    /// A node has nothing to do.
    #[inline]
    pub fn idle(&mut self) -> First {
        if self.pause == 0 {
            return First::Look;
        }
        self.pause -= 1;
        First::Sleep
    }

    /// How long a look that begins now is at most, in nanoseconds.
    #[inline]
    pub fn look_ns(&self) -> u32 {
        if self.failures == FAILURES_MAX { RARE_LOOK * LOOK_NS } else { LOOK_NS }
    }

    /// It has looked, and found something.
    #[inline]
    pub fn found(&mut self) {
        self.failures = self.failures.saturating_sub(1);
    }

    /// It has looked in vain.
    pub fn in_vain(&mut self) {
        self.failures = (self.failures + 1).min(FAILURES_MAX);
        self.pause = (1 << self.failures) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the next idle times of a node that finds nothing have a look.
    fn looks(patience: &mut Patience, idles: usize) -> usize {
        (0..idles)
            .filter(|_| {
                let first = patience.idle();
                if first == First::Look {
                    patience.in_vain();
                }
                first == First::Look
            })
            .count()
    }

    #[test]
    fn looks_in_vain_become_rare() {
        let mut patience = Patience::default();
        assert_eq!(looks(&mut patience, 1 + 2 + 4), 3);
        looks(&mut patience, 1000);
        assert_eq!(looks(&mut patience, 16 * 10), 10);
    }

    #[test]
    fn rare_looks_are_long() {
        let mut patience = Patience::default();
        assert_eq!(patience.look_ns(), LOOK_NS);
        looks(&mut patience, 1000);
        assert_eq!(patience.look_ns(), RARE_LOOK * LOOK_NS);
        patience.found();
        assert_eq!(patience.look_ns(), LOOK_NS);
    }

    #[test]
    fn who_finds_something_looks_again() {
        let mut patience = Patience::default();
        looks(&mut patience, 1000);
        while patience.idle() == First::Sleep {}
        for _ in 0..FAILURES_MAX {
            patience.found();
            assert_eq!(patience.idle(), First::Look);
        }
        patience.in_vain();
        assert_eq!([patience.idle(), patience.idle()], [First::Sleep, First::Look]);
    }
}
