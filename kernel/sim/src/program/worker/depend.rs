//! What a worker makes others depend on: itself.

use abi::calls::Call;
use abi::constants::Dependency;
use abi::error::CallError;

use super::{Activity, Worker};
use crate::oracle::Violation;
use crate::program::enclosure::Peer;
use crate::program::{Request, World, outcome, post};

impl Worker {
    /// Makes a peer depend on itself, or no longer.
    pub(super) fn bind(&mut self, peer: Peer, world: &mut World<'_>) -> Request {
        let on = match self.dice.between(0, 10) {
            0 => Dependency::Absolute,
            1..9 => Dependency::Group,
            _ => Dependency::None,
        };
        world.oracle.family.binding(self.uid, peer.uid);
        self.doing = Activity::Binding(peer, on);
        Request::new(Call::MakeDependent, [peer.reference, on as u32])
    }

    pub(super) fn bound(
        &mut self,
        peer: Peer,
        on: Dependency,
        result: i32,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        match outcome(self.uid, Call::MakeDependent, result)? {
            Ok(_) => {
                world.oracle.family.bound(self.uid, peer.uid, on);
                Ok(())
            }
            Err(CallError::Busy | CallError::TableFull) => Ok(()),
            Err(_) if world.oracle.may_have_lost(peer.uid, world.now_us) => Ok(()),
            Err(error) => Err(post::unexpected(self.uid, Call::MakeDependent, error)),
        }
    }
}
