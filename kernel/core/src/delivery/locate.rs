//! Where a port is (dissertation, §8.4.3): what this node says to somebody who looks for it.

use abi::message::{KernelPort, PortType};

use crate::backups::Claim;
use crate::platform::Platform;
use crate::pool::Party;
use crate::state::State;

/// What a node knows of a port that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// It is here.
    Here(KernelPort),
    /// It is about to be somewhere: ask again soon.
    Moving,
    /// It is not here.
    Absent,
    /// That cannot be said.
    Unknown,
}

impl<P: Platform> State<P> {
    /// Where the port of this type and identity is, for the message or backup port `seeker`.
    pub(crate) fn whereabouts(
        &mut self,
        port_type: PortType,
        id: u64,
        seeker: Party,
    ) -> Whereabouts {
        if let Some(port) = self.ports.find(id, port_type) {
            return Whereabouts::Here(port);
        }
        if self.is_on_its_way(id) {
            return Whereabouts::Moving;
        }
        if port_type == PortType::Backup {
            return self.whereabouts_for_backup(id, seeker.source);
        }
        if self.sources.find_message(seeker.source, seeker.sequence, id).is_some() {
            // The port is not here any more that has taken the message; it is remembered.
            return Whereabouts::Here(KernelPort::somewhere(self.node));
        }
        let claim = if port_type == PortType::Channel { self.claim_on(id) } else { None };
        match claim {
            Some(Claim::Fresh) => {
                self.park_seeker(id, seeker);
                Whereabouts::Moving
            }
            Some(Claim::Stale) => Whereabouts::Unknown,
            None if self.is_adopting_part() => Whereabouts::Unknown,
            None => Whereabouts::Absent,
        }
    }

    /// Where the port of channel `id` is, for a backup port that wants to take its place.
    fn whereabouts_for_backup(&mut self, id: u64, backup: u64) -> Whereabouts {
        if self.has_claim_before(id, backup) {
            Whereabouts::Moving
        } else if self.may_be_under_way(id) {
            Whereabouts::Unknown
        } else {
            Whereabouts::Absent
        }
    }
}
